"""Teachers of CleanRL, against its own networks in PyTorch and Flax."""

import hashlib
import json

import hypothesis
import numpy as np
import pytest
from flax import serialization

from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UnsafeFileError,
  UserError,
)
from reincarnating_rl.teachers.actions import action_map
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import cleanrl
from reincarnating_rl.teachers.foreign.base import Target
from tests.importers.formats import mutations, torch_files
from tests.teachers.foreign import real_files

_FILES = {
  'cleanrl_dqn_atari': ('atari', 'dqn'),
  'cleanrl_dqn': ('vector', 'dqn'),
  'cleanrl_c51_atari': ('atari', 'c51'),
  'cleanrl_ppo_atari': ('atari', 'ppo'),
  'cleanrl_ppo': ('vector', 'ppo'),
  'cleanrl_qdagger': ('small', 'dqn'),
  'cleanrl_dqn_atari_jax': ('atari', 'dqn'),
  'cleanrl_c51_atari_jax': ('atari', 'c51'),
  'cleanrl_cleanba': ('small', 'ppo'),
}


def _path(name):
  return real_files.FOLDER / f'{name}.cleanrl_model'


def _read(name, **others):
  states = real_files.expected(f'{_FILES[name][0]}_states')
  return cleanrl.read(_path(name), real_files.game(states)._replace(**others))


@pytest.mark.parametrize('name', _FILES)
def test_outputs_are_those_of_the_library(name):
  kind, algorithm = _FILES[name]
  states = real_files.expected(f'{kind}_states')
  found = _read(name)
  output = real_files.run(found, states)
  numbers = output.logits if algorithm == 'ppo' else output.q_values
  real_files.assert_close(numbers, real_files.expected(name))
  assert found.metadata['format'] == 'cleanrl'
  assert found.metadata['algorithm'] == algorithm
  assert found.kind == {'c51': 'rainbow'}.get(algorithm, algorithm)
  data = _path(name).read_bytes()
  assert found.sha256 == hashlib.sha256(data).hexdigest()
  json.dumps(found.metadata)


def test_what_was_assumed_is_told():
  metadata = _read('cleanrl_c51_atari').metadata
  assert metadata['trained_on'] == 'PongNoFrameskip-v4'
  assert metadata['framework'] == 'torch'
  assert 'own' in metadata['actions']
  assert _read('cleanrl_dqn').metadata['trained_on'] == 'unknown'


@pytest.mark.parametrize('name', ['cleanrl_c51_atari', 'cleanrl_dqn_atari_jax'])
def test_some_actions_of_a_teacher(name):
  states = real_files.expected('atari_states')
  found = action_map(('UP', 'NOOP', 'DOWN', 'FIRE'), ('NOOP', 'FIRE', 'UP'))
  teacher = _read(name, actions=Discrete(3), action_map=found)
  output = real_files.run(teacher, states, 3)
  wanted = real_files.expected(name)[:, [1, 3, 0]]
  real_files.assert_close(output.q_values, wanted)
  assert teacher.metadata['actions'] == ['UP', 'NOOP', 'DOWN', 'FIRE']


@pytest.mark.parametrize(
  ('name', 'others', 'message'),
  [
    (
      'cleanrl_dqn_atari',
      {'actions': Discrete(6)},
      r'has 4 actions, but the game has 6; .*create_teacher\.action_meanings',
    ),
    ('cleanrl_dqn_atari', {'state_shape': (84, 84, 3)}, r'a stack of 4 images'),
    (
      'cleanrl_dqn_atari',
      {'state_shape': (64, 64, 4)},
      r'images that are 84 to 91 pixels wide .*gives states of shape \(64, 64',
    ),
    (
      'cleanrl_cleanba',
      {'state_shape': (84, 84, 4)},
      r'images that are not sq',
    ),
    ('cleanrl_ppo', {'state_shape': (4, 1)}, r'takes states of 3 numbers'),
    ('cleanrl_dqn', {'state_shape': (0, 1)}, r'takes states of 3 numbers'),
  ],
)
def test_other_games_are_told(name, others, message):
  with pytest.raises(MismatchedTeacherError, match=message) as error:
    _read(name, **others)
  assert '\n' not in str(error.value)


def test_other_agents_are_told(tmp_path):
  path = tmp_path / 'x.cleanrl_model'
  tree = {'params': {'Dense_0': {'kernel': np.ones((3, 2), np.float32)}}}
  path.write_bytes(serialization.to_bytes(tree))
  with pytest.raises(MismatchedTeacherError, match=r'no DQN.*Dense_0\.kernel'):
    cleanrl.read(path, Target(Discrete(2), (3, 1)))


def _save(path, parameters, **others):
  """Saves parameters of zeros as CleanRL's scripts do."""
  arrays = {name: np.zeros(shape, 'f4') for name, shape in parameters.items()}
  path.write_bytes(serialization.to_bytes({'model_weights': arrays, **others}))
  return path


_PPO = {
  f'{side}.{layer}.{leaf}': (sizes if leaf == 'weight' else sizes[:1])
  for side, outputs in (('actor', 4), ('critic', 1))
  for layer, sizes in ((0, (8, 3)), (2, (8, 8)), (4, (outputs, 8)))
  for leaf in ('weight', 'bias')
}


def test_statistics_in_the_file_are_not_left_out(tmp_path):
  moments = {'mean': np.zeros(3), 'var': np.ones(3)}
  path = _save(tmp_path / 'x.cleanrl_model', _PPO, obs_rms=moments)
  target = Target(Discrete(4), (3, 1))
  with pytest.raises(MismatchedTeacherError, match=r'obs_rms\.mean') as error:
    cleanrl.read(path, target)
  assert 'create_teacher.observation_statistics' in str(error.value)
  # Settings of such a name hold none.
  path = _save(path, _PPO, args={'obs_norm': True, 'env_id': 'CartPole-v1'})
  assert cleanrl.read(path, target).network['hidden'] == (8, 8)


def test_a_parameter_that_no_script_has(tmp_path):
  for name in ('actor.0.running_mean', 'scale'):
    path = _save(tmp_path / 'x.cleanrl_model', {**_PPO, name: (8,)})
    with pytest.raises(MismatchedTeacherError, match='is no DQN, C51, PPO'):
      cleanrl.read(path, Target(Discrete(4), (3, 1)))


_ACTOR = {
  **{'fc1.weight': (8, 3), 'fc2.weight': (8, 8)},
  **{name: (2,) for name in ('action_scale', 'action_bias')},
}
_MEAN, _LOG_STD, _MU = (
  {f'{head}.weight': (2, 8)} for head in ('fc_mean', 'fc_logstd', 'fc_mu')
)


@pytest.mark.parametrize(
  'heads',
  [_MEAN, _MU | _LOG_STD, _MU | _MEAN, _MEAN | {'fc_logstd': (2,)}, {}],
  ids=lambda heads: '+'.join(heads),
)
def test_actors_of_other_heads_are_no_scripts(tmp_path, heads):
  """Neither TD3's nor SAC's; what they compute is not guessed."""
  path = _save(tmp_path / 'x.cleanrl_model', _ACTOR | heads)
  game = Target(Continuous((-1.0,) * 2, (1.0,) * 2), (3, 1))
  with pytest.raises(MismatchedTeacherError, match='declare which are its lay'):
    cleanrl.read(path, game)


@pytest.mark.parametrize(
  ('n_atoms', 'v_max', 'message'),
  [
    ('many', 6.0, 'makes no sense'),
    (None, 6.0, 'makes no sense'),
    (0, 6.0, '0 atoms from -2 to 6'),
    (7, 6.0, 'which are not 7 for each action'),
    (11, -5.0, '11 atoms from -2 to -5'),
    (11, float('inf'), 'from -2 to inf'),
  ],
)
def test_atoms_that_make_no_sense(n_atoms, v_max, message, tmp_path):
  saved = serialization.msgpack_restore(
    _path('cleanrl_c51_atari_jax').read_bytes()
  )
  saved['args'] |= {'n_atoms': n_atoms, 'v_max': v_max}
  path = tmp_path / 'x.cleanrl_model'
  path.write_bytes(serialization.to_bytes(saved))
  with pytest.raises(UserError, match=message):
    cleanrl.read(path, Target(Discrete(4), (84, 84, 4)))


def test_files_that_are_none(tmp_path):
  game = Target(Discrete(4), (3, 1))
  with pytest.raises(MissingFileError, match='nowhere cannot be read'):
    cleanrl.read(tmp_path / 'nowhere', game)
  path = tmp_path / 'x.cleanrl_model'
  path.write_bytes(b'hello')
  with pytest.raises(DamagedFileError):
    cleanrl.read(path, game)
  call = torch_files.call(torch_files.name('posix', 'system'))
  path.write_bytes(torch_files.archive(call, {}))
  with pytest.raises(UnsafeFileError, match=r'posix\.system'):
    cleanrl.read(path, game)


@pytest.mark.parametrize('name', ['cleanrl_ppo', 'cleanrl_c51_atari_jax'])
@mutations.FUZZ
@hypothesis.given(edits=mutations.edits)
def test_mutated_files(name, edits, tmp_path):
  path = tmp_path / 'x.cleanrl_model'
  path.write_bytes(mutations.mutate(_path(name).read_bytes(), edits))
  states = real_files.expected(f'{_FILES[name][0]}_states')
  try:
    cleanrl.read(path, real_files.game(states))
  except UserError as error:
    assert '\n' not in str(error)
