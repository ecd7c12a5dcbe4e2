"""What is compared with what: which methods, in which games, after how much."""

from typing import NamedTuple

import numpy as np

from reincarnating_rl.evaluation import matrices
from reincarnating_rl.evaluation.results import Runs
from reincarnating_rl.evaluation.run import ONLINE
from reincarnating_rl.support.errors import UserError


class Comparison(NamedTuple):
  """One score of each run, at one point.

  Games are those in which every method has runs, and a teacher was measured.
  `notes` says what that leaves out.
  """

  games: tuple[str, ...]
  steps: float | None  # Online; None: all stopped where they went online.
  final: dict[str, np.ndarray]  # Method: [runs, games] after `steps`.
  offline: dict[str, np.ndarray]  # Method: [runs, games] after pretraining.
  notes: tuple[str, ...]


def compare(runs: Runs, at: float | None = None) -> tuple[Runs, Comparison]:
  """Decides what is compared, and takes the scores.

  Args:
    runs: that were read.
    at: online steps; runs that stopped before are left out. None takes the
      most that every run has made.

  Returns:
    The runs that were not left out, and the comparison.

  Raises:
    UserError: no run has made so many steps.
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
    notes += _who_is_short(online, steps)
  methods = tuple(online) or runs.methods
  notes += [
    f'{m}: no online evaluation, so it is not compared with those that have.'
    for m in runs.methods
    if m not in methods
  ]
  games, lines = _common_games(runs, methods)
  notes += lines
  for method in methods:
    notes += matrices.gaps(runs, method, games)
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
      f'No run has made --at {at:,.0f} online steps: ask for fewer.'
    )
  return runs._replace(runs=tuple(kept)), notes


def _without_offline(runs: Runs) -> tuple[Runs, list[str]]:
  """Leaves out runs that did not come as far as others of their method."""
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
  """Returns the online steps of a method's runs, by path."""
  return {
    r.path: r.of_phase(ONLINE)[-1].steps
    for r in runs.runs
    if r.method == method and r.of_phase(ONLINE)
  }


def _who_is_short(online: dict[str, dict[str, int]], steps: float) -> list[str]:
  """Names the run that decides, if others have gone on by a tenth or more."""
  last = {path: n for runs in online.values() for path, n in runs.items()}
  if max(last.values()) < 1.1 * steps:
    return []
  path = min(last, key=last.__getitem__)
  return [
    f'Compared after {steps:,.0f} online steps, where {path} ends; others have '
    f'up to {max(last.values()):,}. --at STEPS leaves shorter runs out.'
  ]


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
    notes.append('No game is common to all methods: there are no aggregates.')
  return tuple(games), notes
