"""The teacher's data: updates on it, room for it, and returns that it knows."""

from types import SimpleNamespace

import numpy as np
import pytest

from reincarnating_rl.agents.student import Student
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner.teacher_data import TeacherData
from reincarnating_rl.support.errors import UserError
from tests.runner import experiments


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


@pytest.mark.parametrize(
  ('steps', 'terminal', 'known'),
  [(10, True, None), (10, False, '40%'), (6, False, UserError)],
)
def test_it_says_of_how_much_cal_ql_is_one(steps, terminal, known, caplog):
  # 0.5^6 is above 0.01, 0.5^7 below: six steps are too near to a cut.
  trainer = SimpleNamespace(needs_teacher_policy=False, needs_returns=True)
  agent = SimpleNamespace(trainer=trainer)
  data = TeacherData(agent, capacity=9, clip_rewards=False)
  data.store = FrameStore(
    capacity=20,
    observation_shape=(),
    stack_size=1,
    gamma=0.5,
    seed=0,
    actions=Discrete(3),
  )
  frames = np.zeros(steps, np.uint8)
  ones = np.ones(steps)
  data.store.add_episode(frames, np.zeros(steps, int), ones, terminal=terminal)
  if known is UserError:
    with pytest.raises(UserError, match="Set Pretrained.cql_type = 'plain'"):
      data.view(device_view.host_view)
    return
  data.view(device_view.host_view)
  assert [known] * bool(known) == [
    word for word in caplog.text.split() if '%' in word
  ]


def test_what_has_no_room_is_told_before_anything_is_played(
  tmp_path, monkeypatch
):
  asked = []

  def fail(self, capacity, remedy):
    asked.append(remedy)
    raise UserError(f'no room for {capacity}')

  monkeypatch.setattr(Student, 'make_replay', fail)
  # 60, and an episode of 40 in each of four environments.
  with pytest.raises(UserError, match='no room for 220'):
    experiments.make_runner(tmp_path)
  assert 'lower RunnerWithTeacher.teacher_steps' in asked[0]
