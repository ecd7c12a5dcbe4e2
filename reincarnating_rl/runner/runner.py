"""`RunnerWithTeacher`: the experiment, iteration by iteration."""

import contextlib
from collections.abc import Callable
from typing import Any

import gin
from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.seeding import episode_seed, training_stream
from reincarnating_rl.evaluation import summary
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.runner import assembly, collectors, disk, lineage
from reincarnating_rl.runner.evaluator import time_limit
from reincarnating_rl.runner.record import OTHER_BASE_DIR, Record
from reincarnating_rl.runner.teacher_replay import Choice
from reincarnating_rl.settings.dopamine_runner import Runner
from reincarnating_rl.support import files
from reincarnating_rl.support.interrupts import Interrupted, InterruptFlag
from reincarnating_rl.support.setting_types import (
  Fraction,
  NonNegativeFloat,
  NonNegativeInt,
  PositiveInt,
)
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.teachers.training_state import TrainingState


@gin.configurable(
  denylist=[
    *('base_dir', 'create_agent_fn', 'game', 'teacher', 'seed', 'started_as'),
    *('find_teacher_replay', 'read_teacher_state'),
  ]
)
class RunnerWithTeacher(Runner):
  """Evaluates the teacher, collects, pretrains offline, then trains online.

  It owns its parts, which `assembly.Parts` describes, and runs the plan.

  Attributes:
    plan: every iteration, in order.
    record: what was measured.
  """

  make_evaluator = assembly.make_evaluator
  make_interrupt = InterruptFlag

  def __init__(
    self,
    base_dir: str,
    create_agent_fn: Callable[..., Student],
    game: Game,
    *,
    teacher: Teacher | None,
    find_teacher_replay: Callable[[], ExternalReplay | None] = lambda: None,
    read_teacher_state: Callable[[], TrainingState] | None = None,
    seed: int,
    started_as: dict[str, Any] | None = None,
    random_score: float | None = None,
    num_pretraining_iterations: NonNegativeInt | None = None,
    num_pretraining_steps: PositiveInt = 100_000,
    teacher_steps: NonNegativeInt = 1_000_000,
    teacher_data: Choice = 'auto',
    teacher_data_in_file: bool = False,
    teacher_epsilon: Fraction = 0.01,
    evaluation_episodes: PositiveInt | None = None,
    diagnoses: bool = False,
    checkpoint_minutes: NonNegativeFloat = 10.0,
    checkpoints_to_keep: PositiveInt = 3,
  ) -> None:
    """Builds the experiment, and resumes it where `base_dir` has a checkpoint.

    `Runner.*` bindings set the online phase and the evaluation.

    Args:
      base_dir: of the run.
      create_agent_fn: makes the student, as Dopamine's `Runner` calls it.
      game: that is played.
      teacher: the student's; None trains tabula rasa.
      find_teacher_replay: looks for the replay that the teacher left on disk.
      read_teacher_state: reads what a fine-tuned student starts with.
      seed: of the episodes, each of which also depends on its iteration.
      started_as: what the run was started with, for `lineage.json`.
      random_score: of the random policy; None: as published, or measured.
      num_pretraining_iterations: offline iterations, each evaluated; None is 10
        where the method has an offline phase; an error where it has none.
      num_pretraining_steps: gradient updates in each.
      teacher_steps: most steps of stored data, the newest; least steps that the
        teacher plays, in whole episodes.
      teacher_data: 'collected': the teacher plays; 'stored': from its replay;
        'topped_up': from its replay, and it plays what that lacks of
        `teacher_steps`; 'auto': from its replay if there is one, else it plays.
        One that starts as the teacher takes any replay, but for 'collected'.
      teacher_data_in_file: whether frames are in a file of `base_dir`, not in
        memory, which they may exceed. An accelerator has to have room for them.
      teacher_epsilon: the teacher's exploration while it collects.
      evaluation_episodes: of each, in place of `Runner.evaluation_steps`.
      diagnoses: whether evaluations also tell what `diagnosis.diagnose` does.
      checkpoint_minutes: longest time between checkpoints, up to an episode.
      checkpoints_to_keep: newest iterations that stay restorable.
    """
    self._teacher, self._game, self._seed = teacher, game, seed
    self._started_as = started_as
    self._settings = assembly.Settings(
      find_teacher_replay=find_teacher_replay,
      read_teacher_state=read_teacher_state,
      random_score=random_score,
      num_pretraining_iterations=num_pretraining_iterations,
      num_pretraining_steps=num_pretraining_steps,
      teacher_steps=teacher_steps,
      teacher_data=teacher_data,
      teacher_data_in_file=teacher_data_in_file,
      teacher_epsilon=teacher_epsilon,
      evaluation_episodes=evaluation_episodes,
      diagnoses=diagnoses,
      checkpoint_seconds=60.0 * checkpoint_minutes,
      checkpoints_to_keep=checkpoints_to_keep,
    )
    self._claim = disk.claim(base_dir)
    self._interrupt = self.make_interrupt()
    self._on_step: Callable[[], object] = lambda: None
    self.record = Record()
    collectors.register()
    super().__init__(
      base_dir,
      create_agent_fn,
      game.create_environment,
      use_legacy_logger=False,
      fine_grained_print_to_console=False,
      **time_limit(game),
    )

  def _initialize_checkpointer_and_maybe_resume(self, _prefix: str) -> None:
    # Dopamine's constructor calls this between the agent and the metrics.
    self._parts = assembly.assemble(self, self._settings)
    self.plan, self._progress = self._parts.plan, self._parts.progress
    self._resume()
    self._start_iteration = self._progress.position.next_number

  def _resume(self) -> None:
    self._parts.saver.resume()
    self._progress.tell_of_resuming(self._base_dir, len(self.plan))

  def run_experiment(self) -> None:
    """Runs what is left of the plan.

    Raises:
      Interrupted: the user asked to stop; a checkpoint has what was done.
      UnwritableError: a disk fails; it says where what was learnt is.
      NotFiniteError: of game, teacher or student.
    """
    try:
      with (
        self._interrupt.listening(),
        disk.rescuing(self._parts.saver, self._progress, self._write_story),
        self._progress.telling_where(self.plan, self._parts.saver),
      ):
        self._run_plan()
        scores = self.record.to_json()
        summary.write(scores, self._base_dir, title=self._game.name)
    finally:
      self._close()

  def _close(self) -> None:
    # On a full disk this fails as well, and that error is the lesser one.
    with contextlib.suppress(OSError, files.UnwritableError):
      self._collector_dispatcher.flush()
      self._collector_dispatcher.close()
    self._environment.close()
    self._parts.close()
    self._claim.free()

  def _run_plan(self) -> None:
    try:
      for iteration in self.plan[self._start_iteration :]:
        self._run_one_iteration(iteration.number)
        self._checkpoint_experiment(iteration.number)
    except Interrupted:
      # Teacher data is collected whole: an iteration of it starts again.
      number = self._progress.position.number
      if self.plan[number].trains:
        self._checkpoint_experiment(number)
      raise

  def _run_one_iteration(self, number: int) -> None:
    iteration = self.plan[number]
    self._progress.enter(number)
    metrics = self._parts.phases[iteration.phase](iteration)
    if iteration.trains:
      metrics |= self._parts.evaluation(iteration)
    # Once, when all is done: a resume then finds no half of them in the log.
    self._collector_dispatcher.write(
      [
        StatisticsInstance(name, float(value), iteration.number)
        for name, value in metrics.items()
      ]
    )
    self._progress.finish()
    self._collector_dispatcher.flush()
    self.record.write(self._base_dir)

  def _checkpoint_experiment(self, number: int) -> None:
    self._collector_dispatcher.flush()
    with files.writing(self._base_dir, OTHER_BASE_DIR):
      self._parts.saver.save(number)
    lineage.write(self._base_dir, self.lineage)

  def _write_story(self, base_dir: str) -> None:
    collectors.copy(self._collector_dispatcher, self._base_dir, base_dir)
    self.record.write(base_dir)
    lineage.write(base_dir, self.lineage)

  # Dopamine's loop over an episode calls these.

  def play_episode(self, on_step: Callable[[], object]) -> tuple[int, list]:
    """Trains for one episode; returns its steps and its sum of rewards."""
    self._on_step = on_step
    steps, total = self._run_one_episode()
    return steps, [total]

  def _initialize_episode(self) -> int:
    at = self._progress.position
    seed = episode_seed(self._seed, training_stream(at.number), at.episodes)
    return self._agent.begin_episode(self._environment.reset(seed))

  def _run_one_step(self, action: int) -> tuple:
    self._on_step()
    return super()._run_one_step(action)

  @property
  def lineage(self) -> dict[str, Any]:
    """Where the student comes from; its directory may be the next teacher's."""
    return lineage.of(self)
