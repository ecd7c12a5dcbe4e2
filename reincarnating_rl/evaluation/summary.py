"""The summary that a run prints and draws when it ends."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import rich.box
from rich.console import Console
from rich.table import Table

from reincarnating_rl.evaluation.run import PHASE_NAMES
from reincarnating_rl.support import files

if TYPE_CHECKING:
  import pandas as pd
  from matplotlib.figure import Figure

_COLUMNS = (
  *('iteration', 'phase', 'score', 'stderr', 'episodes', 'normalized'),
  *('online_steps', 'updates', 'teacher_steps', 'seconds'),
)
PLOT_FILE = 'learning_curve.png'
_FILE_WIDTH = 110  # Columns if the output is no terminal.


def print_table(
  summary: dict[str, Any], console: Console | None = None
) -> None:
  """Prints the scores of the random policy, the teacher and the student.

  Args:
    summary: what `summary.json` holds.
    console: that prints; the terminal by default.
  """
  table = Table(box=rich.box.SIMPLE_HEAD, title='Mean return ± standard error')
  table.add_column('policy', no_wrap=True)
  for name in ('return', 'episodes', 'normalised', 'steps', 'updates', 'time'):
    table.add_column(name, justify='right', no_wrap=True)
  for row in table_rows(summary):
    table.add_row(*row)
  if console is None:
    console = Console()
    if not console.is_terminal:
      console = Console(width=_FILE_WIDTH)
  console.print(table)
  console.print(
    'normalised: 0 is random, 1 is the teacher. steps: environment steps, of '
    'the teacher for offline rows, of the student for online rows. time: since '
    'the start, with all phases and evaluations.',
    style='dim',
  )


def table_rows(summary: dict[str, Any]) -> list[tuple[str, ...]]:
  """Formats the rows of the table.

  Args:
    summary: what `summary.json` holds.

  Returns:
    Policy, return, episodes, normalised, steps, updates, time.
  """
  rows = []
  if summary['random'] is not None:
    random = f'{summary["random"]:.1f}'
    label = f'random, {summary["random_source"]}'
    rows.append((label, random, '', '0.00', '', '', ''))
  if summary['teacher'] is not None:
    score = summary['teacher']
    rows.append(
      ('teacher', _score(score), str(score['num_episodes']), '1.00', '', '', '')
    )
  for row in summary['rows']:
    offline = row['phase'] == 'PRETRAIN'
    normalized = row['normalized']
    rows.append(
      (
        'student, offline' if offline else 'student, online',
        _score(row['score']),
        str(row['score']['num_episodes']),
        '' if normalized is None else f'{normalized:.2f}',
        f'{row["teacher_steps" if offline else "training_steps"]:,}',
        f'{updates(row):,}',
        _time(row['seconds']),
      )
    )
  return rows


def frame(summary: dict[str, Any]) -> pd.DataFrame:
  """Returns the evaluations of the student, one a row.

  Args:
    summary: what `summary.json` holds.

  Returns:
    Columns iteration, phase ('offline' or 'online'), score (mean return),
    stderr, episodes, normalized, online_steps, updates (offline and online),
    teacher_steps, seconds (since the start).
  """
  import pandas as pd

  rows = [
    {
      'iteration': row['iteration'],
      'phase': PHASE_NAMES[row['phase']],
      'score': row['score']['mean'],
      'stderr': row['score']['stderr'],
      'episodes': row['score']['num_episodes'],
      'normalized': row['normalized'],
      'online_steps': row['training_steps'],
      'updates': updates(row),
      'teacher_steps': row['teacher_steps'],
      'seconds': row['seconds'],
    }
    for row in summary['rows']
  ]
  return pd.DataFrame(rows, columns=_COLUMNS)


def figure(summary: dict[str, Any], *, title: str) -> Figure:
  """Draws the student's returns, the teacher's and the random policy's.

  Args:
    summary: what `summary.json` holds.
    title: above the picture.
  """
  # Not by pyplot, which would choose how a caller's own pictures are shown.
  from matplotlib.figure import Figure

  made = Figure(figsize=(7.0, 4.0), layout='constrained')
  axis = made.subplots()
  for phase, label, color in (
    ('PRETRAIN', 'student, offline on teacher data', 'tab:orange'),
    ('ONLINE', 'student, online', 'tab:blue'),
  ):
    rows = [row for row in summary['rows'] if row['phase'] == phase]
    if rows:
      _draw_student(axis, rows, label, color)
  if summary['teacher'] is not None:
    teacher = summary['teacher']
    axis.axhline(teacher['mean'], color='tab:green', label='teacher')
    axis.axhspan(
      teacher['mean'] - (teacher['stderr'] or 0.0),
      teacher['mean'] + (teacher['stderr'] or 0.0),
      color='tab:green',
      alpha=0.15,
      linewidth=0,
    )
  if summary['random'] is not None:
    axis.axhline(summary['random'], color='0.5', ls='--', label='random policy')
  axis.set(title=title, xlabel='gradient updates', ylabel='return per episode')
  if axis.get_legend_handles_labels()[0]:
    axis.legend(frameon=False, fontsize='small')
  axis.set_xlim(left=0)
  axis.spines[['top', 'right']].set_visible(False)
  return made


def plot(summary: dict[str, Any], path: str, *, title: str) -> None:
  """Writes the picture that `figure` draws.

  Args:
    summary: what `summary.json` holds.
    path: of the PNG.
    title: above the picture.

  Raises:
    UnwritableError: the picture cannot be written.
  """
  data = io.BytesIO()
  figure(summary, title=title).savefig(data, format='png', dpi=150)
  with files.writing(path, 'choose another --base_dir'):
    files.write_atomically(path, data.getvalue())


def write(
  summary: dict[str, Any], base_dir: str, *, title: str, quiet: bool = False
) -> str:
  """Prints the table and saves the picture.

  Args:
    summary: what `summary.json` holds.
    base_dir: of the run.
    title: above the picture.
    quiet: whether to print nothing.

  Returns:
    Path of the picture.

  Raises:
    UnwritableError: the picture cannot be written; the table was printed.
  """
  path = os.path.join(base_dir, PLOT_FILE)
  if not quiet:
    print_table(summary)
  plot(summary, path, title=title)
  return path


def _draw_student(
  axis: Any, rows: Sequence[dict[str, Any]], label: str, color: str
) -> None:
  axis.errorbar(
    [updates(row) for row in rows],
    [row['score']['mean'] for row in rows],
    yerr=[row['score']['stderr'] or 0.0 for row in rows],
    label=label,
    color=color,
    marker='o',
    capsize=3,
  )


def updates(row: dict[str, Any]) -> int:
  """Returns how many were made until an evaluation, offline and online."""
  return row['pretraining_updates'] + row['online_updates']


def _score(score: dict[str, Any]) -> str:
  if score['stderr'] is None:
    return f'{score["mean"]:.1f}'
  return f'{score["mean"]:.1f} ± {score["stderr"]:.1f}'


def _time(seconds: float) -> str:
  minutes, seconds = divmod(round(seconds), 60)
  hours, minutes = divmod(minutes, 60)
  return f'{hours}:{minutes:02}:{seconds:02}'
