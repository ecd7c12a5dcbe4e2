"""Finding and reading checkpoints of both formats."""

import glob
import os
import pickle
import tempfile

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UnsafeFileError,
  UserError,
)
from reincarnating_rl.teachers import (
  checkpoint_files,
  checkpoints,
  native_checkpoint,
)
from reincarnating_rl.teachers.foreign.layers import Layers

_TREE = {'params': {'Dense_0': {'bias': np.array([1.0, 2.0], np.float32)}}}


def _pickle(folder, number, params=_TREE, sentinel=True, **entries):
  folder.mkdir(parents=True, exist_ok=True)
  bundle = {'online_params': params, 'training_steps': 9} | entries
  (folder / f'ckpt.{number}').write_bytes(pickle.dumps(bundle))
  if sentinel:
    (folder / f'sentinel_checkpoint_complete.{number}').write_text('done')


def test_layers_are_declared_of_other_libraries(tmp_path):
  _pickle(tmp_path, 4)
  with pytest.raises(UserError, match=r'create_teacher\.layers is for files'):
    checkpoints.load_checkpoint(tmp_path, layers=Layers(dense=('head',)))


@pytest.mark.parametrize('given', ['run', 'run/checkpoints'])
def test_a_run_or_its_checkpoints_folder(tmp_path, given):
  _pickle(tmp_path / 'run' / 'checkpoints', 4)
  checkpoint = checkpoints.load_checkpoint(tmp_path / given)
  assert checkpoint.number == 4
  assert checkpoint.path == str(tmp_path / 'run' / 'checkpoints' / 'ckpt.4')
  assert checkpoint.metadata == {'format': 'dopamine', 'training_steps': 9}
  jax.tree.map(np.testing.assert_array_equal, checkpoint.params, _TREE)


_REST = {
  'state': np.zeros((84, 84, 4)),
  'current_iteration': 0,
  'logs': {'iteration_0': {'train_episode_returns': [1.0]}},
}


@pytest.mark.parametrize('number', [0, None])
@pytest.mark.parametrize('optimizer', ['none', 'adam', 'rmsprop'])
@pytest.mark.parametrize(
  'params',
  [
    _TREE,
    jax.tree.map(jnp.asarray, _TREE),
    flax.core.FrozenDict(_TREE),
    flax.core.FrozenDict(jax.tree.map(jnp.asarray, _TREE)),
    {'Dense_3': _TREE['params']['Dense_0']},
  ],
  ids=['dict', 'dict_jax', 'frozen', 'frozen_jax', 'before_linen'],
)
def test_every_era_of_pickles(tmp_path, params, optimizer, number):
  """Plain dictionaries, too, on which the official code failed.

  The optimiser's state came with optax, in 2021; it is not read.
  """
  rest = _REST | {'target_params': params}
  if optimizer != 'none':
    rest['optimizer_state'] = getattr(optax, optimizer)(1e-3).init(params)
  _pickle(tmp_path, 0, params, sentinel=number is None, **rest)
  found = checkpoints.load_checkpoint(tmp_path, number)
  assert found.metadata['current_iteration'] == 0
  assert jax.tree.structure(found.params) == jax.tree.structure(_TREE)
  jax.tree.map(np.testing.assert_array_equal, found.params, _TREE)


def test_frozen_dictionaries_before_flax_0_3_2(tmp_path, monkeypatch):
  """They had no `__reduce__`: pickles hold an empty one, then its slots."""

  class FrozenDict:
    __slots__ = ('_dict', '_hash')

    def __init__(self, items):
      self._dict, self._hash = items, None

  FrozenDict.__module__ = flax.core.frozen_dict.__name__
  FrozenDict.__qualname__ = 'FrozenDict'
  monkeypatch.setattr(flax.core.frozen_dict, 'FrozenDict', FrozenDict)
  for number, protocol in enumerate(range(2, pickle.HIGHEST_PROTOCOL + 1)):
    bundle = {'online_params': FrozenDict(_TREE), 'training_steps': 9}
    data = pickle.dumps(bundle, protocol)
    assert b'_hash' in data
    (tmp_path / f'ckpt.{number}').write_bytes(data)
    found = checkpoints.load_checkpoint(tmp_path, number).params
    assert jax.tree.structure(found) == jax.tree.structure(_TREE)
    jax.tree.map(np.testing.assert_array_equal, found, _TREE)


def test_the_newest_complete_one_is_taken_by_number_not_by_name(tmp_path):
  for number in (2, 10, 9):
    _pickle(tmp_path, number)
  _pickle(tmp_path, 11, sentinel=False)
  assert checkpoint_files.available(tmp_path) == [2, 9, 10, 11]
  assert checkpoint_files.complete(tmp_path) == [2, 9, 10]
  assert checkpoints.load_checkpoint(tmp_path).number == 10
  assert checkpoints.load_checkpoint(tmp_path, 11).number == 11


def test_a_students_directory_is_a_teachers(tmp_path):
  folder = tmp_path / 'checkpoints'
  native_checkpoint.write(folder, 1, _TREE, {'teacher': {'game': 'Pong'}})
  _pickle(folder, 0)
  (folder / 'ckpt.2.safetensors').write_bytes(b'its manifest never came')
  checkpoint = checkpoints.load_checkpoint(tmp_path)
  assert (checkpoint.number, checkpoint.metadata['version']) == (1, 1)
  assert checkpoint.path.endswith('ckpt.1.safetensors')
  jax.tree.map(np.testing.assert_array_equal, checkpoint.params, _TREE)


def test_another_prefix(tmp_path):
  native_checkpoint.write(tmp_path, 1, _TREE, {}, prefix='teacher')
  _pickle(tmp_path, 5)
  assert checkpoints.load_checkpoint(tmp_path, prefix='teacher').number == 1


def test_other_files_are_no_checkpoints(tmp_path):
  names = ['ckpt.01', 'ckpt.x', 'ckpt.1.gz', 'xckpt.1', 'ckptx1', 'ckpt.-1']
  for name in [*names, '$store$_action_ckpt.1.gz', 'ckpt.3']:
    (tmp_path / name).touch()
  assert checkpoint_files.available(tmp_path) == [3]


def test_reading_leaves_the_folder_as_it_was(tmp_path):
  """The official code made the folders of mistyped paths."""
  _pickle(tmp_path / 'run', 0)
  before = sorted(glob.glob(str(tmp_path / '**'), recursive=True))
  checkpoints.load_checkpoint(tmp_path / 'run')
  with pytest.raises(MissingFileError):
    checkpoints.load_checkpoint(tmp_path / 'runn')
  assert sorted(glob.glob(str(tmp_path / '**'), recursive=True)) == before


def _message(*arguments):
  with pytest.raises(UserError) as error:
    checkpoints.load_checkpoint(*arguments)
  message = str(error.value)
  assert '\n' not in message and message.endswith('.')
  return message


def test_no_such_directory_names_the_parent_and_the_near_names(tmp_path):
  (tmp_path / 'Pong' / '1').mkdir(parents=True)
  (tmp_path / 'Qbert').mkdir()
  message = _message(tmp_path / 'pong' / '1')
  assert f'{tmp_path} has no pong, did you mean Pong.' in message
  assert _message(tmp_path / 'zzz').endswith(f'{tmp_path} has no zzz.')
  (tmp_path / 'file').touch()
  assert 'is no file of a teacher' in _message(tmp_path / 'file')


def test_no_checkpoint_at_all(tmp_path):
  assert 'no checkpoint in' in _message(tmp_path)


def test_no_such_number_tells_which_there_are(tmp_path):
  _pickle(tmp_path, 2)
  _pickle(tmp_path, 30)
  assert 'no checkpoint 3 in' in _message(tmp_path, 3)
  assert _message(tmp_path, 3).endswith('there are: 2, 30.')


def test_no_sentinel_asks_for_a_number(tmp_path):
  """The official code went on with an untrained teacher."""
  _pickle(tmp_path, 7, sentinel=False)
  _pickle(tmp_path, 8, sentinel=False)
  message = _message(tmp_path)
  assert '7, 8 with --teacher_checkpoint_number' in message


def test_truncated_pickles(tmp_path):
  _pickle(tmp_path, 0)
  path = tmp_path / 'ckpt.0'
  data = path.read_bytes()
  for size in (0, 1, len(data) // 2, len(data) - 1):
    path.write_bytes(data[:size])
    with pytest.raises(DamagedFileError, match=r'ckpt\.0 is cut short'):
      checkpoints.load_checkpoint(tmp_path)


def test_a_folder_in_place_of_a_file(tmp_path):
  (tmp_path / 'ckpt.0').mkdir()
  assert 'ckpt.0 cannot be read' in _message(tmp_path, 0)


def test_the_parameters_of_an_actor_critic(tmp_path):
  """Dopamine's PPO has no target network, and another name for its own."""
  bundle = {'network_params': _TREE, 'training_steps': 4}
  (tmp_path / 'ckpt.0').write_bytes(pickle.dumps(bundle))
  checkpoint = checkpoints.load_checkpoint(tmp_path, 0)
  assert checkpoint.metadata['training_steps'] == 4
  jax.tree.map(np.testing.assert_array_equal, checkpoint.params, _TREE)


def test_a_pickle_without_a_teacher(tmp_path):
  (tmp_path / 'ckpt.0').write_bytes(pickle.dumps({'training_steps': 3}))
  assert 'has no online_params or network_params' in _message(tmp_path, 0)
  (tmp_path / 'ckpt.0').write_bytes(pickle.dumps([1]))
  assert 'has no online_params or network_params' in _message(tmp_path, 0)


def test_the_hostile_checkpoint_does_nothing(fixtures, tmp_path, monkeypatch):
  """Unpickled carelessly, it would run a command that leaves a file."""
  monkeypatch.chdir(tmp_path)
  hostile = os.path.join(fixtures, 'hostile')
  with pytest.raises(UnsafeFileError, match=r"'posix\.system'"):
    checkpoints.load_checkpoint(hostile)
  for folder in (tmp_path, tempfile.gettempdir(), hostile, fixtures):
    assert not os.path.exists(os.path.join(folder, 'REINCARNATING_RL_PWNED'))


def test_lineage_of_the_run(tmp_path):
  folder = tmp_path / 'checkpoints'
  folder.mkdir()
  assert checkpoints.read_lineage(tmp_path) is None
  (tmp_path / 'lineage.json').write_text('{"frames": 4}')
  for given in (tmp_path, folder):
    assert checkpoints.read_lineage(given) == {'frames': 4}
  (tmp_path / 'lineage.json').write_text('{')
  with pytest.raises(DamagedFileError, match=r'lineage\.json'):
    checkpoints.read_lineage(tmp_path)


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_a_teacher_that_diverged_is_refused(value, tmp_path):
  """Whatever wrote it, our own runs included."""
  tree = {'params': {'Dense_0': {'bias': np.array([1.0, value], np.float32)}}}
  native_checkpoint.write(tmp_path / 'own', 1, tree, {})
  _pickle(tmp_path / 'dopamine', 1, tree)
  for folder, file in (('own', 'ckpt.1.safetensors'), ('dopamine', 'ckpt.1')):
    with pytest.raises(UserError) as error:
      checkpoints.load_checkpoint(tmp_path / folder)
    text = str(error.value)
    assert str(tmp_path / folder / file) in text and '\n' not in text
    assert "'params/Dense_0/bias' is not finite" in text
