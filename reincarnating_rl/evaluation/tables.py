"""The report's tables, as texts for the page and for the terminal."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from reincarnating_rl.evaluation import matrices, text
from reincarnating_rl.evaluation.aggregate import STATISTICS
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.run import (
  ONLINE,
  Evaluation,
  Run,
)

Table = tuple[Sequence[str], list[Sequence[Any]]]


def headline(analysis: Analysis) -> Table:
  """Returns the aggregates of each compared method, the best first."""
  rows = []
  for method in analysis.ranking:
    final = analysis.final[method]
    offline = analysis.offline.get(method)
    num_runs, num_games = analysis.compared.final[method].shape
    rows.append(
      (
        method,
        f'{num_runs} × {num_games}',
        '–' if offline is None else text.interval(offline, 0),
        *(text.interval(final, i) for i in range(len(STATISTICS))),
      )
    )
  names = ('method', 'seeds × games', 'IQM offline', *STATISTICS)
  return names, rows


def games(analysis: Analysis) -> Table:
  """Returns each method's mean return in each game."""
  rows = []
  for game in analysis.runs.games:
    scale = analysis.runs.scales.get(game)
    if scale is not None:
      random = (f'{scale.random:,.1f}', '0.00')
      rows.append((game, f'random, {scale.random_source}', '', *random, ''))
      teacher = (f'{scale.teacher:,.1f}', '1.00')
      rows.append((game, 'teacher', '', *teacher, ''))
    rows += [
      _game_row(analysis, method, game)
      for method in analysis.methods
      if analysis.runs.of(method, game)
    ]
  # Only the first row of a game names it.
  named = [
    row if i == 0 or rows[i - 1][0] != row[0] else ('', *row[1:])
    for i, row in enumerate(rows)
  ]
  return ('game', 'policy', 'seeds', 'return', 'normalised', 'steps'), named


def _game_row(analysis: Analysis, method: str, game: str) -> tuple[str, ...]:
  runs = analysis.runs.of(method, game)
  last = [compared(analysis, run) for run in runs]
  scores = [evaluation.score.mean for evaluation in last]
  mean = sum(scores) / len(scores)
  scale = analysis.runs.scales.get(game)
  spread = f' ({min(scores):,.1f} to {max(scores):,.1f})' if scores[1:] else ''
  steps = sum(evaluation.steps for evaluation in last) / len(runs)
  return (
    *(game, method, str(len(runs)), f'{mean:,.1f}{spread}'),
    '' if scale is None else f'{scale.normalize(mean):.2f}',
    f'{steps:,.0f}',
  )


def compared(analysis: Analysis, run: Run) -> Evaluation:
  """Returns the evaluation of a run that is compared."""
  steps = analysis.compared.steps
  online = run.of_phase(ONLINE)
  if steps is None or not online:
    return run.evaluations[-1]
  return online[matrices.nearest(run, steps)]


def reaching(analysis: Analysis) -> Table:
  """Returns how soon each method's runs reached their teacher's score."""
  rows = []
  for method in analysis.ranking:
    runs = [
      run
      for run in analysis.runs.runs
      if run.method == method and run.game in analysis.runs.scales
    ]
    if runs:
      found = [matrices.steps_to_teacher(analysis.runs, run) for run in runs]
      reached = f'{sum(np.isfinite(found))} of {len(found)}'
      rows.append((method, reached, _median_steps(runs, found)))
  return ('method', 'runs that reached it', 'online steps, median'), rows


def _median_steps(runs: Sequence[Run], found: Sequence[float]) -> str:
  """Says what is known of a median: a run that ended might yet have got there.

  Args:
    runs: some.
    found: steps of each; inf where it ended before.
  """
  ended = min(
    (
      run.evaluations[-1].steps
      for run, steps in zip(runs, found, strict=True)
      if np.isinf(steps)
    ),
    default=np.inf,
  )
  middle = float(np.median(found))
  if np.isinf(middle):
    return f'not within {ended:,}'
  return f'{"at most " if ended < middle else ""}{middle:,.0f}'


def costs(analysis: Analysis) -> Table:
  """Returns the total cost of each method's runs, and of all runs."""
  groups = [
    (method, [r for r in analysis.runs.runs if r.method == method])
    for method in analysis.runs.methods
  ]
  if len(groups) > 1:
    groups.append(('all', list(analysis.runs.runs)))
  rows = []
  for method, runs in groups:
    last = [run.evaluations[-1] for run in runs]
    seconds = [sum(run.seconds.values()) for run in runs]
    evaluation = [run.seconds.get('EVALUATION', 0.0) for run in runs]
    rows.append(
      (
        *(method, str(len(runs)), f'{sum(e.teacher_steps for e in last):,}'),
        f'{sum(e.steps for e in last):,}',
        f'{sum(e.updates for e in last):,}',
        text.duration(sum(seconds)),
        text.duration(sum(evaluation)),
      )
    )
  names = ('method', 'runs', 'teacher steps', 'online steps', 'updates')
  return (*names, 'wall time', 'evaluation time'), rows
