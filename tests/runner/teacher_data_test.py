"""How many updates on the teacher's data are made in one program."""

from types import SimpleNamespace

import pytest

from reincarnating_rl.runner.teacher_data import TeacherData


@pytest.mark.parametrize(
  ('left', 'most', 'period', 'made', 'expected'),
  [
    (30, 1000, 20, 10, 10),
    (30, 1000, 20, 0, 10),
    (30, 4, 20, 0, 2),
    (30, 1000, 20, 5, 5),  # So that a program ends where a sync is due.
    (100, 1000, 40, 0, 20),
    (100, 50, 200, 100, 50),
    (100, 1000, 7, 0, 1),
    (30, 1, 20, 10, 1),  # On a CPU.
  ],
)
def test_a_program_divides_all_that_must_end_with_one(
  left, most, period, made, expected
):
  trainer = SimpleNamespace(
    offline_target_period=period, pretraining_updates=made
  )
  data = TeacherData(
    SimpleNamespace(trainer=trainer), capacity=9, clip_rewards=False
  )
  assert data.chunk(left, most) == expected
