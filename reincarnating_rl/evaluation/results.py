"""The runs of a report, with one scale per game."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reincarnating_rl.evaluation import finding, notes, run, scales
from reincarnating_rl.evaluation.finding import Found
from reincarnating_rl.evaluation.run import Run
from reincarnating_rl.evaluation.scales import Scale
from reincarnating_rl.support.errors import MissingFileError, UserError


class Runs(NamedTuple):
  """Runs that were evaluated at least once.

  Attributes:
    runs: in the order in which they were given.
    scales: by game; a game where no teacher was measured has none.
    notes: what a reader must know about the runs, one line each.
  """

  runs: tuple[Run, ...]
  scales: dict[str, Scale]
  notes: tuple[str, ...]

  @property
  def methods(self) -> tuple[str, ...]:
    """Names of the methods, in the order in which their runs were given."""
    return tuple(dict.fromkeys(r.method for r in self.runs))

  @property
  def games(self) -> tuple[str, ...]:
    """Names of the games, sorted."""
    return tuple(sorted({r.game for r in self.runs}))

  @property
  def seconds(self) -> float:
    """Wall time of all runs together."""
    return sum(sum(r.seconds.values()) for r in self.runs)

  def of(self, method: str, game: str) -> tuple[Run, ...]:
    """Returns the runs of a method in a game, sorted by seed."""
    chosen = (r for r in self.runs if (r.method, r.game) == (method, game))
    return tuple(sorted(chosen, key=lambda r: r.seed))

  def scores(self, run: Run, phase: str) -> np.ndarray:
    """Returns a run's scores in a phase.

    Args:
      run: one of `runs`.
      phase: `run.OFFLINE` or `run.ONLINE`.

    Returns:
      [evaluations] teacher-normalised scores, or mean returns if the game has
      no scale.
    """
    scale = self.scales.get(run.game)
    means = [e.score.mean for e in run.of_phase(phase)]
    if scale is not None:
      means = [scale.normalize(mean) for mean in means]
    return np.asarray(means, np.float64)


def load_runs(paths: Sequence[str], *, scale_of: str | None = None) -> Runs:
  """Reads runs from disk.

  Args:
    paths: directories, as `finding.find` takes them.
    scale_of: the method whose teachers score 1; None if all runs of a game
      have the same teacher.

  Returns:
    The runs.

  Raises:
    UserError: a path holds no run, a run is damaged, two runs have the same
      method, game and seed, or the runs of a game have different teachers.
  """
  return read_runs(finding.find(paths), scale_of=scale_of)


def read_runs(places: Sequence[Found], *, scale_of: str | None = None) -> Runs:
  """Reads runs that were found; see `load_runs`."""
  found = [run.read(place) for place in places]
  evaluated = tuple(r for r in found if r.evaluations)
  if not evaluated:
    raise MissingFileError(
      f'{found[0].path} has no evaluation yet, and no other run here has one: '
      'wait for the first iteration to end.'
    )
  _check_told_apart(evaluated)
  games = sorted({r.game for r in evaluated})
  measuring = [r for r in evaluated if scale_of in (None, r.method)]
  pooled = {
    game: scales.pool([r for r in measuring if r.game == game])
    for game in games
  }
  known = {game: scale for game, scale in pooled.items() if scale is not None}
  told = [
    f'{r.path} has no evaluation yet.' for r in found if not r.evaluations
  ]
  told += notes.on_scales(evaluated, known, scale_of)
  told += notes.on_plans(evaluated)
  told += notes.on_settings(evaluated)
  told += notes.on_games(evaluated, measuring)
  return Runs(evaluated, known, tuple(told))


def _check_told_apart(runs: Sequence[Run]) -> None:
  seen: dict[tuple[str, str, int], Run] = {}
  for r in runs:
    other = seen.setdefault((r.method, r.game, r.seed), r)
    if other is not r:
      raise UserError(
        f'{r.path} and {other.path} are both seed {r.seed} of {r.method} in '
        f'{r.game}: leave one out, or name their methods with LABEL=DIR.'
      )
