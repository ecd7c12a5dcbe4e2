"""All the numbers of a report, from runs and a seed."""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from reincarnating_rl.evaluation import (
  aggregate,
  comparison,
  matrices,
)
from reincarnating_rl.evaluation.aggregate import Estimate
from reincarnating_rl.evaluation.comparison import Comparison
from reincarnating_rl.evaluation.matrices import Curve
from reincarnating_rl.evaluation.results import Runs
from reincarnating_rl.evaluation.run import (
  OFFLINE,
  ONLINE,
)

PHASES = (OFFLINE, ONLINE)
NUM_THRESHOLDS = 121
_FEW = 10


class Drawn(NamedTuple):
  """A curve with an estimate at each of its evaluations."""

  curve: Curve
  estimate: Estimate  # Each array [evaluations].


class Analysis(NamedTuple):
  """What a report shows.

  Attributes:
    runs: that are shown.
    compared: which scores were compared.
    ranking: compared methods, the best IQM first.
    final: by method, `aggregate.STATISTICS` at the point of comparison.
    offline: the same at the end of the offline phase.
    curves: IQM over runs and games, by method and phase.
    game_curves: mean over runs, by method, game and phase.
    thresholds: [thresholds] of the score profiles.
    profiles: by method, [thresholds].
    improvements: probability that a run of the first method beats one of the
      second, by pair, in both orders.
    seed: of the intervals.
    reps: draws for each interval.
    notes: what a reader should know.
  """

  runs: Runs
  compared: Comparison
  ranking: tuple[str, ...]
  final: dict[str, Estimate]
  offline: dict[str, Estimate]
  curves: dict[tuple[str, str], Drawn]
  game_curves: dict[tuple[str, str, str], Drawn]
  thresholds: np.ndarray
  profiles: dict[str, Estimate]
  improvements: dict[tuple[str, str], Estimate]
  seed: int
  reps: int
  notes: tuple[str, ...]


def analyse(
  runs: Runs, *, at: float | None = None, seed: int = 0, reps: int = 2000
) -> Analysis:
  """Computes a report's numbers.

  A method's intervals follow from its own scores and from the seed: they do not
  depend on which other methods are in the report.

  Args:
    runs: from `results.load_runs`.
    at: online steps at which methods are compared; None: the most that every
      run has made.
    seed: of the bootstrap.
    reps: number of draws for each interval.

  Returns:
    The numbers.

  Raises:
    UserError: no run has made so many steps.
  """
  runs, compared = comparison.compare(runs, at)
  estimate = functools.partial(aggregate.estimate, seed=seed, reps=reps)
  thresholds = _thresholds(compared)
  profile = functools.partial(aggregate.profile, thresholds=thresholds)
  final = {m: estimate(aggregate.summary, s) for m, s in compared.final.items()}
  return Analysis(
    runs=runs,
    compared=compared,
    ranking=tuple(sorted(final, key=lambda m: -final[m].point[0])),
    final=final,
    offline={
      m: estimate(aggregate.summary, s) for m, s in compared.offline.items()
    },
    curves={
      (m, phase): drawn
      for m in compared.final
      for phase in PHASES
      if (
        drawn := _draw(runs, m, compared.games, phase, aggregate.iqm, estimate)
      )
    },
    game_curves={
      (m, game, phase): drawn
      for m in runs.methods
      for game in runs.games
      for phase in PHASES
      if (
        drawn := _draw(
          runs, m, (game,), phase, aggregate.mean_over_runs, estimate
        )
      )
    },
    thresholds=thresholds,
    profiles={m: estimate(profile, s) for m, s in compared.final.items()},
    improvements=_improvements(compared.final, estimate),
    seed=seed,
    reps=reps,
    notes=(*runs.notes, *compared.notes, *_notes_on_runs(compared)),
  )


def _draw(
  runs: Runs,
  method: str,
  games: Sequence[str],
  phase: str,
  statistic: Callable[[np.ndarray], np.ndarray],
  estimate: Callable[..., Estimate],
) -> Drawn | None:
  curve = matrices.curve(runs, method, games, phase)
  return curve and Drawn(curve, estimate(statistic, curve.scores))


def _thresholds(compared: Comparison) -> np.ndarray:
  """Thresholds from just below the lowest score, or 0, to above the highest."""
  scores = [s.ravel() for s in compared.final.values()]
  low, high = 0.0, 1.0
  if scores:
    everything = np.concatenate(scores)
    low, high = min(low, everything.min()), max(high, everything.max())
  margin = 0.05 * (high - low)
  return np.linspace(low - margin, high + margin, NUM_THRESHOLDS)


def _improvements(
  final: dict[str, np.ndarray], estimate: Callable[..., Estimate]
) -> dict[tuple[str, str], Estimate]:
  found = {}
  methods = list(final)
  for i, ours in enumerate(methods):
    for theirs in methods[i + 1 :]:
      p = estimate(aggregate.improvement, final[ours], final[theirs])
      found[ours, theirs] = p
      # The other order is the same draws, seen from the other side.
      found[theirs, ours] = Estimate(
        1.0 - p.point,
        None if p.high is None else 1.0 - p.high,
        None if p.low is None else 1.0 - p.low,
      )
  return found


def _notes_on_runs(compared: Comparison) -> list[str]:
  notes = []

  def say(what: str, methods: list[str]) -> None:
    if len(methods) == len(compared.final):
      notes.append(f'{what}.')
    elif methods:
      notes.append(f'{what}: {", ".join(methods)}.')

  if not compared.final:
    return []
  final = compared.final.items()
  say(
    'One run a game, so no interval can be given',
    [m for m, scores in final if len(scores) == 1],
  )
  say(
    f'Fewer than {_FEW} runs in all games together, so intervals are rough',
    [m for m, scores in final if len(scores) > 1 and scores.size < _FEW],
  )
  if len(compared.games) == 1:
    notes.append(
      f'One game, {compared.games[0]}: aggregates say nothing of others.'
    )
  if len(compared.final) == 1:
    notes.append('One method: there is nothing to compare it with.')
  return notes
