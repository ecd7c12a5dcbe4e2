"""All numbers of a report, computed from runs and a seed."""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from reincarnating_rl.evaluation import aggregate, comparison, matrices, notes
from reincarnating_rl.evaluation.aggregate import Estimate
from reincarnating_rl.evaluation.comparison import Comparison
from reincarnating_rl.evaluation.matrices import Curve
from reincarnating_rl.evaluation.results import Runs
from reincarnating_rl.evaluation.run import OFFLINE, ONLINE

PHASES = (OFFLINE, ONLINE)
NUM_THRESHOLDS = 121


class Drawn(NamedTuple):
  """A curve with an estimate at each of its evaluations."""

  curve: Curve
  estimate: Estimate  # Each array [evaluations].


class Analysis(NamedTuple):
  """What a report shows.

  Attributes:
    runs: that the report shows.
    compared: scores at the point of comparison.
    ranking: compared methods, the best IQM first.
    final: by method, `aggregate.STATISTICS` at the point of comparison.
    offline: by method, `aggregate.STATISTICS` after the offline phase.
    curves: IQM over runs and games, by method and phase.
    game_curves: mean over runs, by method, game and phase.
    thresholds: [thresholds] scores at which the profiles are taken.
    profiles: by method, [thresholds].
    improvements: by pair, in both orders: the probability that a run of the
      first method beats a run of the second.
    seed: of the bootstrap.
    reps: draws for each interval.
    notes: what a reader must know, one line each.
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

  @property
  def methods(self) -> tuple[str, ...]:
    """All methods: the ranking, then those that were not compared."""
    rest = (m for m in self.runs.methods if m not in self.ranking)
    return (*self.ranking, *rest)


def analyse(
  runs: Runs, *, at: float | None = None, seed: int = 0, reps: int = 2000
) -> Analysis:
  """Computes a report's numbers.

  A method's intervals depend on its own scores and on the seed alone, not on
  the other methods of the report.

  Args:
    runs: from `results.load_runs`.
    at: online steps at which methods are compared. None takes the largest
      number that every run has reached.
    seed: of the bootstrap.
    reps: draws for each interval.

  Returns:
    The numbers.

  Raises:
    UserError: no run has reached `at`.
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
    notes=(
      *(*runs.notes, *compared.notes),
      *notes.on_sample_sizes(compared.final, compared.games),
    ),
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
  """Returns thresholds that span all scores, 0 and 1, with a margin."""
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
      # The same draws give the other order.
      found[theirs, ours] = Estimate(
        1.0 - p.point,
        None if p.high is None else 1.0 - p.high,
        None if p.low is None else 1.0 - p.low,
      )
  return found
