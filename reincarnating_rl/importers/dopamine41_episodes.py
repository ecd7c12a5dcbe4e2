"""Recovers the episodes of a replay of Dopamine 4.1.

Dopamine 4.1 stores the element that begins at step t when it sees step t + n,
and gives the element the terminal flag of that step. An episode of T steps that
is cut leaves the elements 0 to T - n - 1. One that ends leaves the elements 0
to T - n - 2, and then terminal ones:

* the element T - n - 1, which is right except for its terminal flag;
* that element min(T - n, L) - 1 times again, where L is the stack size; each
  repetition has one more blank frame in its stacks;
* the elements T - n to T - 2, with shorter returns, whose states are blank
  except for the last frame.

The action of the last step is in none of them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.dopamine41_elements import Table

_MAX_HORIZON = 32


class Episode(NamedTuple):
  """Elements of one episode that begin in consecutive steps."""

  first: int  # the first element's number
  full: int  # number of elements with n-step returns, from `first` on
  tail: range  # the numbers of the elements with shorter returns
  is_terminal: bool  # whether it ended
  is_cut: bool  # whether its first elements were overwritten

  @property
  def acts(self) -> int:
    """Number of steps whose actions are known."""
    return self.full + len(self.tail)


def horizon(table: Table) -> int:
  """Infers n: an element's next state is the state n elements later.

  Args:
    table: of a replay.

  Raises:
    ValueError: no n fits, or several do.
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
      'holds too few different frames to infer n of its n-step returns'
    )
  return best[0][1]


def split(
  table: Table, *, n: int, stack_size: int, is_cut: bool
) -> Iterator[Episode]:
  """Finds the episodes, oldest first.

  Leaves out episodes with too few elements: if n > 1, ended episodes of at most
  n + 1 steps; and the oldest one, if it ended and fewer than L are left.

  Args:
    table: of N elements.
    n: from `horizon`.
    stack_size: L.
    is_cut: whether elements before the oldest were overwritten.

  Yields:
    Episodes, without the repeated elements.

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
  """Returns [N + 1], the first non-terminal element from each one on."""
  count = len(is_terminal)
  alive = np.where(is_terminal, count, np.arange(count))
  return np.append(np.minimum.accumulate(alive[::-1])[::-1], count)


def _follows(table: Table, n: int) -> Callable[[int, int], bool]:
  """Returns a function that says whether an element continues an episode.

  The function takes the first element of the episode and the element to test.
  An element continues the episode if its state shifts the previous state and is
  the next state of the element n before. A new episode's first state can look
  so too if frames are equal; then the two episodes are joined unnoticed. This
  happens mostly with stacks of one frame, or with n > 1, because the first n
  elements of an episode have only the shift to compare.
  """
  is_next = np.zeros(len(table.action), bool)
  is_next[n:] = table.next_state[:-n] == table.state[n:]
  linked, shifted = is_next.tolist(), table.is_shifted.tolist()
  return lambda first, k: shifted[k] and (k - n < first or linked[k])


def _check_repeated(table: Table, first: int, stop: int) -> None:
  """Raises ValueError unless the elements repeat the first one."""
  for column in (table.action, table.reward):
    if np.any(column[first:stop] != column[first]):
      raise ValueError('holds an episode that does not end as Dopamine ends it')
