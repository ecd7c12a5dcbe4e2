"""`RunnerWithTeacher`: the experiment, iteration by iteration."""

import contextlib
import os
from collections.abc import Callable
from typing import Any

import gin
from dopamine.discrete_domains import run_experiment

from reincarnating_rl.agents.reincarnation import ReincarnationMixin
from reincarnating_rl.envs.games import Game
from reincarnating_rl.evaluation import summary
from reincarnating_rl.importers.external_replay import StoredReplay
from reincarnating_rl.runner import collectors
from reincarnating_rl.runner.iterations import Iterations
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.runner.position import Position
from reincarnating_rl.runner.preparing import Preparing
from reincarnating_rl.runner.record import Record
from reincarnating_rl.runner.reloading import Reloading
from reincarnating_rl.runner.resuming import Resuming
from reincarnating_rl.runner.teacher_phases import TeacherPhases
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.interrupts import (
  Interrupted,
  InterruptFlag,
)
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.teachers.training_state import TrainingState


@gin.configurable(
  denylist=[
    'base_dir',
    'create_agent_fn',
    'game',
    'teacher',
    'find_teacher_replay',
    'read_teacher_state',
    'seed',
    'started_as',
  ]
)
class RunnerWithTeacher(
  Preparing,
  TeacherPhases,
  Reloading,
  Iterations,
  Resuming,
  run_experiment.Runner,
):
  """Evaluates the teacher, collects, pretrains offline, then trains online."""

  def __init__(
    self,
    base_dir: str,
    create_agent_fn: Callable[..., ReincarnationMixin],
    game: Game,
    *,
    teacher: Teacher | None,
    find_teacher_replay: Callable[[], StoredReplay | None] = lambda: None,
    read_teacher_state: Callable[[], TrainingState] | None = None,
    seed: int,
    started_as: dict[str, Any] | None = None,
    random_score: float | None = None,
    num_pretraining_iterations: int | None = None,
    num_pretraining_steps: int = 100_000,
    teacher_steps: int = 1_000_000,
    teacher_data: str = 'auto',
    teacher_epsilon: float = 0.01,
    evaluation_episodes: int | None = None,
    checkpoint_minutes: float = 10.0,
    checkpoints_to_keep: int = 3,
  ) -> None:
    """Builds the experiment, and resumes it where `base_dir` has a checkpoint.

    `Runner.*` bindings set the online phase and the evaluation.

    Args:
      base_dir: of the run.
      create_agent_fn: makes the student, as Dopamine's `Runner` calls it.
      game: that is played.
      teacher: None trains tabula rasa.
      find_teacher_replay: looks for the replay that the teacher left on disk.
      read_teacher_state: reads what a student needs that starts as the teacher
        is; only asked by such.
      seed: of the episodes, each of which also depends on its iteration.
      started_as: what `lineage.json` is to say of how the run was started.
      random_score: of the random policy; None takes the published one, or
        measures it where there is none.
      num_pretraining_iterations: offline iterations, each evaluated; None is 10
        where the method has an offline phase, and 0 in rehearsal, which may
        have one. Where there can be none, a number is an error, unless the
        teacher is only compared with.
      num_pretraining_steps: gradient updates in each.
      teacher_steps: environment steps of teacher data: to collect, or the
        newest so many of a stored replay.
      teacher_data: 'collected', 'stored', or 'auto': stored where the teacher's
        replay has `teacher_steps` steps. A student that starts as the teacher
        takes any replay there is, but for 'collected'.
      teacher_epsilon: the teacher's exploration while it collects.
      evaluation_episodes: episodes of each evaluation, in place of
        `Runner.evaluation_steps`.
      checkpoint_minutes: longest time between checkpoints, but for the episode
        that is being played.
      checkpoints_to_keep: newest iterations that stay restorable.
    """
    self._teacher = teacher
    self._seed = seed
    self._started_as = started_as
    self._random_score = random_score
    self._game = game
    self._teacher_steps = teacher_steps
    self._teacher_data_choice = teacher_data
    self._find_teacher_replay = find_teacher_replay
    self._read_teacher_state = read_teacher_state
    self._teacher_epsilon = teacher_epsilon
    self._evaluation_episodes = evaluation_episodes
    self._num_pretraining = (num_pretraining_iterations, num_pretraining_steps)
    self._checkpoint_seconds = 60.0 * checkpoint_minutes
    self._checkpoints_to_keep = checkpoints_to_keep
    self._interrupt = InterruptFlag()
    self._position = Position()
    self.record = Record()
    collectors.register()
    _make_directory(base_dir)
    super().__init__(
      base_dir,
      create_agent_fn,
      game.create_environment,
      use_legacy_logger=False,
      fine_grained_print_to_console=False,
    )

  def run_experiment(self) -> None:
    """Runs what is left of the plan.

    Raises:
      Interrupted: the user asked to stop; a checkpoint has what was done.
      DiskFullError: there is no space; the last checkpoint is whole.
    """
    try:
      with (
        files.disk_full_is_a_users_error(self._base_dir),
        self._interrupt.listening(),
      ):
        self._run_plan()
        summary.write(
          self.record.to_json(), self._base_dir, title=self._game.name
        )
    finally:
      # On a full disk this fails as well, and that error is the lesser one.
      with contextlib.suppress(OSError):
        self._collector_dispatcher.flush()
        self._collector_dispatcher.close()
      self._environment.close()
      self._arena.environment.close()

  def _run_plan(self) -> None:
    try:
      for iteration in self.plan[self._start_iteration :]:
        self._run_one_iteration(iteration.number)
        self._checkpoint_experiment(iteration.number)
    except Interrupted:
      # Teacher data is collected whole: an iteration of it starts again.
      if self.plan[self._position.number].trains:
        self._checkpoint_experiment(self._position.number)
      raise

  def _run_one_iteration(self, number: int) -> None:
    iteration = self.plan[number]
    if self._position.number != number:
      self._position = Position(number)
    run = {
      Phase.TEACHER_EVALUATION: self._run_teacher_evaluation,
      Phase.COLLECT: self._run_collection,
      Phase.LOAD: self._run_loading,
      Phase.RELOAD: self._run_reloading,
      Phase.PRETRAIN: self._run_pretraining,
      Phase.ONLINE: self._run_train_phase,
    }
    metrics = run[iteration.phase](iteration)
    if iteration.trains:
      metrics |= self._run_eval_phase(iteration)
    # Once, when all is done: a resume then finds no half of them in the log.
    self._write(iteration, metrics)
    self._position = self._position._replace(finished=True)
    self.record.write(self._base_dir)


def _make_directory(path: str) -> None:
  try:
    os.makedirs(path, exist_ok=True)
  except OSError as error:
    raise UserError(
      f'--base_dir {path} cannot be written ({error.strerror}): choose another.'
    ) from error
