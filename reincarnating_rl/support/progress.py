"""Progress callbacks."""

from collections.abc import Callable
from typing import Protocol

Progress = Callable[[int, int], None]  # Amount done, and total amount.


class Bar(Protocol):
  """The part of a tqdm progress bar that is used here."""

  total: float | None
  n: float

  def update(self, n: float) -> object:
    """Advances the bar."""


def moving(bar: Bar) -> Progress:
  """Returns a callback that shows progress on a bar.

  Args:
    bar: its total is set by the callback.
  """

  def move(done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)

  return move
