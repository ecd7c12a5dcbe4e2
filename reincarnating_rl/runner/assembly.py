"""Puts the parts of an experiment together."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from reincarnating_rl.agents.student import Student
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.runner import identity, plan, saving, teacher_replay
from reincarnating_rl.runner.checkpoints import Checkpoints
from reincarnating_rl.runner.evaluator import Evaluator
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.runner.progress import Progress
from reincarnating_rl.runner.saving import Saver
from reincarnating_rl.runner.student_phases import (
  Online,
  Pretraining,
  StudentEvaluation,
)
from reincarnating_rl.runner.teacher_data import TeacherData
from reincarnating_rl.runner.teacher_phases import (
  Collection,
  Loading,
  Reloading,
  TeacherEvaluation,
)
from reincarnating_rl.runner.teacher_replay import TeacherDataSource
from reincarnating_rl.teachers.training_state import TrainingState

RunPhase = Callable[[Iteration], dict[str, float]]


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
  teacher_epsilon: float
  evaluation_episodes: int | None
  checkpoint_seconds: float
  checkpoints_to_keep: int


class Parts(NamedTuple):
  """What an experiment consists of."""

  plan: tuple[Iteration, ...]
  evaluator: Evaluator
  progress: Progress
  saver: Saver
  phases: dict[Phase, RunPhase]
  evaluation: RunPhase  # after each iteration in which the student learns


def assemble(runner: Any, settings: Settings) -> Parts:
  """Puts an experiment together.

  Args:
    runner: whose Dopamine settings, agent, environment and record are there.
    settings: the rest.

  Raises:
    UserError: the settings make no plan, or there is no such teacher data.
  """
  agent, record = runner._agent, runner.record
  checkpoints = Checkpoints(
    runner._checkpoint_dir, keep=settings.checkpoints_to_keep
  )
  iterations = _offline_iterations(agent, settings)
  source = _teacher_source(agent, settings, iterations, checkpoints)
  the_plan = _make_plan(runner, settings, iterations, source)
  evaluator = Evaluator(
    runner._game.create_vector_environment(),
    seed=runner._seed,
    stack_size=agent.stack_size,
    max_steps_per_episode=runner._max_steps_per_episode,
    interrupt=runner._interrupt,
    steps=runner._evaluation_steps,
    episodes=settings.evaluation_episodes,
  )
  data = TeacherData(
    agent,
    capacity=_most_teacher_steps(runner, settings, source, evaluator),
    clip_rewards=runner._clip_rewards,
  )
  progress = Progress(
    record,
    runner._interrupt,
    checkpoint_seconds=settings.checkpoint_seconds,
    save=runner._checkpoint_experiment,
  )
  saver = Saver(
    checkpoints,
    agent,
    data,
    record,
    progress,
    base_dir=runner._base_dir,
    command=(runner._started_as or {}).get('command'),
    identity_until=identity.until(
      agent, the_plan, game=runner._game.name, seed=runner._seed
    ),
    teacher_data_until=functools.partial(_data_until, the_plan, source.phase),
    about=saving.about(runner._game, runner._environment, agent),
  )
  teacher = _teacher_phases(
    runner, settings, the_plan, source, evaluator, data, progress
  )
  ends_phase = functools.partial(plan.ends_phase, the_plan)
  student = {
    Phase.PRETRAIN: Pretraining(data, progress, ends_phase=ends_phase),
    Phase.ONLINE: Online(
      agent, data, record, progress, play_episode=runner.play_episode
    ),
  }
  evaluation = StudentEvaluation(
    agent, evaluator, record, progress, ends_phase=ends_phase
  )
  phases = teacher | student
  return Parts(the_plan, evaluator, progress, saver, phases, evaluation)


def _teacher_phases(
  runner: Any,
  settings: Settings,
  the_plan: tuple[Iteration, ...],
  source: TeacherDataSource,
  evaluator: Evaluator,
  data: TeacherData,
  progress: Progress,
) -> dict[Phase, RunPhase]:
  agent, record = runner._agent, runner.record
  return {
    Phase.TEACHER_EVALUATION: TeacherEvaluation(
      agent,
      evaluator,
      record,
      progress,
      game_name=runner._game.name,
      random_score=settings.random_score,
    ),
    Phase.COLLECT: Collection(
      agent,
      evaluator,
      data,
      record,
      progress,
      steps_until=functools.partial(plan.steps_until, the_plan),
      epsilon=settings.teacher_epsilon,
    ),
    Phase.LOAD: Loading(
      agent,
      data,
      record,
      progress,
      replay=source.replay,
      base_dir=runner._base_dir,
    ),
    Phase.RELOAD: Reloading(
      agent,
      record,
      progress,
      read_state=settings.read_teacher_state,
      find_replay=functools.partial(
        teacher_replay.look_for,
        settings.teacher_data,
        settings.find_teacher_replay,
      ),
      clip_rewards=runner._clip_rewards,
    ),
  }


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
  )


def _make_plan(
  runner: Any, settings: Settings, iterations: int, source: TeacherDataSource
) -> tuple[Iteration, ...]:
  agent = runner._agent
  return plan.make_plan(
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


def _most_teacher_steps(
  runner: Any,
  settings: Settings,
  source: TeacherDataSource,
  evaluator: Evaluator,
) -> int:
  if source.phase is Phase.LOAD and not source.is_topped_up:
    return settings.teacher_steps
  # Collected episodes are finished, so every lane may overshoot by one.
  lanes = evaluator.environment.num_envs
  return settings.teacher_steps + lanes * runner._max_steps_per_episode


def _data_until(
  the_plan: tuple[Iteration, ...], phase: Phase, number: int
) -> str | None:
  """Returns how the teacher's data came that there are after an iteration."""
  begun = {row.phase for row in the_plan[: number + 1]}
  return phase.name if phase in begun else None
