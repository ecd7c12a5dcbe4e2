"""What the report compares: methods, games and the number of online steps."""

from typing import NamedTuple

import numpy as np

from reincarnating_rl.evaluation import matrices, text
from reincarnating_rl.evaluation.results import Runs
from reincarnating_rl.evaluation.run import ONLINE
from reincarnating_rl.support.errors import UserError


class Comparison(NamedTuple):
  """One score of each run, at one point of training.

  Attributes:
    games: in which a teacher was measured and every compared method has runs.
    steps: online steps at that point; None if no run has gone online, in which
      case the point is the end of the offline phase.
    final: by method, [runs, games] scores at that point.
    offline: by method, [runs, games] scores after the offline phase.
    notes: what was left out, one line each.
  """

  games: tuple[str, ...]
  steps: float | None
  final: dict[str, np.ndarray]
  offline: dict[str, np.ndarray]
  notes: tuple[str, ...]


def compare(runs: Runs, at: float | None = None) -> tuple[Runs, Comparison]:
  """Chooses what to compare, and takes the scores.

  Args:
    runs: that were read.
    at: online steps; shorter runs are left out. None takes the largest number
      that every run has reached.

  Returns:
    The runs that were kept, and the comparison.

  Raises:
    UserError: no run has reached `at`.
  """
  notes = []
  if at is not None:
    runs, notes = _without_shorter(runs, at)
  runs, lines = _without_offline(runs)
  notes += lines
  online = {m: r for m in runs.methods if (r := _last_steps(runs, m))}
  steps = at
  if online and steps is None:
    steps = min(min(last.values()) for last in online.values())
    notes += _note_on_shortest(online, steps)
  methods = tuple(online) or runs.methods
  notes += [
    f'{m} has no online evaluation, so it is not compared with the others.'
    for m in runs.methods
    if m not in methods
  ]
  games, lines = _common_games(runs, methods)
  notes += lines
  for method in methods:
    notes += matrices.gaps(runs, method, games)
  if steps is not None:
    notes += _notes_on_nearest(runs, methods, steps)
  final, offline = {}, {}
  for method in methods if games else ():
    scores = matrices.offline_scores(runs, method, games)
    if scores is not None:
      offline[method] = scores
    if steps is not None:
      scores = matrices.scores_at(runs, method, games, steps)
    if scores is not None:
      final[method] = scores
  return runs, Comparison(games, steps, final, offline, tuple(notes))


def _without_shorter(runs: Runs, at: float) -> tuple[Runs, list[str]]:
  kept, notes = [], []
  for run in runs.runs:
    steps = max((e.steps for e in run.of_phase(ONLINE)), default=0)
    if steps >= at:
      kept.append(run)
    else:
      notes.append(f'{run.path} is left out: it has {steps:,} online steps.')
  if not kept:
    raise UserError(
      f'No run has reached --at {at:,.0f} online steps: choose fewer.'
    )
  return runs._replace(runs=tuple(kept)), notes


def _without_offline(runs: Runs) -> tuple[Runs, list[str]]:
  """Leaves out the offline runs of methods that also have online runs."""
  online = {r.method for r in runs.runs if r.of_phase(ONLINE)}
  kept = tuple(
    r for r in runs.runs if r.method not in online or r.of_phase(ONLINE)
  )
  notes = [
    f'{r.path} is left out: it has no online evaluation yet.'
    for r in runs.runs
    if r not in kept
  ]
  return runs._replace(runs=kept), notes


def _last_steps(runs: Runs, method: str) -> dict[str, int]:
  """Returns the last online step of each run of a method, by path."""
  return {
    r.path: r.of_phase(ONLINE)[-1].steps
    for r in runs.runs
    if r.method == method and r.of_phase(ONLINE)
  }


def _note_on_shortest(
  online: dict[str, dict[str, int]], steps: float
) -> list[str]:
  """Names the shortest run if another is longer by a tenth or more."""
  last = {path: n for runs in online.values() for path, n in runs.items()}
  if max(last.values()) < 1.1 * steps:
    return []
  path = min(last, key=last.__getitem__)
  return [
    f'Scores are taken after {steps:,.0f} online steps, where {path} ends; '
    f'the longest run has {max(last.values()):,}. --at STEPS leaves shorter '
    'runs out.'
  ]


def _notes_on_nearest(
  runs: Runs, methods: tuple[str, ...], steps: float
) -> list[str]:
  """Names methods with evaluations that are off by more than a tenth."""
  notes = []
  for method in methods:
    taken = [
      run.of_phase(ONLINE)[matrices.nearest(run, steps)].steps
      for run in runs.runs
      if run.method == method
    ]
    off = [made for made in taken if abs(made - steps) > 0.1 * steps]
    if off:
      farthest = max(off, key=lambda made: abs(made - steps))
      notes.append(
        f'{method}: {len(off)} of {text.count(len(taken), "run")} have no '
        f'evaluation near {steps:,.0f} online steps; the nearest is taken, '
        f'after {farthest:,}.'
      )
  return notes


def _common_games(
  runs: Runs, methods: tuple[str, ...]
) -> tuple[tuple[str, ...], list[str]]:
  scaled = [game for game in runs.games if game in runs.scales]
  games, notes = [], []
  for game in scaled:
    missing = [m for m in methods if not runs.of(m, game)]
    if missing:
      notes.append(
        f'{game} is not in the aggregates: {", ".join(missing)} '
        f'{"has" if len(missing) == 1 else "have"} no run in it.'
      )
    else:
      games.append(game)
  if scaled and not games:
    notes.append('No game has runs of all methods: there are no aggregates.')
  return tuple(games), notes
