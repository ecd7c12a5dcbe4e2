"""Score matrices: runs x games x evaluations, with what each has cost."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reincarnating_rl.evaluation.results import Runs
from reincarnating_rl.evaluation.run import (
  OFFLINE,
  ONLINE,
  Evaluation,
  Run,
)


class Curve(NamedTuple):
  """Scores of a method in a phase, evaluation by evaluation.

  The axes are means over runs and games, for episodes are finished and runs
  overshoot by different amounts.
  """

  scores: np.ndarray  # [runs, games, evaluations]
  steps: np.ndarray  # [evaluations] environment steps of the student
  updates: np.ndarray  # [evaluations] gradient updates, of both phases
  teacher_steps: np.ndarray  # [evaluations]


def curve(
  runs: Runs, method: str, games: Sequence[str], phase: str
) -> Curve | None:
  """Lays the scores of a method side by side.

  Rows are the first so many seeds of each game as every game has, and columns
  the evaluations that all of them have made. `gaps` says what that leaves out.

  Args:
    runs: of the report.
    method: whose.
    games: in the order of the matrix.
    phase: OFFLINE, or ONLINE: where the run had an offline phase, what that
      ended with comes first, at no step.

  Returns:
    The curve, or None where no evaluation is common to all games.
  """
  rows = _rows(runs, method, games)
  timelines = [[_timeline(runs, r, phase) for r in row] for row in rows]
  length = min((len(t) for row in timelines for t in row), default=0)
  if not length:
    return None
  cut = [[t[:length] for t in row] for row in timelines]

  def axis(field: str) -> np.ndarray:
    values = [[[getattr(e, field) for e, _ in t] for t in row] for row in cut]
    return np.mean(values, axis=(0, 1))

  return Curve(
    scores=np.array([[[score for _, score in t] for t in row] for row in cut]),
    steps=axis('steps'),
    updates=axis('updates'),
    teacher_steps=axis('teacher_steps'),
  )


def scores_at(
  runs: Runs, method: str, games: Sequence[str], steps: float
) -> np.ndarray | None:
  """Takes one score of each run.

  Args:
    runs: of the report.
    method: whose.
    games: in the order of the matrix.
    steps: online steps; the evaluation nearest to them counts.

  Returns:
    [runs, games]; None where a game has no run that was evaluated online.
  """
  rows = _rows(runs, method, games)
  if not rows or not all(r.of_phase(ONLINE) for row in rows for r in row):
    return None
  return np.array([[score_at(runs, r, steps) for r in row] for row in rows])


def score_at(runs: Runs, run: Run, steps: float) -> float:
  """Returns a run's score at the online evaluation nearest to some steps."""
  return runs.scores(run, ONLINE)[nearest(run, steps)]


def nearest(run: Run, steps: float) -> int:
  """Returns which online evaluation is nearest to some steps."""
  made = np.array([e.steps for e in run.of_phase(ONLINE)])
  return int(np.argmin(np.abs(made - steps)))


def offline_scores(
  runs: Runs, method: str, games: Sequence[str]
) -> np.ndarray | None:
  """Returns the scores, [runs, games], that the offline phase ended with."""
  found = curve(runs, method, games, OFFLINE)
  return None if found is None else found.scores[..., -1]


def gaps(runs: Runs, method: str, games: Sequence[str]) -> list[str]:
  """Says what `curve` leaves out of a method.

  Args:
    runs: of the report.
    method: whose.
    games: of the matrix.

  Returns:
    A line for each kind of gap.
  """
  numbers = {game: len(runs.of(method, game)) for game in games}
  least = min(numbers.values(), default=0)
  lines = []
  more = [f'{game} ({n})' for game, n in numbers.items() if n > least]
  if more:
    lines.append(
      f'{method}: aggregates use {least} seed{"" if least == 1 else "s"} a '
      f'game, the fewest that a game has; more are in {", ".join(more)}.'
    )
  kept = [r for row in _rows(runs, method, games) for r in row]
  for phase, what in ((OFFLINE, 'offline'), (ONLINE, 'online')):
    lengths = {r.path: len(r.of_phase(phase)) for r in kept}
    if len(set(lengths.values())) > 1:
      path = min(lengths, key=lengths.__getitem__)
      lines.append(
        f'{method}: the {what} curve ends after {lengths[path]} of '
        f'{max(lengths.values())} evaluations, where {path} ends.'
      )
  return lines


def _rows(
  runs: Runs, method: str, games: Sequence[str]
) -> list[tuple[Run, ...]]:
  """Returns rows of one run a game."""
  return list(zip(*(runs.of(method, game) for game in games), strict=False))


def _timeline(
  runs: Runs, run: Run, phase: str
) -> list[tuple[Evaluation, float]]:
  points = list(zip(run.of_phase(phase), runs.scores(run, phase), strict=True))
  offline = run.of_phase(OFFLINE)
  if phase == ONLINE and points and offline:
    points.insert(0, (offline[-1], runs.scores(run, OFFLINE)[-1]))
  return points
