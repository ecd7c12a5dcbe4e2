"""StationSeeker, against the package's own agent and by hand numbers."""

import numpy as np
import pytest

from reincarnating_rl.compat import balloon_compat
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)

_BALLOON = {
  'actions': Discrete(3),
  'observation_shape': (1099,),
  'stack_size': 1,
}
_DOWN, _STAY, _UP = range(3)


def _create(**settings):
  return factory.create_teacher('station_seeker', None, **_BALLOON, **settings)


@pytest.fixture(scope='module')
def teacher():
  return _create(policy_epsilon=0.1)


def _state(best, distance=0.5):
  """All pressures are within reach; at one, the wind blows to the station.

  Higher levels are higher pressures; the balloon is at the middle one, 180.
  """
  state = np.full((1099, 1), 0.5, np.float32)
  state[7] = distance
  winds = state[16:].reshape(361, 3)
  winds[:] = 0.0, 0.9, 0.2  # Certain, and away from the station.
  winds[best] = 0.0, 0.05, 0.2
  return state


def test_it_flies_to_the_wind_that_blows_to_the_station(teacher):
  states = np.stack([_state(best) for best in (200, 180, 150, 0, 360)])
  logits = teacher.policy_logits(states)
  assert logits.dtype == np.float32
  actions = [_DOWN, _STAY, _UP, _UP, _DOWN]
  np.testing.assert_array_equal(logits.argmax(axis=1), actions)
  chosen = np.exp(logits[np.arange(5), actions])
  np.testing.assert_allclose(chosen, 0.9, rtol=1e-6)
  np.testing.assert_allclose(np.exp(logits).sum(axis=1), 1.0, rtol=1e-6)


def test_actions_are_those_of_the_packages_agent(teacher):
  states = np.random.default_rng(0).random((40, 1099, 1), np.float32)
  module = balloon_compat.load_agent('station_seeker_agent')
  agent = module.StationSeekerAgent(3, [1099])
  expected = [agent.begin_episode(states[0, :, 0])]
  expected += [agent.step(0.0, state) for state in states[1:, :, 0]]
  found = teacher.policy_logits(states).argmax(axis=1)
  np.testing.assert_array_equal(found, expected)
  assert len(set(expected)) > 1
  # It remembers nothing.
  np.testing.assert_array_equal(
    teacher.policy_logits(states[::-1]).argmax(axis=1), expected[::-1]
  )


def test_with_nothing_within_reach_it_stays(teacher):
  state = _state(200)
  state[16:].reshape(361, 3)[:] = 0.0, 1.0, 1.0
  logits = teacher.policy_logits(np.stack([state, _state(200)]))
  np.testing.assert_array_equal(logits.argmax(axis=1), [_STAY, _DOWN])


def test_lineage_says_what_it_is(teacher):
  told = teacher.lineage
  assert (told['agent'], told['trained_on']) == ('station_seeker', 'Balloon')
  assert told['epsilon'] == 0.1
  assert told['acts'] == teacher.acts == 'greedy'
  assert _create(acts='sample').acts == 'sample'
  assert told['fingerprint'] == teacher.fingerprint
  assert _create(policy_epsilon=0.1).fingerprint == teacher.fingerprint
  assert _create().fingerprint != teacher.fingerprint


def test_what_does_not_fit_is_refused():
  with pytest.raises(
    MismatchedTeacherError, match='station_seeker teacher has'
  ):
    factory.create_teacher(
      'station_seeker', None, **(_BALLOON | {'actions': Discrete(4)})
    )
  with pytest.raises(TeacherError, match='epsilon'):
    _create(policy_epsilon=0.0)
