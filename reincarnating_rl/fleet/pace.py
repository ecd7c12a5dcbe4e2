"""How the steps of an iteration are cut into programs: a pure function."""

from collections.abc import Iterator
from typing import NamedTuple

MOST_BLOCKS = 250  # In one program. More would make Ctrl-C wait.


class Part(NamedTuple):
  """Blocks of one program."""

  blocks: int  # K
  steps: int  # U, in each
  updates: bool  # whether each begins with an update

  @property
  def total(self) -> int:
    """Environment steps."""
    return self.blocks * self.steps


def parts(time: int, steps: int, period: int) -> Iterator[Part]:
  """Cuts steps so that there is an update in each `period` of them.

  An iteration may end within a block. The next one then begins with the rest.

  Args:
    time: environment steps before these.
    steps: to cut.
    period: of updates.
  """
  if time % period and steps:
    rest = min(period - time % period, steps)
    yield Part(1, rest, False)
    steps -= rest
  while steps >= period:
    blocks = min(MOST_BLOCKS, steps // period)
    yield Part(blocks, period, True)
    steps -= blocks * period
  if steps:
    yield Part(1, steps, True)
