"""Puts the parts of an experiment together."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from reincarnating_rl.envs.games import Game
from reincarnating_rl.evaluation import atari_scores
from reincarnating_rl.runner import (
  identity,
  manifests,
  plan,
  planning,
  teacher_replay,
)
from reincarnating_rl.runner.checkpoints import Checkpoints
from reincarnating_rl.runner.data_phases import DataEvaluation
from reincarnating_rl.runner.diagnosis import Diagnosis, atoms_notice
from reincarnating_rl.runner.evaluator import Evaluator
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.runner.planning import Settings as Settings
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
from reincarnating_rl.runner.training_lanes import TrainingLanes
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.data_teacher import has_policy

RunPhase = Callable[[Iteration], dict[str, float]]


class Parts(NamedTuple):
  """What an experiment consists of."""

  plan: tuple[Iteration, ...]
  evaluator: Evaluator
  teacher_evaluator: Evaluator  # the same, unless the teacher plays otherwise
  progress: Progress
  saver: Saver
  phases: dict[Phase, RunPhase]
  evaluation: RunPhase  # after each iteration in which the student learns
  lanes: TrainingLanes | None  # where the student trains in several

  def close(self) -> None:
    """Frees the environments."""
    for playing in {self.evaluator, self.teacher_evaluator}:
      playing.environment.close()
    if self.lanes is not None:
      self.lanes.close()


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
  the_plan, source = planning.lay_out(runner, settings, checkpoints)
  evaluator = teacher_evaluator = runner.make_evaluator(runner._game)
  if agent.teacher is not None and runner._game.for_teacher is not None:
    teacher_evaluator = runner.make_evaluator(runner._game.for_teacher)
  data = TeacherData(
    agent,
    capacity=planning.most_teacher_steps(
      settings, source, teacher_evaluator, runner._max_steps_per_episode
    ),
    clip_rewards=runner._clip_rewards,
    folder=runner._base_dir if settings.teacher_data_in_file else None,
  )
  needs_data = {Phase.COLLECT, Phase.LOAD} & {row.phase for row in the_plan}
  if needs_data and not checkpoints.numbers():
    data.check_room()
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
    teacher_data_until=functools.partial(
      planning.data_until, the_plan, source.phase
    ),
    about=manifests.of_student(runner._game, runner._environment, agent),
  )
  phases = _teacher_phases(
    runner, settings, the_plan, source, teacher_evaluator, data, progress
  )
  ends_phase = functools.partial(plan.ends_phase, the_plan)
  phases[Phase.PRETRAIN] = Pretraining(data, progress, ends_phase=ends_phase)
  saver.lanes = lanes = _training_lanes(runner, progress)
  phases[Phase.ONLINE] = Online(
    agent, data, record, progress, play=lanes or runner.play_episode
  )
  evaluation = StudentEvaluation(
    agent, evaluator, record, progress, ends_phase=ends_phase
  )
  if settings.diagnoses and agent.kind.is_continuous:
    raise UserError(
      'RunnerWithTeacher.diagnoses are of Q-values of each action, and '
      f'{agent.kind.title} has an actor: leave them out.'
    )
  if settings.diagnoses:
    evaluation.diagnosis = Diagnosis(agent, clip_rewards=runner._clip_rewards)
  if not runner._clip_rewards:
    evaluation.atoms = atoms_notice(agent)
  return Parts(
    the_plan,
    evaluator,
    teacher_evaluator,
    progress,
    saver,
    phases,
    evaluation,
    lanes,
  )


def _training_lanes(runner: Any, progress: Progress) -> TrainingLanes | None:
  if runner.num_environments == 1:
    return None
  return TrainingLanes(
    runner._agent,
    runner._game.create_training_environments(runner.num_environments),
    progress,
    seed=runner._seed,
    max_steps_per_episode=runner._max_steps_per_episode,
    clip_rewards=runner._clip_rewards,
  )


def make_evaluator(runner: Any, game: Game) -> Evaluator:
  """Makes who plays the episodes of a game that are not trained on.

  Args:
    runner: whose settings they are.
    game: that is played.
  """
  is_published = (
    runner._agent.teacher is not None
    and runner._settings.random_score is None
    and atari_scores.random_score(game.name) is not None
  )
  return Evaluator(
    game.create_vector_environment(),
    seed=runner._seed,
    stack_size=runner._agent.stack_size,
    max_steps_per_episode=runner._max_steps_per_episode,
    interrupt=runner._interrupt,
    steps=runner._evaluation_steps,
    episodes=runner._settings.evaluation_episodes,
    if_all_time_out=game.if_all_time_out,
    is_published=is_published,
  )


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
  evaluation = TeacherEvaluation
  if not has_policy(agent.teacher):
    evaluation = functools.partial(
      DataEvaluation, clip_rewards=runner._clip_rewards
    )
  return {
    Phase.TEACHER_EVALUATION: evaluation(
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
      find_replay=lambda: source.replay or settings.find_teacher_replay(),
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
