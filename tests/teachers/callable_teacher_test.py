"""A teacher that is any function."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.teachers.callable_teacher import (
  CallableTeacher,
  ContinuousCallableTeacher,
)
from reincarnating_rl.teachers.errors import TeacherError

_STATES = np.arange(6, dtype=np.float32).reshape(3, 2, 1)


def _first_number(states):
  assert isinstance(states, np.ndarray)
  return states[:, :, 0]


def _is_large(states, than=3):
  return (states[:, 0, 0] > than).astype(int)


def test_logits_are_passed_on():
  teacher = CallableTeacher(_first_number, num_actions=2)
  for states in (_STATES, jnp.asarray(_STATES)):
    logits = teacher.policy_logits(states)
    np.testing.assert_array_equal(logits, _STATES[:, :, 0])
    assert logits.dtype == np.float32
  assert teacher.policy_logits(_STATES[:0]).shape == (0, 2)


def test_actions_become_a_policy():
  teacher = CallableTeacher(_is_large, num_actions=2, epsilon=0.1)
  policy = np.exp(teacher.policy_logits(_STATES))
  np.testing.assert_allclose(
    policy, [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]], rtol=1e-5
  )
  policy = CallableTeacher(lambda states: [3, 0, 4], num_actions=5)
  policy = np.exp(policy.policy_logits(_STATES))
  np.testing.assert_allclose(policy.sum(axis=1), 1.0, rtol=1e-5)
  np.testing.assert_allclose(
    policy[0], [*[0.0025] * 3, 0.99, 0.0025], rtol=1e-5
  )


@pytest.mark.parametrize(
  ('returned', 'what'),
  [
    (np.zeros((2, 2)), r'float64 numbers of shape \(2, 2\), .* for 3 states'),
    (np.zeros((3, 3)), r'shape \(3, 3\)'),
    (np.zeros(3), r'float64 numbers of shape \(3,\)'),
    (np.array([0, 1, 2]), 'from 0 to 2'),
    (np.array([0, -1, 1]), 'from -1 to 1'),
    (np.full((3, 2), np.nan), 'from nan to nan'),
    (np.full((3, 2), 1e300), r'finite logits of shape \(3, 2\)'),
    (None, 'an array of object'),
    ([[1], [1, 2], []], 'an array of object'),
    (np.zeros((3, 2), complex), 'complex128'),
  ],
)
def test_what_is_neither_is_told_at_once(returned, what):
  def wrong(states):
    del states
    return returned

  teacher = CallableTeacher(wrong, num_actions=2)
  with pytest.raises(TeacherError, match=f'wrong returned .*{what}') as error:
    teacher.policy_logits(_STATES)
  assert '\n' not in str(error.value)


def _softmax(states):
  odds = np.exp(states[:, :, 0] - states[:, :, 0].max(axis=1, keepdims=True))
  return odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize('dtype', [np.float16, np.float64])
def test_probabilities_are_no_logits(dtype):
  teacher = CallableTeacher(
    lambda states: _softmax(states).astype(dtype), num_actions=2
  )
  states = np.random.default_rng(0).normal(size=(8, 2, 1))
  for state in states[:7]:  # A call a state, as it plays.
    teacher.policy_logits(state[None])
  with pytest.raises(TeacherError, match=r'lambda.* sum to 1.*np\.log\(p\)'):
    teacher.policy_logits(states[7:])
  # No numbers of actions, but the same as floats.
  teacher = CallableTeacher(lambda s: np.eye(2)[_is_large(s)], num_actions=2)
  with pytest.raises(TeacherError, match='numbers of the actions as integers'):
    teacher.policy_logits(states)
  # Whether these are logits is of no consequence, or certain.
  for size, logits in ((2, np.full((8, 2), 0.5)), (1, np.ones((8, 1)))):
    teacher = CallableTeacher(lambda s, out=logits: out, num_actions=size)
    teacher.policy_logits(states)
  teacher = CallableTeacher(
    lambda s: np.where(_is_large(s, 0)[:, None], s[:, :, 0], _softmax(s)),
    num_actions=2,
  )
  for _ in range(2):
    teacher.policy_logits(states)


@pytest.mark.parametrize('kind', [RuntimeError, TypeError])
def test_a_tensor_that_is_no_array(kind):
  class Tensor:
    def __array__(self, *args, **kwargs):
      raise kind('use tensor.detach()')

  teacher = CallableTeacher(lambda states: Tensor(), num_actions=2)
  with pytest.raises(TeacherError, match=r'a Tensor .*use tensor.detach\(\)'):
    teacher.policy_logits(_STATES)


def test_teachers_are_told_apart():
  class Policy:
    def __call__(self, states):
      return states[:, :, 0]

  functions = [_first_number, _is_large, Policy()]
  functions += [functools.partial(_is_large, than=than) for than in (1, 2)]
  prints = [CallableTeacher(f, num_actions=2).fingerprint for f in functions]
  assert len(set(prints)) == len(functions)
  again = CallableTeacher(functools.partial(_is_large, than=2), num_actions=2)
  assert again.fingerprint == prints[-1]
  given = CallableTeacher(len, num_actions=2, fingerprint='len')
  assert given.fingerprint == given.lineage['fingerprint'] == 'len'


def test_it_says_how_it_plays():
  told = CallableTeacher(_first_number, num_actions=2)
  assert told.acts == told.lineage['acts'] == 'greedy'
  told = CallableTeacher(_first_number, num_actions=2, acts='sample')
  assert told.acts == told.lineage['acts'] == 'sample'


def test_settings_that_make_no_sense():
  with pytest.raises(TeacherError, match='source of len cannot be found'):
    CallableTeacher(len, num_actions=2)
  for epsilon in (0.0, 1.0, float('nan')):
    with pytest.raises(TeacherError, match='epsilon'):
      CallableTeacher(_first_number, num_actions=2, epsilon=epsilon)


_VECTORS = Continuous((-2.0, 0.0), (2.0, 1.0))


def _far(states):
  """Actions in the game's bounds, the last of them beyond these."""
  return np.array([[2.0, 0.0], [0.0, 0.5], [3.0, -1.0]])[: len(states)]


def test_vectors_come_within_the_games_bounds():
  teacher = ContinuousCallableTeacher(_far, actions=_VECTORS)
  said = teacher.policy_parameters(np.zeros((3, 1)))
  assert said.dtype == np.float32
  np.testing.assert_allclose(said, [[1, -1], [0, 0], [1, -1]])
  assert (teacher.acts, teacher.distribution) == ('greedy', 'deterministic')
  assert teacher.lineage['function'].endswith('_far')
  assert 'epsilon' not in teacher.lineage
  other = ContinuousCallableTeacher(_far, actions=_VECTORS, fingerprint='far')
  assert other.fingerprint == 'far' != teacher.fingerprint


@pytest.mark.parametrize(
  'returned',
  [
    [[0.0, 0.0]],
    [[0.0], [1.0]],
    [[0.0, np.nan]] * 2,
    [0, 1],
    'ab',
    [[1], [1, 2]],
  ],
)
def test_what_is_no_action_for_each_state(returned):
  def wrong(states):
    return returned

  teacher = ContinuousCallableTeacher(wrong, actions=_VECTORS)
  with pytest.raises(TeacherError, match=r'actions of shape \(2, 2\)') as error:
    teacher.policy_parameters(np.zeros((2, 1)))
  assert '\n' not in str(error.value)
