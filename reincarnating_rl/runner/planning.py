"""From the settings of an experiment to its plan, and to its teacher's data."""

import dataclasses
from collections.abc import Callable
from typing import Any

from reincarnating_rl.agents.student import Student
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.runner import plan, teacher_replay
from reincarnating_rl.runner.checkpoints import Checkpoints
from reincarnating_rl.runner.evaluator import Evaluator
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.runner.teacher_replay import TeacherDataSource
from reincarnating_rl.teachers.data_teacher import has_policy
from reincarnating_rl.teachers.training_state import TrainingState


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
  """The settings of `RunnerWithTeacher`, as its constructor describes them."""

  find_teacher_replay: Callable[[], ExternalReplay | None]
  read_teacher_state: Callable[[], TrainingState] | None
  random_score: float | None
  num_pretraining_iterations: int | None
  num_pretraining_steps: int
  teacher_steps: int
  teacher_data: str
  teacher_data_in_file: bool
  teacher_epsilon: float
  evaluation_episodes: int | None
  diagnoses: bool
  checkpoint_seconds: float
  checkpoints_to_keep: int


def lay_out(
  runner: Any, settings: Settings, checkpoints: Checkpoints
) -> tuple[tuple[Iteration, ...], TeacherDataSource]:
  """Lays out the iterations, and decides where the teacher's data come from.

  Args:
    runner: whose Dopamine settings and agent are there.
    settings: the rest.
    checkpoints: of the run, which may be resumed.

  Raises:
    UserError: the settings make no plan, or there is no such teacher data.
  """
  agent = runner._agent
  iterations = _offline_iterations(agent, settings)
  source = _teacher_source(agent, settings, iterations, checkpoints)
  rows = plan.make_plan(
    has_teacher=agent.teacher is not None,
    teacher_steps=settings.teacher_steps,
    num_pretraining_iterations=iterations,
    num_pretraining_steps=settings.num_pretraining_steps,
    num_online_iterations=runner._num_iterations,
    online_steps=runner._training_steps,
    teacher_data=source.phase,
    is_topped_up=source.is_topped_up,
    keeps_teacher_data=agent.batches.keeps_teacher_data,
    starts_from_teacher=agent.method.starts_from_teacher,
  )
  return rows, source


def _is_taught(agent: Student) -> bool:
  """Whether the teacher is more than a score to compare with."""
  if any(term.is_weaned for term in agent.terms):
    return agent.weaner.is_listening
  return agent.method.needs_teacher and agent.teacher is not None


def _offline_iterations(agent: Student, settings: Settings) -> int:
  if agent.teacher is None:
    return 0
  return plan.num_pretraining_iterations(
    agent.method,
    settings.num_pretraining_iterations,
    is_taught=_is_taught(agent),
  )


def _teacher_source(
  agent: Student, settings: Settings, iterations: int, checkpoints: Checkpoints
) -> TeacherDataSource:
  needs_data = iterations > 0 or agent.batches.keeps_teacher_data
  if agent.teacher is None or not needs_data:
    return TeacherDataSource(Phase.COLLECT)
  name = checkpoints.newest_state().get('teacher_data')
  return teacher_replay.decide(
    settings.teacher_data,
    settings.find_teacher_replay,
    settings.teacher_steps,
    earlier=Phase[name] if name in Phase.__members__ else None,
    can_play=has_policy(agent.teacher),
  )


def most_teacher_steps(
  settings: Settings,
  source: TeacherDataSource,
  evaluator: Evaluator,
  max_steps_per_episode: int,
) -> int:
  """Returns how many steps of the teacher a run can have at most.

  Args:
    settings: of the run.
    source: where the steps come from.
    evaluator: that plays them.
    max_steps_per_episode: of the run.
  """
  if source.phase is Phase.LOAD and not source.is_topped_up:
    return settings.teacher_steps
  # Collected episodes are finished, so every lane may overshoot by one.
  lanes = evaluator.environment.num_envs
  return settings.teacher_steps + lanes * max_steps_per_episode


def data_until(
  rows: tuple[Iteration, ...], phase: Phase, number: int
) -> str | None:
  """Returns how the teacher's data came that there are after an iteration.

  Args:
    rows: the plan.
    phase: in which the data come.
    number: of the iteration; None is returned for one before they come.
  """
  begun = {row.phase for row in rows[: number + 1]}
  return phase.name if phase in begun else None
