"""Exploration and roll-ins."""

import pytest

from reincarnating_rl.learner import schedules


@pytest.mark.parametrize(
  ('step', 'expected'),
  [(0, 1.0), (20_000, 1.0), (45_000, 0.505), (10**9, 0.01)],
)
def test_epsilon_after_a_warmup(step, expected):
  epsilon = schedules.linear_epsilon_after_warmup(50_000, step, 20_000, 0.01)
  assert epsilon == pytest.approx(expected)


@pytest.mark.parametrize(
  ('step', 'expected'),
  [(0, 1.0), (25_000, 0.505), (50_000, 0.01), (10**9, 0.01)],
)
def test_epsilon_is_linear_from_the_first_step(step, expected):
  epsilon = schedules.linear_epsilon(50_000, step, 20_000, 0.01)
  assert epsilon == pytest.approx(expected)


def test_epsilon_without_a_decay_is_its_end():
  assert schedules.linear_epsilon(0, 0, 0, 0.01) == pytest.approx(0.01)


@pytest.mark.parametrize(
  ('iterations', 'expected'),
  [(0, 100), (1, 80), (2, 64), (3, 51), (4, 40), (20, 1), (21, 0), (10**6, 0)],
)
def test_the_roll_in_horizon_decays_without_being_rounded(iterations, expected):
  # 100, 80, 64, 51.2, 40.96; 100 * 0.8**20 = 1.15, and then 0.92.
  horizon = schedules.roll_in_horizon(iterations, initial=100, decay=0.8)
  assert horizon == expected


@pytest.mark.parametrize(
  ('initial', 'decay', 'expected'),
  [(0, 0.8, [0, 0]), (1, 1.0, [1, 1]), (5, 0.0, [5, 0])],
)
def test_the_roll_in_horizon_at_its_limits(initial, decay, expected):
  found = [
    schedules.roll_in_horizon(i, initial=initial, decay=decay) for i in (0, 1)
  ]
  assert found == expected
