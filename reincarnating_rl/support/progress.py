"""How long work tells how much of it is done."""

from collections.abc import Callable
from typing import Protocol

Progress = Callable[[int, int], None]


class Bar(Protocol):
  """What a progress bar of tqdm has."""

  total: float | None
  n: float

  def update(self, n: float) -> object:
    """Moves it on."""


def moving(bar: Bar) -> Progress:
  """Returns what moves a bar to where reading is.

  Args:
    bar: its total is that of the reader.
  """

  def move(done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)

  return move
