"""Random teachers, and acting on logits."""

import numpy as np
import pytest

from reincarnating_rl.teachers import base

_LOGITS = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 0.0], [0.0, 1.0, 7.0]])


def test_greedy_takes_the_first_of_the_best():
  actions = base.greedy_actions(_LOGITS)
  assert actions.dtype == np.int32
  np.testing.assert_array_equal(actions, [1, 0, 2])


def test_epsilon_zero_is_greedy():
  rng = np.random.default_rng(0)
  for _ in range(20):
    actions = base.epsilon_greedy(rng, _LOGITS, 0.0)
    assert actions.dtype == np.int32
    np.testing.assert_array_equal(actions, [1, 0, 2])


@pytest.mark.parametrize(
  ('epsilon', 'best'), [(1.0, 1 / 3), (0.3, 0.7 + 0.1), (0.03, 0.98)]
)
def test_shares_of_actions(epsilon, best):
  """A share of epsilon is spread over all actions, the best included."""
  logits = np.tile([[0.0, 0.0, 1.0]], (30_000, 1))
  actions = base.epsilon_greedy(np.random.default_rng(1), logits, epsilon)
  shares = np.bincount(actions, minlength=3) / len(actions)
  np.testing.assert_allclose(
    shares, [(1 - best) / 2, (1 - best) / 2, best], atol=0.01
  )


def test_the_same_seed_acts_the_same_and_draws_as_much_for_any_logits():
  one, other = np.random.default_rng(7), np.random.default_rng(7)
  first = base.epsilon_greedy(one, _LOGITS, 0.5)
  np.testing.assert_array_equal(first, base.epsilon_greedy(other, _LOGITS, 0.5))
  base.epsilon_greedy(one, np.zeros((3, 3)), 0.0)
  base.epsilon_greedy(other, _LOGITS, 0.9)
  assert one.random() == other.random()


def test_random_teacher_acts_uniformly_without_epsilon():
  teacher = base.RandomTeacher(4)
  logits = teacher.policy_logits(np.zeros((20_000, 2, 1)))
  assert logits.shape == (20_000, 4)
  actions = base.epsilon_greedy(np.random.default_rng(2), logits, 0.0)
  np.testing.assert_allclose(np.bincount(actions) / 20_000, 0.25, atol=0.015)


def test_random_teacher_says_that_it_is_random():
  teacher = base.RandomTeacher(4)
  assert teacher.lineage['agent'] == 'random'
  assert teacher.fingerprint == base.RandomTeacher(4).fingerprint
  assert teacher.fingerprint != base.RandomTeacher(5).fingerprint
