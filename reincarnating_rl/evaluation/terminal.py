"""The report's tables in the terminal."""

import rich.box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reincarnating_rl.evaluation import tables, text
from reincarnating_rl.evaluation.analysis import Analysis

_FILE_WIDTH = 140  # Columns if the output is no terminal.


def print_report(numbers: Analysis, console: Console | None = None) -> None:
  """Prints the aggregates, each game and the notes.

  Args:
    numbers: of the report.
    console: that prints; the terminal by default.
  """
  if console is None:
    console = Console()
    if not console.is_terminal:
      console = Console(width=_FILE_WIDTH)
  if numbers.ranking:
    _print(console, tables.headline(numbers), right_from=1)
  _print(console, tables.games(numbers), right_from=2)
  for note in numbers.notes:
    console.print(Text(f'note: {text.one_line(note)}'), style='yellow')


def _print(console: Console, table: tables.Table, *, right_from: int) -> None:
  names, rows = table
  shown = Table(box=rich.box.SIMPLE_HEAD)
  for i, name in enumerate(names):
    justify = 'right' if i >= right_from else 'left'
    shown.add_column(name, justify=justify, overflow='fold')
  for row in rows:
    # In a `Text`, square brackets are no markup.
    shown.add_row(*(Text(text.one_line(cell)) for cell in row))
  console.print(shown)
