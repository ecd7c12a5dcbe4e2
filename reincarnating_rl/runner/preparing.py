"""What is made of the settings before the first iteration."""

from reincarnating_rl.runner import (
  checkpoints,
  evaluator,
  plan,
  teacher_data,
  teacher_replay,
)
from reincarnating_rl.runner.plan import (
  Iteration,
  Phase,
)
from reincarnating_rl.runner.teacher_replay import TeacherDataSource
from reincarnating_rl.support.errors import UserError


class Preparing:
  """The plan, where the teacher's data come from, and where all is played.

  Part of `RunnerWithTeacher`, which has the attributes used here.
  """

  def _initialize_checkpointer_and_maybe_resume(self, prefix: str) -> None:
    # Dopamine's constructor calls this between the agent and the metrics.
    del prefix
    if not self._max_steps_per_episode:
      raise UserError('Runner.max_steps_per_episode must be a positive number.')
    self._agent.set_teacher(self._teacher)
    asked, steps = self._num_pretraining
    iterations = teacher_data.num_iterations(self._agent, asked)
    self._checkpoints = checkpoints.Checkpoints(
      self._checkpoint_dir, keep=self._checkpoints_to_keep
    )
    self._teacher_source = self._decide_on_teacher_data(iterations)
    self.plan = self._make_plan(iterations, steps)
    self._arena = self._make_arena()
    self._teacher_data = teacher_data.TeacherData(
      self._agent, capacity=self._most_teacher_steps()
    )
    self._resume()

  def _decide_on_teacher_data(self, iterations: int) -> TeacherDataSource:
    needs_data = iterations > 0 or self._agent.keeps_teacher_data
    if self._teacher is None or not needs_data:
      return TeacherDataSource(Phase.COLLECT)
    return teacher_replay.decide(
      self._teacher_data_choice,
      self._find_teacher_replay,
      self._teacher_steps,
      earlier=self._earlier_teacher_data(),
    )

  def _make_plan(self, iterations: int, steps: int) -> tuple[Iteration, ...]:
    return plan.make_plan(
      has_teacher=self._teacher is not None,
      teacher_steps=self._teacher_steps,
      num_pretraining_iterations=iterations,
      num_pretraining_steps=steps,
      num_online_iterations=self._num_iterations,
      online_steps=self._training_steps,
      teacher_data=self._teacher_source.phase,
      keeps_teacher_data=self._agent.keeps_teacher_data,
      starts_from_teacher=self._agent.starts_from_teacher,
    )

  def _make_arena(self) -> evaluator.Arena:
    return evaluator.Arena(
      self._game.create_vector_environment(),
      seed=self._seed,
      stack_size=self._agent.stack_size,
      max_steps_per_episode=self._max_steps_per_episode,
      interrupt=self._interrupt,
    )

  def _most_teacher_steps(self) -> int:
    if self._teacher_source.phase is Phase.LOAD:
      return self._teacher_steps
    # Collected episodes are finished, so every lane may overshoot by one.
    lanes = self._arena.environment.num_envs
    return self._teacher_steps + lanes * self._max_steps_per_episode
