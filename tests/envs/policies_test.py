"""Acting on logits."""

import numpy as np
import pytest

from reincarnating_rl.envs import discrete_actions, policies
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.support.errors import DivergedError, UserError
from reincarnating_rl.teachers import base

LOGITS = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 0.0], [0.0, 1.0, 7.0]])


def random_keys(size):
  rng = np.random.default_rng(size)
  return rng.integers(2**32, size=(size, 2), dtype=np.uint32)


class Fixed:
  """A teacher with the same logits in all states."""

  def __init__(self, logits, acts):
    self._logits, self.acts = np.float32(logits), acts

  def policy_logits(self, states):
    return np.tile(self._logits, (len(states), 1))


def play(teacher, keys, epsilon=0.0):
  """Returns the actions of as many lanes as there are keys."""
  policy = policies.teacher_policy(teacher, epsilon)
  return policy(np.zeros((len(keys), 2, 1)), keys)[0]


def shares(actions, num_actions):
  return np.bincount(actions, minlength=num_actions) / len(actions)


def test_epsilon_zero_is_greedy_and_takes_the_first_of_the_best():
  actions = discrete_actions.epsilon_greedy(random_keys(3), LOGITS, 0.0)
  assert actions.dtype == np.int32
  np.testing.assert_array_equal(actions, [1, 0, 2])


@pytest.mark.parametrize(
  ('epsilon', 'best'), [(1.0, 1 / 3), (0.3, 0.7 + 0.1), (0.03, 0.98)]
)
def test_shares_of_actions(epsilon, best):
  """A share of epsilon is spread over all actions, the best included."""
  logits = np.tile([[0.0, 0.0, 1.0]], (30_000, 1))
  actions = discrete_actions.epsilon_greedy(
    random_keys(30_000), logits, epsilon
  )
  np.testing.assert_allclose(
    shares(actions, 3), [(1 - best) / 2, (1 - best) / 2, best], atol=0.01
  )


def test_a_student_without_preference_takes_the_first_action():
  """As in training: values that have collapsed do not score as random."""
  policy = policies.epsilon_greedy_policy(lambda s: np.zeros((len(s), 4)), 0.0)
  actions, _ = policy(np.zeros((100, 2, 1)), random_keys(100))
  np.testing.assert_array_equal(actions, np.zeros(100))


def test_the_random_teacher_acts_uniformly_without_epsilon():
  actions = play(base.RandomTeacher(4), random_keys(20_000))
  np.testing.assert_allclose(shares(actions, 4), 0.25, atol=0.015)


def test_a_policy_hands_over_the_logits_it_acted_on():
  policy = policies.epsilon_greedy_policy(lambda states: states[:, :, 0], 0.0)
  states = np.moveaxis(LOGITS[None], 0, -1)
  actions, extras = policy(states, random_keys(3))
  np.testing.assert_array_equal(actions, [1, 0, 2])
  np.testing.assert_array_equal(extras, LOGITS)


def test_logits_may_be_drawn_by_the_keys_of_the_step():
  keys = random_keys(3)
  policy = policies.sampling_policy(
    lambda states, keys: states[:, :, 0] * (keys[:, :1] % 2), 0.0
  )
  _, values = policy(np.moveaxis(LOGITS[None], 0, -1), keys)
  np.testing.assert_array_equal(values, LOGITS * (keys[:, :1] % 2))


def test_a_teacher_acts_as_it_says():
  logits, keys = np.log([0.34, 0.33, 0.33]), random_keys(50_000)
  sampled = play(Fixed(logits, 'sample'), keys)
  np.testing.assert_allclose(shares(sampled, 3), [0.34, 0.33, 0.33], atol=0.008)
  greedy = play(Fixed(logits, 'greedy'), keys)
  np.testing.assert_array_equal(shares(greedy, 3), [1.0, 0.0, 0.0])
  assert set(discrete_actions.ACTS) == set(base.ACTS)


def test_a_draw_is_of_the_policy_whatever_the_level_of_the_logits():
  policy = np.array([0.05, 0.6, 0.25, 0.1])
  for level in (-300.0, 0.0, 1e4):
    actions = play(Fixed(np.log(policy) + level, 'sample'), random_keys(50_000))
    assert actions.dtype == np.int32
    np.testing.assert_allclose(shares(actions, 4), policy, atol=0.008)


def test_a_draw_is_a_function_of_its_key_and_not_of_the_other_lanes():
  rng = np.random.default_rng(0)
  logits, keys = rng.normal(size=(64, 5)).astype(np.float32), random_keys(64)
  together = discrete_actions.epsilon_sample(keys, logits, 0.2)
  np.testing.assert_array_equal(
    together, discrete_actions.epsilon_sample(keys, logits, 0.2)
  )
  for lanes in (slice(0, 1), slice(7, 9), slice(30, 53)):
    np.testing.assert_array_equal(
      together[lanes],
      discrete_actions.epsilon_sample(keys[lanes], logits[lanes], 0.2),
    )
  assert len(set(together)) == 5


@pytest.mark.parametrize('bits', [0, 2**32 - 1])
def test_what_has_no_probability_is_never_drawn(bits):
  impossible = -np.inf
  logits = [[impossible, 0.1, impossible, 0.7, impossible]] * 2
  (action, _) = discrete_actions.sample(
    np.full(2, bits, np.uint32), np.array(logits)
  )
  assert action == (3 if bits else 1)


def test_one_explores_in_a_share_of_the_draws():
  teacher = Fixed([0.0, 50.0], 'sample')
  actions = play(teacher, random_keys(30_000), epsilon=0.3)
  np.testing.assert_allclose(shares(actions, 2), [0.15, 0.85], atol=0.01)


def test_there_are_two_ways_to_act():
  with pytest.raises(UserError, match="'best': choose one of greedy, sample"):
    policies.teacher_policy(Fixed([0.0, 1.0], 'best'), 0.0)


@pytest.mark.parametrize('bad', [np.nan, np.inf])
@pytest.mark.parametrize('acts', ['greedy', 'sample'])
def test_logits_that_are_not_numbers(bad, acts):
  with pytest.raises(UserError, match=f"teacher's policy .* numbers \\({bad}"):
    play(Fixed([0.0, bad, 1.0], acts), random_keys(2))


def test_values_that_are_not_numbers():
  values = np.where(np.arange(4)[:, None] == 2, np.nan, LOGITS[:1])
  policy = policies.sampling_policy(lambda states, keys: values, 0.1)
  with pytest.raises(DivergedError, match="student's values .* diverged"):
    policy(np.zeros((4, 2, 1)), random_keys(4))


class FixedVectors:
  """A teacher with the same parameters in all states."""

  def __init__(self, parameters, distribution, acts='greedy'):
    self._parameters, self.acts = np.float32(parameters), acts
    self.distribution = distribution

  def policy_parameters(self, states):
    return np.tile(self._parameters, (len(states), 1))


@pytest.mark.parametrize('acts', base.ACTS)
def test_a_deterministic_teacher_of_vectors_has_one_action(acts):
  teacher = FixedVectors([0.3, -7.0], 'deterministic', acts)
  actions = play(teacher, random_keys(3))
  assert actions.dtype == np.float32
  np.testing.assert_array_equal(actions, np.float32([[0.3, -1.0]] * 3))


@pytest.mark.parametrize(
  ('distribution', 'expected'),
  [
    ('gaussian', [0.5, -1.0, 0.0]),
    ('tanh_gaussian', np.tanh([0.5, -2.0, 0.0])),
  ],
)
def test_a_greedy_teacher_of_vectors_takes_the_mean(distribution, expected):
  teacher = FixedVectors([0.5, -2.0, 0.0, 1.0, 1.0, 1.0], distribution)
  np.testing.assert_allclose(
    play(teacher, random_keys(2)), [expected] * 2, rtol=1e-6
  )


def test_draws_of_vectors_are_of_the_distribution():
  keys = random_keys(20_000)
  parameters = [0.2, -0.3, np.log(0.1), np.log(0.15)]
  drawn = play(FixedVectors(parameters, 'gaussian', 'sample'), keys)
  np.testing.assert_allclose(drawn.mean(axis=0), parameters[:2], atol=0.01)
  np.testing.assert_allclose(drawn.std(axis=0), [0.1, 0.15], rtol=0.02)
  assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.03
  squashed = play(FixedVectors(parameters, 'tanh_gaussian', 'sample'), keys)
  np.testing.assert_allclose(squashed, np.tanh(drawn), atol=1e-6)
  # As wide as float32 goes: the ends of the range, and no overflow.
  wide = play(FixedVectors([0.0, 200.0], 'tanh_gaussian', 'sample'), keys)
  assert set(np.unique(wide)) == {-1.0, 1.0}


def test_random_vectors_are_uniform_whatever_explores():
  keys = random_keys(20_000)
  actions = {
    'all': policies.uniform_policy(Continuous((0.0,) * 2, (1.0,) * 2))(
      np.zeros((len(keys), 1, 1)), keys
    )[0],
    'a part': play(FixedVectors([0.5, 0.5], 'deterministic'), keys, 0.25),
  }
  assert np.abs(actions['all']).max() <= 1.0
  explored = (actions['a part'] != 0.5).any(axis=1)
  assert abs(explored.mean() - 0.25) < 0.01
  for drawn in (actions['all'], actions['a part'][explored]):
    counts = np.histogram(drawn, bins=10, range=(-1, 1))[0] / drawn.size
    np.testing.assert_allclose(counts, 0.1, atol=0.01)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.03


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_vectors_that_are_not_numbers(bad):
  with pytest.raises(DivergedError, match="teacher's policy .* numbers"):
    play(FixedVectors([0.0, bad], 'deterministic'), random_keys(2))
  student = policies.deterministic_policy(
    lambda states, keys: np.full((len(states), 2), bad)
  )
  with pytest.raises(DivergedError, match='Student.learning_rate'):
    student(np.zeros((2, 1, 1)), random_keys(2))


def test_a_student_of_vectors_stays_within_bounds():
  student = policies.deterministic_policy(lambda states, keys: 3.0 * states)
  actions, extras = student(np.float64([[0.1, -0.9]]), random_keys(1))
  assert (extras, actions.dtype) == (None, np.float32)
  np.testing.assert_allclose(actions, [[0.3, -1.0]], rtol=1e-6)
