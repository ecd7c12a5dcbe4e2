"""The scale of a game: one random score and one teacher score for its runs.

Each run evaluates the teacher anew, with its own error. Were each normalised by
its own teacher evaluation, runs of equal return would differ, and a run whose
teacher happened to play badly would look good. So all runs of a game share a
scale, pooled over their teacher evaluations.
"""

from collections.abc import Sequence
from typing import NamedTuple

from reincarnating_rl.evaluation import normalization
from reincarnating_rl.evaluation.run import (
  Run,
  Score,
)
from reincarnating_rl.support.errors import UserError


class Scale(NamedTuple):
  """What is 0 and what is 1 in a game."""

  random: float
  random_source: str  # 'published', 'measured' or 'given'.
  teacher: float
  teacher_episodes: int
  fingerprint: str | None  # Of the teacher.

  def normalize(self, score: float) -> float:
    """Returns the teacher-normalised score of a mean return."""
    return normalization.normalized_score(score, self.random, self.teacher)


def pool(runs: Sequence[Run]) -> Scale | None:
  """Pools the scores of one game's teacher and random policy.

  A teacher's score is the mean over episodes of all evaluations that differ:
  runs of one seed repeat the same episodes, which count once.

  Args:
    runs: of one game.

  Returns:
    The scale; None where no run measured a teacher.

  Raises:
    UserError: the runs have different teachers, or random scores that cannot
      be pooled.
    TeacherTooWeakError: the teacher is no better than random.
  """
  measured = [r for r in runs if r.teacher is not None and r.random is not None]
  if not measured:
    return None
  first = measured[0]
  for run in measured:
    _check_same_scale(first, run)
  scores = sorted({run.teacher for run in measured}, key=_order)
  weights = [max(score.episodes, 1) for score in scores]
  teacher = sum(
    score.mean * n for score, n in zip(scores, weights, strict=True)
  ) / sum(weights)
  randoms = sorted({run.random for run in measured})
  scale = Scale(
    random=sum(randoms) / len(randoms),
    random_source=first.random_source,
    teacher=teacher,
    teacher_episodes=sum(score.episodes for score in scores),
    fingerprint=first.fingerprint,
  )
  scale.normalize(teacher)  # A teacher that is too weak is an error now.
  return scale


def _order(score: Score) -> tuple[float, int]:
  return score.mean, score.episodes


def _check_same_scale(first: Run, run: Run) -> None:
  if run.fingerprint != first.fingerprint:
    raise UserError(
      f'{run.path} has another teacher than {first.path}, and both play '
      f'{run.game}: scores of different teachers have no common scale; report '
      'them apart.'
    )
  one_scale = run.random_source == first.random_source and (
    run.random == first.random or run.random_source == 'measured'
  )
  if not one_scale:
    raise UserError(
      f'{run.path} takes {run.random:g} ({run.random_source}) for the random '
      f'policy and {first.path} {first.random:g} ({first.random_source}), and '
      f'both play {run.game}: report them apart.'
    )
