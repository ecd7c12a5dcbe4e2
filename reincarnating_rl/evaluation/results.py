"""The runs of a report, on common scales, and what a reader should know."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reincarnating_rl.evaluation import (
  finding,
  run,
  scales,
  settings,
  text,
)
from reincarnating_rl.evaluation.run import Run
from reincarnating_rl.evaluation.scales import Scale
from reincarnating_rl.support.errors import (
  MissingFileError,
  UserError,
)


class Runs(NamedTuple):
  """Runs that were evaluated at least once.

  `scales` has the games in which a teacher was measured, `notes` a line for
  whatever was left out.
  """

  runs: tuple[Run, ...]
  scales: dict[str, Scale]
  notes: tuple[str, ...]

  @property
  def methods(self) -> tuple[str, ...]:
    """Methods, in the order in which their runs were given."""
    return tuple(dict.fromkeys(r.method for r in self.runs))

  @property
  def games(self) -> tuple[str, ...]:
    """Games by name."""
    return tuple(sorted({r.game for r in self.runs}))

  def of(self, method: str, game: str) -> tuple[Run, ...]:
    """Returns the runs of a method in a game, by seed."""
    chosen = (r for r in self.runs if (r.method, r.game) == (method, game))
    return tuple(sorted(chosen, key=lambda r: r.seed))

  def scores(self, run: Run, phase: str) -> np.ndarray:
    """Returns a run's scores in a phase.

    Args:
      run: one of these.
      phase: `run.OFFLINE` or `run.ONLINE`.

    Returns:
      [evaluations] teacher-normalised; mean returns where the game has no
      scale.
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
    scale_of: the method whose teachers are 1 on every scale; None where the
      runs of a game have one teacher.

  Returns:
    The runs.

  Raises:
    UserError: a path is no run or is damaged, runs cannot be told apart, or
      have different teachers in one game.
  """
  found = [run.read(place) for place in finding.find(paths)]
  evaluated = tuple(r for r in found if r.evaluations)
  if not evaluated:
    raise MissingFileError(
      f'{found[0].path} has no evaluation yet, nor has any other run here: '
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
  notes = (
    *(f'{r.path} has no evaluation yet.' for r in found if not r.evaluations),
    *_notes_on_scales(evaluated, known),
    *_notes_on_plans(evaluated),
    *settings.notes_on_differences(evaluated),
  )
  return Runs(evaluated, known, notes)


def _check_told_apart(runs: Sequence[Run]) -> None:
  seen: dict[tuple[str, str, int], Run] = {}
  for r in runs:
    other = seen.setdefault((r.method, r.game, r.seed), r)
    if other is not r:
      raise UserError(
        f'{r.path} and {other.path} are both seed {r.seed} of {r.method} in '
        f'{r.game}: leave one out, or tell methods apart with LABEL=DIR.'
      )


def _notes_on_scales(runs: Sequence[Run], known: dict[str, Scale]) -> list[str]:
  notes = []
  for game in sorted({r.game for r in runs} - known.keys()):
    notes.append(f'{game}: no run has a teacher, so its returns stay raw.')
  alone = [r for r in runs if r.teacher is None and r.game in known]
  for method, game in dict.fromkeys((r.method, r.game) for r in alone):
    notes.append(
      f'{game}: {method} has no teacher; its scale is that of the other runs.'
    )
  return notes


def _notes_on_plans(runs: Sequence[Run]) -> list[str]:
  """Names the runs that are not finished; of a method's, the least far one."""
  notes = []
  for method in dict.fromkeys(r.method for r in runs):
    missing = {
      r.path: sum(r.planned.values()) - len(r.evaluations)
      for r in runs
      if r.method == method and sum(r.planned.values()) > len(r.evaluations)
    }
    if missing:
      path = max(missing, key=missing.__getitem__)
      others = ''
      if len(missing) > 1:
        others = (
          f', nor {text.count(len(missing) - 1, "other run")} of {method}'
        )
      notes.append(
        f'{path} is not finished, by '
        f'{text.count(missing[path], "evaluation")}{others}.'
      )
  return notes
