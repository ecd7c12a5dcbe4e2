"""A table in the terminal."""

from collections.abc import Sequence

import rich.box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_FILE_WIDTH = 140  # Columns where no terminal says how many there are.


def show(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
  """Prints a table; what is not the first column is justified to the right.

  Args:
    names: of the columns.
    rows: a cell for each column.
  """
  console = Console()
  if not console.is_terminal:
    console = Console(width=_FILE_WIDTH)
  table = Table(box=rich.box.SIMPLE_HEAD)
  for i, name in enumerate(names):
    table.add_column(name, justify='right' if i else 'left', overflow='fold')
  for row in rows:
    table.add_row(*map(Text, row))
  console.print(table)
