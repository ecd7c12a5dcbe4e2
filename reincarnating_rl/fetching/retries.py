"""Trying again, with longer and longer pauses."""

import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from reincarnating_rl.fetching.errors import UnreachableError

_Result = TypeVar('_Result')


class Patience(NamedTuple):
  """How often something that brings nothing is tried, and how far apart."""

  attempts: int = 6
  first_pause: float = 1.0  # Seconds; each one is twice the one before,
  longest_pause: float = 30.0  # up to these.

  def pause(self, failures: int) -> float:
    """Seconds to wait after so many failures, one at least.

    Args:
      failures: in a row.

    Returns:
      Between the half and the whole of what is due, so that many that were
      cut off together do not come back together.
    """
    due = min(self.first_pause * 2 ** (failures - 1), self.longest_pause)
    return due * random.uniform(0.5, 1.0)


DEFAULT_PATIENCE = Patience()


def persevere(
  action: Callable[[], _Result],
  patience: Patience,
  *,
  progress: Callable[[], int] = lambda: 0,
  sleep: Callable[[float], Any] = time.sleep,
) -> _Result:
  """Repeats an action until it succeeds.

  Args:
    action: may raise `UnreachableError`, and can then be repeated.
    patience: how often that may be in a row.
    progress: a number that grows where a failure brought something after all;
      the count then begins anew.
    sleep: waits so many seconds.

  Returns:
    What the action returns.

  Raises:
    UnreachableError: the last one, once patience ends.
  """
  failures, reached = 0, progress()
  while True:
    try:
      return action()
    except UnreachableError:
      failures = 1 if progress() > reached else failures + 1
      reached = max(reached, progress())
      if failures >= patience.attempts:
        raise
    sleep(patience.pause(failures))
