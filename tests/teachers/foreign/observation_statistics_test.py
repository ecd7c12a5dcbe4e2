"""Statistics of observations, against Stable-Baselines3 and Gymnasium."""

import pickle

import hypothesis
import jax
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UnsafeFileError,
  UserError,
)
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import observation_statistics
from tests.importers.formats import mutations
from tests.teachers.foreign import real_files

_ZOO = real_files.FOLDER / 'normalized_below' / 'vec_normalize.pkl'


def _write(path, value):
  path.write_bytes(pickle.dumps(value))
  return str(path)


@pytest.mark.parametrize('where', ['below', 'above'])
def test_a_model_is_given_what_it_was_trained_on(where):
  """Below a stack of two and above it; the limit of 1.5 is often met."""
  states = real_files.expected('normalized_states')
  teacher = factory.create_teacher(
    'auto',
    real_files.FOLDER / f'normalized_{where}' / 'model.zip',
    actions=Discrete(4),
    observation_shape=(3,),
    stack_size=2,
  )
  # One entry varies by 1e-4 around 0.7.
  np.testing.assert_allclose(
    jax.nn.log_softmax(teacher.policy_logits(states)),
    real_files.expected(f'normalized_{where}'),
    atol=1e-5,
  )
  told = teacher.lineage['described_as']
  assert told['observations'] == 'normalized by vec_normalize.pkl'
  assert told['observation_statistics']['clip'] == 1.5
  assert 'may_lack_statistics' not in told
  fields = teacher.lineage['network_fields']
  assert fields['normalized'] and fields['clip'] == 1.5


def test_running_means_of_gymnasium():
  found = observation_statistics.read(
    str(real_files.FOLDER / 'gymnasium_rms.pkl')
  )
  for name, array in (('mean', found.mean), ('var', found.variance)):
    np.testing.assert_array_equal(
      array, real_files.expected(f'gymnasium_{name}')
    )
  assert (found.epsilon, found.clip) == (1e-8, None)


def test_a_dictionary(tmp_path):
  mean, var = np.array([1.0, 2.0]), np.array([4.0, 0.25])
  told = {'mean': mean, 'var': var, 'epsilon': 0.0, 'clip_obs': 3.0}
  found = observation_statistics.read(_write(tmp_path / 'x.pkl', told))
  parameters = found.for_states((2, 3))
  np.testing.assert_array_equal(parameters['mean'][0], [[1.0] * 3, [2.0] * 3])
  np.testing.assert_array_equal(parameters['deviation'], [[2.0] * 3, [0.5] * 3])
  assert found.clip == 3.0
  told['clip_obs'] = np.inf
  found = observation_statistics.read(_write(tmp_path / 'x.pkl', told))
  assert found.clip is None
  with pytest.raises(MismatchedTeacherError, match=r'shape \(2,\), but the g'):
    found.for_states((3, 1))


_MODULE = b'stable_baselines3.common.vec_env.vec_normalize'


def _pickled(**attributes):
  """Pickles a `VecNormalize` without the library."""
  data = pickle.dumps(attributes, protocol=2)[2:-1]
  return b'\x80\x02c' + _MODULE + b'\nVecNormalize\n)\x81' + data + b'b.'


def test_rewards_alone_are_no_statistics(tmp_path):
  path = tmp_path / 'x.pkl'
  path.write_bytes(_pickled(norm_obs=False, epsilon=1e-8))
  assert observation_statistics.read(str(path)) is None


@pytest.mark.parametrize(
  'told',
  [
    {'mean': np.ones(2)},
    {'mean': [1.0, 2.0], 'var': np.ones(2)},
    {'mean': np.ones(2), 'var': np.ones(3)},
    {'mean': np.ones(2), 'var': -np.ones(2)},
    {'mean': np.ones(2), 'var': np.zeros(2), 'epsilon': 0.0},
    {'mean': np.ones(2), 'var': np.full(2, 1e-100), 'epsilon': 0.0},
    {'mean': np.full(2, np.nan), 'var': np.ones(2)},
    {'mean': np.ones(2), 'var': np.full(2, np.inf)},
    {'mean': np.ones(2), 'var': np.ones(2), 'epsilon': 'small'},
    {'mean': np.ones(2), 'var': np.ones(2), 'epsilon': np.nan},
    {'mean': np.ones(2), 'var': np.ones(2), 'clip_obs': 0.0},
    {'mean': np.ones(2, int), 'var': np.ones(2)},
    {'obs_rms': {'image': {'mean': np.ones(2), 'var': np.ones(2)}}},
    {'obs_rms': None},
    [np.ones(2)],
  ],
)
def test_what_holds_no_statistics(told, tmp_path):
  path = _write(tmp_path / 'x.pkl', told)
  with pytest.raises(DamagedFileError, match='no statistics of observ') as info:
    observation_statistics.read(path)
  assert '\n' not in str(info.value) and path in str(info.value)


def test_nothing_is_unpickled(tmp_path):
  path = tmp_path / 'x.pkl'
  path.write_bytes(b'cposix\nsystem\n(X\x04\x00\x00\x00truetR.')
  with pytest.raises(UnsafeFileError, match=r'posix\.system'):
    observation_statistics.read(str(path))
  with pytest.raises(UnsafeFileError, match='builtins.getattr'):
    path.write_bytes(pickle.dumps(getattr))
    observation_statistics.read(str(path))
  with pytest.raises(DamagedFileError):
    path.write_bytes(b'hello')
    observation_statistics.read(str(path))
  with pytest.raises(MissingFileError, match='cannot be read'):
    observation_statistics.read(str(tmp_path / 'nowhere'))


def test_spaces_of_old_gym_are_met(tmp_path):
  """It pickled what samples a space by a function of a class."""
  name = b'RandomNumberGenerator._generator_ctor'
  call = b'\x8c\x11gym.utils.seeding\x8c' + bytes([len(name)]) + name + b'\x93'
  moments = pickle.dumps({'mean': np.ones(2), 'var': np.ones(2)}, 4)
  start = moments.index(b'}')  # After the protocol and the frame.
  random = b'\x8c\x06random' + call + b'\x8c\x05PCG64\x85R'
  data = b'\x80\x04' + moments[start:-1] + random + b's.'
  path = tmp_path / 'x.pkl'
  path.write_bytes(data)
  found = observation_statistics.read(str(path))
  np.testing.assert_array_equal(found.mean, [1.0, 1.0])


@mutations.FUZZ
@hypothesis.given(edits=mutations.edits)
def test_mutated_files(edits, tmp_path):
  path = tmp_path / 'x.pkl'
  path.write_bytes(mutations.mutate(_ZOO.read_bytes(), edits))
  try:
    observation_statistics.read(str(path))
  except UserError as error:
    assert '\n' not in str(error)
