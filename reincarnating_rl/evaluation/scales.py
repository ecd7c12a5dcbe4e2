"""The scale of a game: one random score and one teacher score for all its runs.

Each run evaluates its teacher again, with an error of its own. If each run were
normalised by its own evaluation, runs with equal returns would score
differently, and a run whose teacher happened to play badly would look good.
Therefore the teacher evaluations of a game are pooled.
"""

from collections.abc import Sequence
from typing import NamedTuple

from reincarnating_rl.evaluation import normalization
from reincarnating_rl.evaluation.normalization import TeacherTooWeakError
from reincarnating_rl.evaluation.run import Run, Score
from reincarnating_rl.support.errors import UserError


class Scale(NamedTuple):
  """The returns that score 0 (random) and 1 (teacher) in a game."""

  random: float
  random_source: str  # 'published', 'measured' or 'given'.
  teacher: float
  teacher_episodes: int
  fingerprint: str | None  # Of the teacher's parameters.

  def normalize(self, score: float) -> float:
    """Returns the teacher-normalised score of a mean return."""
    return normalization.normalized_score(score, self.random, self.teacher)


def pool(runs: Sequence[Run]) -> Scale | None:
  """Pools the teacher evaluations and the random scores of a game.

  The teacher's score is the mean over the episodes of all evaluations. Equal
  evaluations count once, because runs of one seed repeat the same episodes.

  Args:
    runs: of one game.

  Returns:
    The scale, or None if no run measured a teacher.

  Raises:
    UserError: the runs have different teachers, or random scores that cannot
      be pooled.
    TeacherTooWeakError: the teacher is not better than random.
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
  try:
    scale.normalize(teacher)
  except TeacherTooWeakError as error:
    raise TeacherTooWeakError(f'{first.path}, {first.game}: {error}') from error
  return scale


def _order(score: Score) -> tuple[float, int]:
  return score.mean, score.episodes


def _check_same_scale(first: Run, run: Run) -> None:
  if run.fingerprint != first.fingerprint:
    raise UserError(
      f'{run.path} has another teacher than {first.path}, and both play '
      f'{run.game}. Different teachers have no common scale: report these runs '
      'separately.'
    )
  one_scale = run.random_source == first.random_source and (
    run.random == first.random or run.random_source == 'measured'
  )
  if not one_scale:
    raise UserError(
      f'{run.path} takes {run.random:g} ({run.random_source}) for the random '
      f'policy, but {first.path} takes {first.random:g} '
      f'({first.random_source}), and both play {run.game}: report these runs '
      'separately.'
    )
