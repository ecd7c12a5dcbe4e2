"""The phases of a teacher of which there are data alone."""

from typing import Any

from reincarnating_rl.evaluation.normalization import ScoreSummary, summarize
from reincarnating_rl.runner.plan import Iteration
from reincarnating_rl.runner.teacher_phases import Metrics, TeacherEvaluation
from reincarnating_rl.teachers.data_teacher import DataTeacher

_CLONE = (
  'so scores are not normalised; a clone of the data is scored by play '
  '(--teacher_agent clone).'
)


class DataEvaluation(TeacherEvaluation):
  """Measures the data by their own episodes, and the random policy."""

  def __init__(self, *parts: Any, clip_rewards: bool, **settings: Any) -> None:
    """Measures nothing yet.

    Args:
      *parts: of `TeacherEvaluation`.
      clip_rewards: whether runs of the game store rewards in [-1, 1].
      **settings: of `TeacherEvaluation`.
    """
    super().__init__(*parts, **settings)
    self._clip_rewards = clip_rewards

  def __call__(self, iteration: Iteration) -> Metrics:
    """Runs the phase; returns what to log."""
    record = self._record
    with self._progress.clock(iteration, 'EVALUATION'):
      record.random, record.random_source = self._find_random_score(iteration)
    record.teacher = _score(
      self._agent.teacher, record.random, clip_rewards=self._clip_rewards
    )
    metrics = {'Random/AverageReturns': record.random}
    if record.teacher is not None:
      metrics['Teacher/AverageReturns'] = record.teacher.mean
    return metrics


def _score(
  teacher: DataTeacher, random: float, *, clip_rewards: bool
) -> ScoreSummary | None:
  """Returns the score that normalises, and says so; None where none can."""
  returns = teacher.returns
  if teacher.joins_episodes:
    print(
      'The data list no ends of episodes, and those that were cut are joined '
      f'to the next, {_CLONE}'
    )
    return None
  if clip_rewards and teacher.may_be_clipped:
    print(
      'The rewards of the data lie in [-1, 1] and may be clipped '
      f'(Runner.clip_rewards), which those of evaluations are not, {_CLONE}'
    )
    return None
  if not len(returns):
    print(
      'The data tell of no whole episode, so scores are not normalised '
      '(docs/data.md).'
    )
    return None
  score = summarize(returns)
  told = f'The {len(returns):,} whole episodes of the data score {score.mean:g}'
  if not score.mean > random:
    print(
      f'{told}, no more than the random policy ({random:g}), so scores are not '
      'normalised.'
    )
    return None
  print(f"{told} on average: that is the teacher's score.")
  return score
