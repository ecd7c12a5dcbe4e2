"""Acting on logits."""

import numpy as np
import pytest

from reincarnating_rl.envs import policies

LOGITS = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 0.0], [0.0, 1.0, 7.0]])


def random_keys(size):
  rng = np.random.default_rng(size)
  return rng.integers(2**32, size=(size, 2), dtype=np.uint32)


def test_epsilon_zero_is_greedy_and_takes_the_first_of_the_best():
  actions = policies.epsilon_greedy(random_keys(3), LOGITS, 0.0)
  assert actions.dtype == np.int32
  np.testing.assert_array_equal(actions, [1, 0, 2])


@pytest.mark.parametrize(
  ('epsilon', 'best'), [(1.0, 1 / 3), (0.3, 0.7 + 0.1), (0.03, 0.98)]
)
def test_shares_of_actions(epsilon, best):
  """A share of epsilon is spread over all actions, the best included."""
  logits = np.tile([[0.0, 0.0, 1.0]], (30_000, 1))
  actions = policies.epsilon_greedy(random_keys(30_000), logits, epsilon)
  shares = np.bincount(actions, minlength=3) / len(actions)
  np.testing.assert_allclose(
    shares, [(1 - best) / 2, (1 - best) / 2, best], atol=0.01
  )


def test_no_preference_is_acted_on_uniformly_without_epsilon():
  actions = policies.epsilon_greedy(
    random_keys(20_000), np.zeros((20_000, 4)), 0.0
  )
  np.testing.assert_allclose(np.bincount(actions) / 20_000, 0.25, atol=0.015)


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
