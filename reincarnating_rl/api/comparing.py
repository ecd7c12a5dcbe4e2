"""`compare`: methods by their runs, with rliable's aggregates."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from reincarnating_rl.api.runs import Run
from reincarnating_rl.evaluation import analysis, finding, results
from reincarnating_rl.evaluation.aggregate import STATISTICS, Estimate
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.settings import gin_values
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.setting_types import (
  NonNegativeFloat,
  PositiveInt,
  Seed,
)

if TYPE_CHECKING:
  import pandas as pd

AnyRun = Run | str | os.PathLike[str]
"""A run, or a directory that is one or holds some."""
_ONE = (Run, str, os.PathLike)


class Comparison:
  """Methods at one number of online steps (Agarwal et al. 2021).

  Attributes:
    analysis: all numbers.
    steps: online steps at which they are compared; None: after the offline
      phase.
    notes: what a reader must know, one line each.
  """

  def __init__(self, numbers: Analysis) -> None:
    """Takes the numbers."""
    self.analysis, self.notes = numbers, numbers.notes
    self.steps = numbers.compared.steps

  @property
  def aggregates(self) -> pd.DataFrame:
    """IQM, median, mean and optimality gap of normalised scores.

    Columns: method, statistic, value, and `low` and `high`, the ends of its 95%
    interval, which are NaN with one run per game.
    """
    return _frame(
      ('method', 'statistic'),
      {
        (method, name): _pick(estimate, i)
        for method, estimate in self.analysis.final.items()
        for i, name in enumerate(STATISTICS)
      },
    )

  @property
  def improvements(self) -> pd.DataFrame:
    """Probability that a run of `method` beats one of `other`.

    Columns: method, other, value, low, high.
    """
    return _frame(
      ('method', 'other'),
      {
        pair: _pick(estimate, ())
        for pair, estimate in self.analysis.improvements.items()
      },
    )

  def write(
    self, out: str | os.PathLike[str], title: str = 'Reincarnating RL'
  ) -> str:
    """Writes the page that `report` writes, with pictures and CSV files.

    Args:
      out: directory.
      title: of the page.

    Returns:
      Path of the page.

    Raises:
      UserError: it cannot be written.
    """
    import matplotlib

    backend = matplotlib.get_backend()  # Of the caller's own pictures.
    from reincarnating_rl.evaluation import page

    folder = files.given_path(out, 'out')
    try:
      page.write_analysis(self.analysis, folder, title)
    finally:
      matplotlib.use(backend)
    return os.path.join(folder, page.PAGE_FILE)


def compare(
  runs: Mapping[str, AnyRun | Iterable[AnyRun]],
  *,
  at: float | None = None,
  seed: int = 0,
  reps: int = 2000,
) -> Comparison:
  """Compares methods.

  Args:
    runs: by name of the method, a run or several.
    at: online steps at which they are compared, without runs that are shorter;
      None: as many as every run has made.
    seed: of the bootstrap intervals.
    reps: bootstrap samples for each interval.

  Returns:
    The comparison.

  Raises:
    UserError: a path holds no run, two runs of a method have the same game and
      seed, or the runs of a game have different teachers.
  """
  if not isinstance(runs, Mapping) or not runs:
    raise UserError(
      'compare takes runs by the names of their methods, such as '
      "{'QDagger': [run_1, run_2]}."
    )
  for name, value, hint in (
    ('at', at, NonNegativeFloat | None),
    ('seed', seed, Seed),
    ('reps', reps, PositiveInt),
  ):
    gin_values.check_value(name, value, hint)
  found = []
  for method, given in runs.items():
    is_one = isinstance(given, _ONE) or not isinstance(given, Iterable)
    paths = [_path(method, run) for run in ([given] if is_one else given)]
    if not paths:
      raise UserError(f'{method} has no runs: give some, or leave it out.')
    found += [
      place for path in paths for place in finding.find_below(method, path)
    ]
  read = results.read_runs(finding.check_labels(found))
  return Comparison(analysis.analyse(read, at=at, seed=seed, reps=reps))


def _path(method: str, run: AnyRun) -> str:
  if not isinstance(run, _ONE):
    raise UserError(f'{method} has {run!r}: give a run, or its folder.')
  path = run.base_dir if isinstance(run, Run) else run
  return files.given_path(path, method)


def _pick(estimate: Estimate, at: int | tuple) -> tuple[float, float, float]:
  ends = (estimate.low, estimate.high)
  low, high = (float('nan') if x is None else float(x[at]) for x in ends)
  return float(estimate.point[at]), low, high


def _frame(
  names: tuple[str, str], rows: Mapping[tuple[str, str], tuple]
) -> pd.DataFrame:
  import pandas as pd

  return pd.DataFrame(
    [(*key, *values) for key, values in rows.items()],
    columns=[*names, 'value', 'low', 'high'],
  )
