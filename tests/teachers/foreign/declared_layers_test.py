"""Declarations that leave parameters out."""

import re

import numpy as np
import pytest
from safetensors import numpy as safetensors_numpy

from reincarnating_rl.importers.formats import torch_file
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)
from reincarnating_rl.teachers.foreign import (
  declared_layers,
  layers_draft,
  torch_policies,
)
from reincarnating_rl.teachers.foreign.layers import Layers
from tests.teachers.foreign import real_files

_NORMS = (('fc1', 'norm1'), ('fc2', 'norm2'))
_FC = ('fc1', 'fc2', 'head')
_IMAGES = {
  'convolutions': (('network.0', 4), ('network.3', 2)),
  'dense': 'network.6',
}
_IMAGE_NORMS = (('network.0', 'network.1'),)


def _read(name, **layers):
  states = real_files.expected(
    'small_states' if name.endswith('2d') else 'vector_states'
  )
  path = real_files.FOLDER / f'{name}.pt'
  declared = Layers(**layers) if layers else None
  found = torch_policies.read(path, declared, real_files.game(states))
  return real_files.run(found, states).q_values


@pytest.mark.parametrize(
  ('name', 'layers'),
  [
    ('batch_norm', {'dense': _FC, 'batch_norms': _NORMS}),
    ('batch_norm_2d', {**_IMAGES, 'batch_norms': _IMAGE_NORMS}),
    ('deep', {'dense': tuple(str(2 * i) for i in range(10))}),
  ],
)
def test_outputs_are_those_of_pytorch(name, layers):
  wanted = real_files.expected(name)
  assert np.ptp(wanted) > 1e-3
  np.testing.assert_allclose(_read(name, **layers), wanted, atol=1e-6)


@pytest.mark.parametrize(
  ('name', 'layers', 'left_out'),
  [
    ('batch_norm', {'dense': _FC}, 'norm1.running_mean'),
    (
      'batch_norm',
      {'dense': _FC, 'batch_norms': _NORMS[:1]},
      'norm2.running_mean',
    ),
    (
      'batch_norm',
      {'dense': ('fc1', 'head'), 'batch_norms': _NORMS[:1]},
      'fc2.weight',
    ),
    ('layer_norm', {'dense': _FC}, 'norm1.weight'),
    ('group_norm', {'dense': _FC}, 'norm2.bias'),
    ('batch_norm_2d', _IMAGES, 'network.1.running_var'),
    ('deep', {'dense': ('0', '4', '18')}, '2.weight'),
  ],
)
def test_what_is_left_out_is_named(name, layers, left_out):
  with pytest.raises(MismatchedTeacherError) as error:
    _read(name, **layers)
  text = str(error.value)
  assert f'{name}.pt has parameters that create_teacher.layers leaves' in text
  assert left_out in text and '\n' not in text


def test_a_normalization_that_is_none():
  with pytest.raises(MismatchedTeacherError, match=r'norm1\.running_mean'):
    _read('layer_norm', dense=_FC, batch_norms=_NORMS)
  with pytest.raises(MismatchedTeacherError, match=r'shape \(4,\)'):
    _read('batch_norm', dense=_FC, batch_norms=(('head', 'norm1'),))


@pytest.mark.parametrize(
  ('name', 'left_out', 'batch_norms'),
  [
    ('deep', '', ''),
    ('batch_norm', 'norm1.weight', f'Layers.batch_norms = {_NORMS[:1]}'[:-3]),
    ('layer_norm', 'norm1.weight', ''),
  ],
)
def test_a_draft_reads_the_file_or_names_what_it_leaves_out(
  name, left_out, batch_norms
):
  with pytest.raises(TeacherError) as error:
    _read(name)
  text = str(error.value)
  assert batch_norms in text and '\n' not in text
  draft = re.search(r'such as (Layers\(.*?activation=.relu.\))', text)
  fields = eval(draft[1].replace('Layers', 'dict'))  # noqa: S307
  if not left_out:
    np.testing.assert_allclose(
      _read(name, **fields), real_files.expected(name), atol=1e-6
    )
    return
  with pytest.raises(MismatchedTeacherError, match=left_out):
    _read(name, **fields)


def test_a_draft_of_what_the_alphabet_orders(tmp_path):
  """As safetensors has parameters."""
  saved = torch_file.loads((real_files.FOLDER / 'deep.pt').read_bytes(), 'x')
  path = tmp_path / 'deep.safetensors'
  path.write_bytes(
    safetensors_numpy.save(
      {name: np.array(array) for name, array in saved.items()}
    )
  )
  states = real_files.expected('vector_states')
  game = real_files.game(states)
  with pytest.raises(TeacherError) as error:
    torch_policies.read(path, None, game)
  assert f'dense={tuple(str(2 * i) for i in range(10))}'[:-1] in str(
    error.value
  )


def _zeros(**shapes):
  return {
    name.replace('__', '.'): np.zeros(shape) for name, shape in shapes.items()
  }


_DEEP = _zeros(
  trunk__0__weight=(8, 4), trunk__2__weight=(8, 8), head__weight=(3, 8)
)
_LAYERS = {'dense': ('trunk.0', 'trunk.2', 'head')}


@pytest.mark.parametrize(
  ('others', 'layers'),
  [
    # Critics, by their names, beside a policy.
    (_zeros(critic__weight=(1, 8)), {'kind': 'ppo'}),
    (_zeros(value_net__0__weight=(8, 8)), {'kind': 'ppo'}),
    (_zeros(actor_critic__vf__weight=(8, 8)), {'kind': 'ppo'}),
    # Target networks.
    (
      _zeros(target_trunk__0__weight=(8, 4), target_head__head__bias=(3,)),
      {'unused': 'target_head'},
    ),
    # Counters, and what a user names.
    ({'steps': np.array(3)}, {}),
    (
      _zeros(decoder__0__weight=(8, 8), log_std=(3,)),
      {'unused': ('decoder', 'log_std')},
    ),
  ],
)
def test_what_may_be_left_out(others, layers):
  found = declared_layers.left_out(
    {**_DEEP, **others}, Layers(**_LAYERS, **layers)
  )
  assert found == []


@pytest.mark.parametrize(
  ('others', 'layers'),
  [
    # Of Q-values, a value stream is a part.
    (_zeros(value__weight=(1, 8)), {}),
    # All of an agent is in a module of this name.
    (_zeros(actor_critic__3__weight=(8, 8)), {'kind': 'ppo'}),
    (_zeros(value_proj__weight=(8, 8)), {'kind': 'ppo'}),
    # What the target of a game is, not a target network.
    (_zeros(target_embedding__weight=(8, 8)), {}),
    (_zeros(decoder__weight=(8, 8)), {'unused': ('decode',)}),
    (_zeros(log_std=(3,)), {}),
    (_zeros(atoms=(3,)), {}),
    # A layer of the same parameters under another name may be applied twice.
    (_zeros(again__weight=(8, 8)), {}),
  ],
)
def test_what_may_not(others, layers):
  found = declared_layers.left_out(
    {**_DEEP, **others}, Layers(**_LAYERS, **layers)
  )
  assert found == list(others)


def test_atoms_must_be_those_that_are_declared():
  atoms = {'support': np.linspace(-2.0, 6.0, 5)}
  layers = {**_LAYERS, 'kind': 'rainbow', 'num_atoms': 5}
  for high, left_out in ((6.0, []), (5.0, ['support'])):
    declared = Layers(**layers, value_range=(-2.0, high))
    assert declared_layers.left_out({**_DEEP, **atoms}, declared) == left_out


def test_a_shared_extractor_is_saved_under_three_names():
  """Of Stable-Baselines3; equal numbers are one layer there."""
  kernel = np.arange(6.0).reshape(2, 3)
  names = ('features_extractor', 'pi_features_extractor')
  saved = {f'{name}.fc.weight': kernel for name in names}
  layers = Layers(kind='ppo', dense='features_extractor.fc')
  assert declared_layers.left_out(saved, layers) == []
  saved['pi_features_extractor.fc.weight'] = kernel + 1
  assert declared_layers.left_out(saved, layers) == [
    'pi_features_extractor.fc.weight'
  ]


def test_drafts_leave_out_critics_targets_and_atoms():
  policy = _zeros(
    critic__0__weight=(8, 4),
    actor__0__weight=(8, 4),
    actor__2__weight=(3, 8),
  )
  assert layers_draft.draft(policy) == (
    "Layers(kind='ppo', dense=('actor.0', 'actor.2',), activation='relu')",
    '',
    (),
    True,
  )
  target = _zeros(net__0__weight=(3, 4), net_target__0__weight=(3, 4))
  assert "dense=('net.0',)" in layers_draft.draft(target).text
  atoms = {**target, 'atoms': np.linspace(-10.0, 10.0, 3)}
  found = layers_draft.draft(atoms)
  assert 'num_atoms=3, value_range=(-10, 10), dense' in found.text
  assert found.left_out == ()
  flax = _zeros(Conv_0__kernel=(8, 8, 4, 2), Dense_0__kernel=(4, 2))
  assert "convolutions=(('Conv_0', STRIDE),), dense=('Dense_0',)" in (
    layers_draft.draft(flax).text
  )
  lstm = _zeros(lstm__weight_ih_l0=(32, 4), head__weight=(3, 8))
  assert layers_draft.draft(lstm).left_out == ('lstm.weight_ih_l0',)


def test_drafts_of_quantiles():
  """As Stable-Baselines3 has them."""
  net = 'quantile_net__quantile_net'
  saved = _zeros(
    **{f'{net}__0__weight': (6, 3), f'{net}__2__weight': (8, 6)},
    quantile_net_target__quantile_net__0__weight=(6, 3),
  )
  assert layers_draft.draft(saved)[::2] == (
    "Layers(kind='quantile', num_atoms=NUM_ATOMS, atoms_first=True, dense="
    "('quantile_net.quantile_net.0', 'quantile_net.quantile_net.2',), "
    "activation='relu')",
    (),
  )


def test_drafts_of_dueling_networks():
  streams = _zeros(
    fc__weight=(8, 4),
    value__0__weight=(6, 8),
    value__2__weight=(1, 6),
    advantage__0__weight=(7, 8),
    advantage__2__weight=(3, 7),
  )
  text = "dense=('fc', 'advantage.0', 'advantage.2',), value=('value.0', "
  found = layers_draft.draft(streams)
  assert found.text.startswith(f"Layers(kind='dqn', {text}'value.2',), act")
  assert found.left_out == () and found.is_chain
  letters = _zeros(fc__weight=(8, 4), A__weight=(3, 8), V__weight=(1, 8))
  assert "dense=('fc', 'A',), value=('V',)" in layers_draft.draft(letters).text
  # Nothing tells which of these is what.
  branches = _zeros(fc__weight=(8, 4), a__weight=(1, 8), b__weight=(3, 8))
  assert not layers_draft.draft(branches).is_chain
