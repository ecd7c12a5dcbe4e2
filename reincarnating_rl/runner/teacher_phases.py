"""The phases in which the teacher is measured, and its data come."""

from absl import logging

from reincarnating_rl.envs.policies import (
  epsilon_greedy_policy,
  uniform_policy,
)
from reincarnating_rl.evaluation import atari_scores
from reincarnating_rl.runner import plan
from reincarnating_rl.runner.plan import Iteration
from reincarnating_rl.support.errors import UserError

Metrics = dict[str, float]


class TeacherPhases:
  """What comes before the student learns.

  Part of `RunnerWithTeacher`, which has the attributes used here.
  """

  def _run_teacher_evaluation(self, iteration: Iteration) -> Metrics:
    record = self.record
    record.random, record.random_source = self._find_random_score(iteration)
    policy = epsilon_greedy_policy(
      self._teacher.policy_logits, self._agent.epsilon_eval
    )
    teacher = self._evaluate(policy, iteration, 'teacher')
    record.teacher = teacher
    record.normalized(teacher.mean)  # An error now, not after pretraining.
    if teacher.mean - record.random < 2 * (teacher.stderr or 0.0):
      logging.warning(
        'The teacher (%.1f) is hardly better than random (%.1f): normalised '
        'scores will be noise.',
        teacher.mean,
        record.random,
      )
    return {
      'Teacher/AverageReturns': teacher.mean,
      'Random/AverageReturns': record.random,
    }

  def _find_random_score(self, iteration: Iteration) -> tuple[float, str]:
    if self._random_score is not None:
      return self._random_score, 'given'
    published = atari_scores.random_score(self._game.name)
    if published is not None:
      return published, 'published'
    uniform = uniform_policy(self._agent.num_actions)
    return self._evaluate(uniform, iteration, 'random').mean, 'measured'

  def _run_collection(self, iteration: Iteration) -> Metrics:
    record = self.record
    policy = epsilon_greedy_policy(
      self._teacher.policy_logits, self._teacher_epsilon
    )
    # Episodes are finished: what one iteration has too much, the next needs
    # not play.
    wanted = plan.steps_until(self.plan, iteration) - record.teacher_steps
    with self._clock(iteration):
      for episode in self._arena.collect(policy, iteration, steps=wanted):
        self._teacher_data.add(episode, clip_rewards=self._clip_rewards)
        record.teacher_steps += episode.length
    return {'Collect/TeacherSteps': record.teacher_steps}

  def _run_loading(self, iteration: Iteration) -> Metrics:
    replay = self._teacher_source.replay
    if replay is None:  # Read before a checkpoint that proved to be damaged.
      raise UserError(
        f"The teacher's replay has to be read again for {self._base_dir}, and "
        'it is not there any more: restore it, or choose another --base_dir.'
      )
    with self._clock(iteration):
      with self._progress(iteration, 'load teacher data', 'steps read') as bar:
        report = self._teacher_data.load(
          replay,
          newest=iteration.steps,
          clip_rewards=self._clip_rewards,
          progress=self._follow(bar),
        )
      if self._agent.needs_teacher_logits:
        with self._progress(iteration, 'ask the teacher', 'states') as bar:
          self._teacher_data.label(self._follow(bar))
    self.record.read(replay.describe(), report)
    print(f'Loaded {report.describe()}.')
    return {'Load/TeacherSteps': report.steps}
