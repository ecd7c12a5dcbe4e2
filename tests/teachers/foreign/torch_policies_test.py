"""Teachers of any PyTorch network, against that network in PyTorch."""

import dataclasses

import hypothesis
import jax
import numpy as np
import pytest
from safetensors import numpy as safetensors

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import DamagedFileError, UserError
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)
from reincarnating_rl.teachers.foreign import torch_policies
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.foreign.layers import Layers
from tests.importers.formats import mutations
from tests.teachers.foreign import real_files

_OWN = Layers(
  convolutions=(('first', 3, 2), ('second', 2, 1)),
  dense=('hidden', 'head'),
  activation=('silu', 'silu', 'tanh'),
)
_GAME = Target(Discrete(6), (44, 52, 4), are_pixels=True)


@pytest.mark.parametrize(
  ('file', 'name'),
  [
    ('plain.pt', 'plain'),
    ('plain.safetensors', 'plain'),
    ('wrapped.pt', 'plain'),
    ('bfloat16.pt', 'bfloat16'),
    ('bfloat16.safetensors', 'bfloat16'),
  ],
)
def test_outputs_are_those_of_pytorch(file, name):
  found = torch_policies.read(real_files.FOLDER / file, _OWN, _GAME)
  states = real_files.expected('small_states')
  output = real_files.run(found, states, 6)
  real_files.assert_close(output.q_values, real_files.expected(name))
  assert found.metadata['format'] == file.rpartition('.')[2].replace(
    'pt', 'torch'
  )


def test_parameters_are_listed_where_nothing_is_declared():
  with pytest.raises(TeacherError) as error:
    torch_policies.read(real_files.FOLDER / 'plain.pt', None, _GAME)
  text = str(error.value)
  assert 'first.weight (5, 4, 7, 6), second.weight (6, 5, 5, 5)' in text
  assert "convolutions=(('first', STRIDE), ('second', STRIDE),)" in text
  assert "dense=('hidden', 'head',)" in text
  assert 'create_teacher.layers' in text and '\n' not in text


def test_what_states_are_divided_by_is_not_guessed():
  path, other = real_files.FOLDER / 'plain.pt', _GAME._replace(are_pixels=False)
  with pytest.raises(TeacherError, match=r'divides states by as scale, such a'):
    torch_policies.read(path, None, other)
  with pytest.raises(TeacherError, match=r'not bytes up to 255.*Layers\.scale'):
    torch_policies.read(path, _OWN, other)
  declared = dataclasses.replace(_OWN, scale=1.0)
  assert torch_policies.read(path, declared, other).network['scale'] == 1.0
  assert torch_policies.read(path, _OWN, _GAME).network['scale'] == 255.0


def test_noise_is_off_where_one_plays(tmp_path):
  rng = np.random.default_rng(0)
  plain = {
    'fc.weight': rng.normal(size=(5, 3)).astype('f4'),
    'fc.bias': rng.normal(size=5).astype('f4'),
    'head.weight': rng.normal(size=(4, 5)).astype('f4'),
    'head.bias': rng.normal(size=4).astype('f4'),
  }
  noisy = {n: x for n, x in plain.items() if n.startswith('fc')}
  for leaf in ('weight', 'bias'):
    noisy[f'head.{leaf}_mu'] = plain[f'head.{leaf}']
    for noise in ('sigma', 'epsilon'):
      noisy[f'head.{leaf}_{noise}'] = plain[f'head.{leaf}'] + 1.0
  game, found = Target(Discrete(4), (3, 1)), []
  for name, arrays in (('plain', plain), ('noisy', noisy)):
    path = tmp_path / f'{name}.safetensors'
    safetensors.save_file(arrays, path)
    with pytest.raises(TeacherError, match=r"dense=\('fc', 'head',\)") as error:
      torch_policies.read(path, None, game)
    assert 'no place' not in str(error.value)
    layers = Layers(dense=('fc', 'head'))
    found.append(torch_policies.read(path, layers, game))
  jax.tree.map(np.testing.assert_array_equal, *(f.params for f in found))


def test_wrong_declarations_are_told():
  for layers, message in (
    (Layers(dense=('neck',)), r'no parameter neck\.weight: it has first\.wei'),
    (Layers(dense=('first',)), r'\(5, 4, 7, 6\), not that of a linear layer'),
    (Layers(convolutions=(('head', 1),), dense=('head',)), r'of a convolution'),
    (Layers(dense=('head', 'hidden')), r'hidden has 288 inputs, but head'),
  ):
    with pytest.raises(MismatchedTeacherError, match=message):
      torch_policies.read(real_files.FOLDER / 'plain.pt', layers, _GAME)


def test_files_without_parameters_are_told(tmp_path):
  path = tmp_path / 'x.pt'
  path.write_bytes(b'hello')
  with pytest.raises(DamagedFileError):
    torch_policies.read(path, _OWN, _GAME)
  with pytest.raises(DamagedFileError, match='whole torch.nn'):
    torch_policies.read(real_files.FOLDER / 'whole_model.pt', _OWN, _GAME)


@pytest.mark.parametrize('file', ['plain.safetensors', 'wrapped.pt'])
@mutations.FUZZ
@hypothesis.given(edits=mutations.edits)
def test_mutated_files(file, edits, tmp_path):
  path = tmp_path / file
  data = (real_files.FOLDER / file).read_bytes()
  path.write_bytes(mutations.mutate(data, edits))
  try:
    found = torch_policies.read(path, _OWN, _GAME)
    assert np.isfinite(found.params['params']['Dense_1']['kernel']).all()
  except UserError as error:
    assert '\n' not in str(error)
