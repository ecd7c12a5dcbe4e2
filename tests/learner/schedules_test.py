"""Weaning, learning rate and exploration."""

import pytest

from reincarnating_rl.learner import schedules


def wean(previous, score, *, steps=0, latch=True, floor=0.0):
  return schedules.distill_coefficient(
    previous,
    score,
    initial=3.0,
    online_steps=steps,
    decay_period=1_500_000,
    latch=latch,
    floor=floor,
  )


@pytest.mark.parametrize(
  ('score', 'expected'), [(0.0, 3.0), (0.25, 2.25), (1.0, 0.0), (1.7, 0.0)]
)
def test_the_coefficient_falls_with_the_score(score, expected):
  assert wean(3.0, score) == pytest.approx(expected)


def test_a_student_below_random_does_not_raise_it_above_its_start():
  assert wean(3.0, -1.0) == 3.0


def test_it_can_rise_again_before_it_reaches_zero():
  assert wean(0.3, 0.5) == pytest.approx(1.5)


def test_it_latches_at_zero():
  assert wean(0.0, 0.2) == 0.0
  assert wean(0.0, 0.2, latch=False) == pytest.approx(2.4)


def test_the_teacher_is_dropped_after_the_decay_period():
  assert wean(3.0, 0.0, steps=1_500_000) == 3.0
  assert wean(3.0, 0.0, steps=1_500_001) == 0.0


def test_a_floor_keeps_the_teacher_until_the_decay_period_is_over():
  assert wean(3.0, 1.7, floor=0.1) == pytest.approx(0.3)
  assert wean(0.3, 0.95, floor=0.1) == pytest.approx(0.3)
  assert wean(0.3, 0.5, floor=0.1) == pytest.approx(1.5)
  assert wean(0.3, -1.0, floor=0.1) == 3.0
  assert wean(0.3, 1.7, floor=0.1, steps=1_500_001) == 0.0


@pytest.mark.parametrize(
  ('coefficient', 'expected'), [(3.0, 1e-4), (0.0, 1e-5), (1.5, 5.5e-5)]
)
def test_the_learning_rate_follows(coefficient, expected):
  rate = schedules.learning_rate(
    coefficient, coefficient_initial=3.0, initial=1e-4, final=1e-5
  )
  assert rate == pytest.approx(expected)


def test_a_coefficient_above_its_start_does_not_raise_the_learning_rate():
  # The official schedule extrapolated: 1.9e-4 here.
  rate = schedules.learning_rate(
    6.0, coefficient_initial=3.0, initial=1e-4, final=1e-5
  )
  assert rate == pytest.approx(1e-4)


@pytest.mark.parametrize(
  ('step', 'expected'),
  [(0, 1.0), (20_000, 1.0), (45_000, 0.505), (10**9, 0.01)],
)
def test_epsilon_after_a_warmup(step, expected):
  epsilon = schedules.linear_epsilon_after_warmup(50_000, step, 20_000, 0.01)
  assert epsilon == pytest.approx(expected)


def test_without_a_teacher_the_learning_rate_is_the_final_one():
  rate = schedules.learning_rate(
    0.0, coefficient_initial=0.0, initial=1e-4, final=1e-5
  )
  assert rate == 1e-5


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
