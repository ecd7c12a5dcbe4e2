"""Score matrices: runs x games x evaluations, with their axes."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reincarnating_rl.evaluation import text
from reincarnating_rl.evaluation.results import Runs
from reincarnating_rl.evaluation.run import OFFLINE, ONLINE, Evaluation, Run


class Curve(NamedTuple):
  """Scores of a method in a phase, evaluation by evaluation.

  The axes are means over runs and games. Runs differ a little, because each
  finishes its last episode and so overshoots by its own number of steps.
  """

  scores: np.ndarray  # [runs, games, evaluations]
  steps: np.ndarray  # [evaluations] environment steps of the student
  updates: np.ndarray  # [evaluations] gradient updates, of both phases
  teacher_steps: np.ndarray  # [evaluations] steps of teacher data


def curve(
  runs: Runs, method: str, games: Sequence[str], phase: str
) -> Curve | None:
  """Puts the scores of a method into a matrix.

  The matrix has no holes: it takes as many seeds of each game as the game with
  the fewest has, and as many evaluations as the shortest of these runs has.
  `gaps` describes what that leaves out.

  Args:
    runs: of the report.
    method: whose scores.
    games: in the order of the matrix.
    phase: OFFLINE or ONLINE. An online curve starts with the last offline
      score, at step 0, if the runs had an offline phase.

  Returns:
    The curve, or None if a game has no evaluation in this phase.
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
    method: whose scores.
    games: in the order of the matrix.
    steps: online steps; the nearest evaluation counts.

  Returns:
    [runs, games], or None if a game has no run that was evaluated online.
  """
  rows = _rows(runs, method, games)
  if not rows or not all(r.of_phase(ONLINE) for row in rows for r in row):
    return None
  return np.array([[score_at(runs, r, steps) for r in row] for row in rows])


def score_at(runs: Runs, run: Run, steps: float) -> float:
  """Returns a run's score at the online evaluation nearest to `steps`."""
  return runs.scores(run, ONLINE)[nearest(run, steps)]


def nearest(run: Run, steps: float) -> int:
  """Returns the index of the online evaluation nearest to `steps`."""
  made = np.array([e.steps for e in run.of_phase(ONLINE)])
  return int(np.argmin(np.abs(made - steps)))


def steps_to_teacher(runs: Runs, run: Run) -> float:
  """Returns a run's online steps at its first evaluation of 1 or more.

  Args:
    runs: of the report.
    run: one of them, in a game that has a scale.

  Returns:
    Steps; 0 where the offline phase was enough, inf where none was.
  """
  for phase in (OFFLINE, ONLINE):
    scores = runs.scores(run, phase)
    for evaluation, score in zip(run.of_phase(phase), scores, strict=True):
      if score >= 1.0:
        return float(evaluation.steps)
  return math.inf


def offline_scores(
  runs: Runs, method: str, games: Sequence[str]
) -> np.ndarray | None:
  """Returns the scores after the offline phase, [runs, games], if any."""
  found = curve(runs, method, games, OFFLINE)
  return None if found is None else found.scores[..., -1]


def gaps(runs: Runs, method: str, games: Sequence[str]) -> list[str]:
  """Describes what `curve` leaves out.

  Args:
    runs: of the report.
    method: whose scores.
    games: of the matrix.

  Returns:
    A line for each kind of omission.
  """
  numbers = {game: len(runs.of(method, game)) for game in games}
  least = min(numbers.values(), default=0)
  lines = []
  more = [f'{game} ({n})' for game, n in numbers.items() if n > least]
  if more:
    lines.append(
      f'{method}: aggregates use {text.count(least, "seed")} per game, the '
      f'fewest of any game; these games have more: {", ".join(more)}.'
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
  """Returns rows that hold one run of each game."""
  return list(zip(*(runs.of(method, game) for game in games), strict=False))


def _timeline(
  runs: Runs, run: Run, phase: str
) -> list[tuple[Evaluation, float]]:
  points = list(zip(run.of_phase(phase), runs.scores(run, phase), strict=True))
  offline = run.of_phase(OFFLINE)
  if phase == ONLINE and points and offline:
    points.insert(0, (offline[-1], runs.scores(run, OFFLINE)[-1]))
  return points
