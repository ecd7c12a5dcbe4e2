"""The episodes in a replay of Dopamine 4.1.

Dopamine 4.1 stores the element that begins at step t when it sees step t + n,
and takes that step's terminal for the element's. An episode of T steps that is
cut leaves the elements 0 to T - n - 1. One that ends leaves, all terminal:

* the element T - n - 1, which is right but for being called terminal;
* that element again and again, min(T - n, L) - 1 times, with one more frame of
  its stacks blank each time, L being the size of a stack;
* the elements T - n to T - 2, of shorter returns, whose states have all but
  their last frame blank.

The last step's action is in none of them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.dopamine41_elements import Table

_MAX_HORIZON = 32


class Episode(NamedTuple):
  """Some elements of one episode; they begin in consecutive steps."""

  first: int  # the first element's number
  full: int  # how many there are of n steps, from `first` on
  tail: range  # the numbers of those of fewer steps
  is_terminal: bool  # whether it ended
  is_cut: bool  # whether its first elements are gone

  @property
  def acts(self) -> int:
    """How many steps there are whose actions are known."""
    return self.full + len(self.tail)


def horizon(table: Table) -> int:
  """Finds out n: an element's next state is the state n elements later.

  Args:
    table: of a replay.

  Raises:
    ValueError: that is so for no n, or for more than one.
  """
  segment = np.cumsum(~table.is_shifted | _after_terminal(table))
  best = [(0.0, 0)]
  for n in range(1, min(_MAX_HORIZON, len(segment) - 1) + 1):
    is_pair = segment[:-n] == segment[n:]
    if is_pair.any():
      is_same = table.next_state[:-n] == table.state[n:]
      best.append((float(is_same[is_pair].mean()), n))
  best.sort(reverse=True)
  if best[0][0] < 0.5 or best[0][0] == best[1][0]:
    raise ValueError(
      'holds too few different frames to tell how many steps a return sums'
    )
  return best[0][1]


def split(
  table: Table, *, n: int, stack_size: int, is_cut: bool
) -> Iterator[Episode]:
  """Finds the episodes, oldest first.

  Left out are those of which too little is there: where n > 1, ended ones of
  at most n + 1 steps; and the oldest, if it is cut within its first frames.

  Args:
    table: of N elements.
    n: from `horizon`.
    stack_size: L.
    is_cut: whether elements before the oldest are gone.

  Yields:
    Episodes that hold the elements that say something of their own.

  Raises:
    ValueError: elements are missing after a terminal one.
  """
  count = len(table.action)
  terminal = table.is_terminal.tolist()
  first_after = _next_alive(table.is_terminal)
  follows = _follows(table, n)
  at = 0
  while at < count:
    stop = at + 1
    while stop < count and not terminal[stop - 1] and follows(at, stop):
      stop += 1
    full, is_head = stop - at, is_cut and at == 0
    if not terminal[stop - 1]:
      yield Episode(at, full, range(0), False, is_head)
      at = stop
    elif (is_head and full < stack_size) or (n > 1 and full == 1):
      at = int(first_after[stop])
    else:
      start = stop + min(full, stack_size) - 1
      if start + n - 1 > first_after[stop]:
        raise ValueError('holds an episode whose last elements are missing')
      _check_repeated(table, stop - 1, start)
      yield Episode(at, full, range(start, start + n - 1), True, is_head)
      at = start + n - 1


def _after_terminal(table: Table) -> np.ndarray:
  return np.insert(table.is_terminal[:-1], 0, False)


def _next_alive(is_terminal: np.ndarray) -> np.ndarray:
  """Returns [N + 1], the first element from each on that is not terminal."""
  count = len(is_terminal)
  alive = np.where(is_terminal, count, np.arange(count))
  return np.append(np.minimum.accumulate(alive[::-1])[::-1], count)


def _follows(table: Table, n: int) -> Callable[[int, int], bool]:
  """Returns what says if an element goes on with an episode, given its first.

  Its state shifts the one before it and is the next state of the element n
  before. Equal frames can make an episode's first state look so too, and then
  nothing tells that two episodes are joined: mostly where stacks are of one
  frame, or where n > 1, for of an episode's first n elements only the shift is
  known.
  """
  is_next = np.zeros(len(table.action), bool)
  is_next[n:] = table.next_state[:-n] == table.state[n:]
  linked, shifted = is_next.tolist(), table.is_shifted.tolist()
  return lambda first, k: shifted[k] and (k - n < first or linked[k])


def _check_repeated(table: Table, first: int, stop: int) -> None:
  """Raises ValueError unless elements after one are that one again."""
  for column in (table.action, table.reward):
    if np.any(column[first:stop] != column[first]):
      raise ValueError('holds an episode that ends as none of Dopamine does')
