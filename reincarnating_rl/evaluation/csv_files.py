"""The numbers of a report as CSV files, for other programs."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from reincarnating_rl.evaluation import matrices
from reincarnating_rl.evaluation.aggregate import STATISTICS, Estimate
from reincarnating_rl.evaluation.analysis import Analysis, Drawn
from reincarnating_rl.evaluation.run import PHASE_NAMES
from reincarnating_rl.evaluation.tables import Table


def render(analysis: Analysis) -> dict[str, bytes]:
  """Returns the CSV files by name; together they hold every number."""
  tables = {
    'evaluations.csv': _evaluations(analysis),
    'aggregates.csv': _aggregates(analysis),
    'curves.csv': _curves(analysis),
    'profiles.csv': _profiles(analysis),
    'improvements.csv': _improvements(analysis),
    'steps_to_teacher.csv': _steps_to_teacher(analysis),
  }
  return {name: _csv(*table) for name, table in tables.items()}


def _csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
  file = io.StringIO()
  writer = csv.writer(file, lineterminator='\n')
  writer.writerow(names)
  writer.writerows(rows)
  return file.getvalue().encode()


def _ends(estimate: Estimate, index: Any) -> tuple[Any, ...]:
  return tuple('' if x is None else float(x[index]) for x in estimate)


def _evaluations(analysis: Analysis) -> Table:
  rows = []
  for r in analysis.runs.runs:
    scale = analysis.runs.scales.get(r.game)
    for e in r.evaluations:
      normalized = '' if scale is None else scale.normalize(e.score.mean)
      stderr = '' if e.score.stderr is None else e.score.stderr
      rows.append(
        (
          *(r.method, r.game, r.seed, PHASE_NAMES[e.phase], e.steps, e.updates),
          *(e.teacher_steps, e.score.mean, stderr, e.score.episodes),
          *(normalized, e.seconds, r.path),
        )
      )
  names = ('method', 'game', 'seed', 'phase', 'online_steps', 'updates')
  names += ('teacher_steps', 'return', 'stderr', 'episodes', 'normalized')
  return (*names, 'seconds', 'run'), rows


def _aggregates(analysis: Analysis) -> Table:
  rows = []
  points = (('offline', analysis.offline), ('final', analysis.final))
  for at, estimates in points:
    for method, estimate in estimates.items():
      rows += [
        (method, at, name, *_ends(estimate, i))
        for i, name in enumerate(STATISTICS)
      ]
  return ('method', 'at', 'statistic', 'point', 'low', 'high'), rows


def _curves(analysis: Analysis) -> Table:
  rows = []

  def add(method: str, game: str, phase: str, drawn: Drawn) -> None:
    curve = drawn.curve
    axes = zip(curve.steps, curve.updates, curve.teacher_steps, strict=True)
    rows.extend(
      (method, game, PHASE_NAMES[phase], *axis, *_ends(drawn.estimate, i))
      for i, axis in enumerate(axes)
    )

  for (method, phase), drawn in analysis.curves.items():
    add(method, 'IQM of all games', phase, drawn)
  for (method, game, phase), drawn in analysis.game_curves.items():
    add(method, game, phase, drawn)
  names = ('method', 'game', 'phase', 'online_steps', 'updates')
  return (*names, 'teacher_steps', 'point', 'low', 'high'), rows


def _profiles(analysis: Analysis) -> Table:
  rows = [
    (method, float(threshold), *_ends(estimate, i))
    for method, estimate in analysis.profiles.items()
    for i, threshold in enumerate(analysis.thresholds)
  ]
  return ('method', 'threshold', 'fraction', 'low', 'high'), rows


def _improvements(analysis: Analysis) -> Table:
  rows = [
    (ours, theirs, *_ends(estimate, ()))
    for (ours, theirs), estimate in analysis.improvements.items()
  ]
  return ('method', 'over', 'probability', 'low', 'high'), rows


def _steps_to_teacher(analysis: Analysis) -> Table:
  rows = [
    (r.method, r.game, r.seed, matrices.steps_to_teacher(analysis.runs, r))
    for r in analysis.runs.runs
    if r.game in analysis.runs.scales
  ]
  return ('method', 'game', 'seed', 'online_steps'), rows
