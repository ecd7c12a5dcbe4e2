"""Summaries of returns, and the teacher-normalised score."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reincarnating_rl.support import errors


class TeacherTooWeakError(errors.UserError):
  """The teacher is not better than random, so scores have no scale."""


class ScoreSummary(NamedTuple):
  """Undiscounted returns of the finished episodes of a phase."""

  mean: float
  std: float | None  # of the sample, with n - 1; None for one episode
  stderr: float | None  # of the mean, std / sqrt(n)
  num_episodes: int
  min: float
  max: float


def summarize(returns: Sequence[float]) -> ScoreSummary:
  """Summarises the returns of finished episodes.

  Args:
    returns: of the episodes, at least one.

  Returns:
    The summary.

  Raises:
    ValueError: there is no episode.
  """
  if len(returns) == 0:
    raise ValueError('A score needs at least one finished episode.')
  array = np.asarray(returns, np.float64)
  n = len(array)
  std = float(array.std(ddof=1)) if n > 1 else None
  return ScoreSummary(
    mean=float(array.mean()),
    std=std,
    stderr=None if std is None else std / n**0.5,
    num_episodes=n,
    min=float(array.min()),
    max=float(array.max()),
  )


def may_be_random(
  mean: float,
  stderr: float | None,
  random_mean: float,
  random_stderr: float | None = None,
) -> bool:
  """Whether a score may be the random policy's, within two standard errors.

  Args:
    mean: of the player's returns.
    stderr: of that mean; None where nobody knows it.
    random_mean: of the random policy's returns.
    random_stderr: of that mean.
  """
  error = math.hypot(stderr or 0.0, random_stderr or 0.0)
  return mean - random_mean <= 2 * error


def normalized_score(
  score: float, random_score: float, teacher_score: float
) -> float:
  """Teacher-normalised score: 0 for a random policy, 1 for the teacher.

  `(G - G_random) / (G_teacher - G_random)` (Agarwal et al. 2022, section 4.2),
  not clipped.

  Args:
    score: mean return of the student, `G`.
    random_score: mean return of the uniformly random policy.
    teacher_score: mean return of the teacher.

  Returns:
    The normalised score.

  Raises:
    TeacherTooWeakError: the teacher is not better than random.
  """
  if not teacher_score > random_score:  # True for a NaN as well.
    raise TeacherTooWeakError(
      f'The teacher scores {teacher_score:g} and a random policy '
      f'{random_score:g}, so nothing can be measured against this teacher; '
      'take a better one, or check its checkpoint and the game.'
    )
  return (score - random_score) / (teacher_score - random_score)
