"""Words of strangers, numbers and tables for the terminal."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import rich.box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_FILE_WIDTH = 1000  # Nothing is folded where no terminal says how wide it is.
_LONGEST = 1000


def printable(value: Any) -> str:
  """Returns a text that cannot steer a terminal.

  Args:
    value: of a file, or of whoever wrote one.
  """
  text = ''.join(c if c.isprintable() else '?' for c in str(value))
  return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'


def print_table(
  names: Sequence[str],
  rows: Iterable[Sequence[object]],
  *,
  right: Collection[str] = (),
) -> None:
  """Prints a table.

  Args:
    names: of the columns; not the names of strangers.
    rows: a cell for each column; strangers' words are made harmless.
    right: names of the columns that are justified to the right.
  """
  table = Table(box=rich.box.SIMPLE_HEAD)
  for name in names:
    justify = 'right' if name in right else 'left'
    table.add_column(name, justify=justify, overflow='fold')
  for row in rows:
    table.add_row(*(Text(printable(cell)) for cell in row))
  console = Console()
  if not console.is_terminal:
    console = Console(width=_FILE_WIDTH)
  console.print(table)


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
  """Prints names and values below each other; None is left out.

  Args:
    fields: of strangers, too.
  """
  shown = [(printable(n), printable(v)) for n, v in fields if v is not None]
  width = max((len(name) for name, _ in shown), default=0)
  for name, value in shown:
    print(f'  {name:<{width}}  {value}'.rstrip())
