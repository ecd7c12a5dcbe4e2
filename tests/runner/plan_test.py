"""The plan of an experiment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reincarnating_rl.runner import plan as phases
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.support.errors import UserError


def plan(**changes):
  settings = {
    'has_teacher': True,
    'teacher_steps': 250,
    'num_pretraining_iterations': 2,
    'num_pretraining_steps': 30,
    'num_online_iterations': 2,
    'online_steps': 40,
    'max_collect_steps': 100,
  }
  return phases.make_plan(**(settings | changes))


def test_the_whole_plan():
  assert plan() == (
    Iteration(0, Phase.TEACHER_EVALUATION, 0, 0),
    Iteration(1, Phase.COLLECT, 0, 100),
    Iteration(2, Phase.COLLECT, 1, 100),
    Iteration(3, Phase.COLLECT, 2, 50),
    Iteration(4, Phase.PRETRAIN, 0, 30),
    Iteration(5, Phase.PRETRAIN, 1, 30),
    Iteration(6, Phase.ONLINE, 0, 40),
    Iteration(7, Phase.ONLINE, 1, 40),
  )


def test_tabula_rasa_is_the_online_phase_alone():
  assert plan(has_teacher=False) == (
    Iteration(0, Phase.ONLINE, 0, 40),
    Iteration(1, Phase.ONLINE, 1, 40),
  )


def test_kickstarting_collects_nothing():
  kinds = [row.phase for row in plan(num_pretraining_iterations=0)]
  assert kinds == [Phase.TEACHER_EVALUATION, Phase.ONLINE, Phase.ONLINE]


def test_data_that_are_kept_need_no_offline_phase():
  rows = plan(
    num_pretraining_iterations=0, keeps_teacher_data=True, teacher_steps=100
  )
  assert [row.phase for row in rows] == [
    Phase.TEACHER_EVALUATION,
    Phase.COLLECT,
    Phase.ONLINE,
    Phase.ONLINE,
  ]


def test_who_starts_as_the_teacher_does_so_first_and_once():
  rows = plan(num_pretraining_iterations=0, starts_from_teacher=True)
  assert [row.phase for row in rows] == [
    Phase.RELOAD,
    Phase.TEACHER_EVALUATION,
    Phase.ONLINE,
    Phase.ONLINE,
  ]


@given(
  pretraining=st.integers(0, 5),
  online=st.integers(0, 5),
  teacher_steps=st.integers(1, 1000),
)
def test_budgets_are_exact(pretraining, online, teacher_steps):
  # The official runner's budgets differed by one between its two loops.
  rows = plan(
    num_pretraining_iterations=pretraining,
    num_online_iterations=online,
    teacher_steps=teacher_steps,
  )
  assert sum(row.trains for row in rows) == pretraining + online
  assert [row.number for row in rows] == list(range(len(rows)))
  collected = sum(row.steps for row in rows if row.phase is Phase.COLLECT)
  assert collected == (teacher_steps if pretraining else 0)


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'teacher_steps': 0}, 'teacher_steps must be positive'),
    ({'teacher_steps': 10**15}, 'has 10,000,000,000,004 iterations'),
    ({'num_online_iterations': 10**12}, 'lower Runner.num_iterations'),
  ],
)
def test_budgets_that_cannot_be_met_are_errors(change, message):
  with pytest.raises(UserError, match=message):
    plan(**change)


def test_steps_of_a_phase_so_far():
  rows = plan()
  collected = [phases.steps_until(rows, row) for row in rows[1:4]]
  assert collected == [100, 200, 250]


def test_the_end_of_a_phase():
  rows = plan()
  ends = [row.number for row in rows if phases.ends_phase(rows, row)]
  assert ends == [0, 3, 5, 7]
