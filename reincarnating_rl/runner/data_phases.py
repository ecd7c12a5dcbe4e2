"""The phases of a teacher of which there are data alone."""

import numpy as np

from reincarnating_rl.evaluation.normalization import ScoreSummary, summarize
from reincarnating_rl.runner.plan import Iteration
from reincarnating_rl.runner.teacher_phases import Metrics, TeacherEvaluation


class DataEvaluation(TeacherEvaluation):
  """Measures the data by their own episodes, and the random policy."""

  def __call__(self, iteration: Iteration) -> Metrics:
    """Runs the phase; returns what to log."""
    record = self._record
    with self._progress.clock(iteration, 'EVALUATION'):
      record.random, record.random_source = self._find_random_score(iteration)
    record.teacher = _score(self._agent.teacher.returns, record.random)
    metrics = {'Random/AverageReturns': record.random}
    if record.teacher is not None:
      metrics['Teacher/AverageReturns'] = record.teacher.mean
    return metrics


def _score(returns: np.ndarray, random: float) -> ScoreSummary | None:
  """Returns the score that normalises, and says so; None where none can."""
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
