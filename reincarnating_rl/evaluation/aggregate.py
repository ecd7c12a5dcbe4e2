"""Aggregates over runs and games, with their intervals (Agarwal et al. 2021).

"Deep Reinforcement Learning at the Edge of the Statistical Precipice". Scores
are [runs, games] or [runs, games, ...], teacher-normalised.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.stats
from rliable import metrics

TRIMMED = 0.25  # The IQM leaves out this fraction at each end of the scores.


class Estimate(NamedTuple):
  """Point estimates and the ends of their 95% intervals, each [...].

  `low` and `high` are None with one run per game: the bootstrap would draw that
  run every time.
  """

  point: np.ndarray
  low: np.ndarray | None
  high: np.ndarray | None


def iqm(scores: np.ndarray) -> np.ndarray:
  """Interquartile mean over runs and games.

  It is `rliable.metrics.aggregate_iqm` for all evaluations of a curve at once.

  Args:
    scores: [runs, games, ...].

  Returns:
    [...]: the mean of the middle half.
  """
  pooled = scores.reshape(-1, *scores.shape[2:])
  return np.asarray(scipy.stats.trim_mean(pooled, TRIMMED, axis=0))


def summary(scores: np.ndarray) -> np.ndarray:
  """Computes the `STATISTICS` of a matrix.

  Args:
    scores: [runs, games].

  Returns:
    [4]: IQM; median and mean, over games, of the means over runs; optimality
    gap, the mean of max(1 - score, 0).
  """
  return np.array(
    [
      metrics.aggregate_iqm(scores),
      metrics.aggregate_median(scores),
      metrics.aggregate_mean(scores),
      metrics.aggregate_optimality_gap(scores),
    ]
  )


STATISTICS = ('IQM', 'median', 'mean', 'optimality gap')


def profile(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
  """Score distribution: the fraction of runs above each threshold.

  Args:
    scores: [runs, games].
    thresholds: [thresholds].

  Returns:
    [thresholds] fractions of all runs of all games.
  """
  return (scores[..., np.newaxis] > thresholds).mean(axis=(0, 1))


def improvement(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
  """Probability that a run of ours beats one of theirs in the same game.

  The mean over games of P(X > Y) + P(X = Y) / 2. It equals
  `rliable.metrics.probability_of_improvement`, which spends most of its time
  on p-values that nobody needs here.

  Args:
    ours: [our runs, games].
    theirs: [their runs, games].

  Returns:
    A scalar in [0, 1].
  """
  difference = ours[:, np.newaxis] - theirs
  return np.mean((np.sign(difference) + 1.0) / 2.0)


def mean_over_runs(scores: np.ndarray) -> np.ndarray:
  """Returns the means over runs and games of [runs, games, ...]."""
  return scores.mean(axis=(0, 1))


def estimate(
  statistic: Callable[..., np.ndarray],
  *scores: np.ndarray,
  seed: int,
  reps: int,
) -> Estimate:
  """Estimates a statistic with its stratified bootstrap interval.

  Args:
    statistic: of the scores.
    *scores: [runs, games, ...] each, drawn independently.
    seed: of the draws. The same scores and seed give the same interval.
    reps: number of draws.

  Returns:
    The estimate.
  """
  point = statistic(*scores)
  if any(len(matrix) == 1 for matrix in scores):
    return Estimate(point, None, None)
  from reincarnating_rl.evaluation import _rliable

  drawn = scores[0] if len(scores) == 1 else list(scores)
  ends = _rliable.intervals(drawn, statistic, seed=seed, reps=reps)
  # A scalar statistic has ends of one element.
  low, high = (end.reshape(np.shape(point)) for end in ends)
  return Estimate(point, low, high)
