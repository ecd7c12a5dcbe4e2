"""Retries with exponential backoff."""

import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from reincarnating_rl.fetching.errors import UnreachableError

_Result = TypeVar('_Result')


class RetryPolicy(NamedTuple):
  """How often to retry, and the pauses between attempts."""

  attempts: int = 6
  first_pause: float = 1.0  # Seconds; each pause doubles the previous one,
  longest_pause: float = 30.0  # up to this.

  def pause(self, failures: int) -> float:
    """Returns the seconds to wait after some failures in a row.

    Args:
      failures: their number, at least 1.

    Returns:
      A random time between half of the pause and all of it, so that clients cut
      off together do not return together.
    """
    due = min(self.first_pause * 2 ** (failures - 1), self.longest_pause)
    return due * random.uniform(0.5, 1.0)


DEFAULT_POLICY = RetryPolicy()


def retry(
  action: Callable[[], _Result],
  policy: RetryPolicy,
  *,
  progress: Callable[[], int] = lambda: 0,
  sleep: Callable[[float], Any] = time.sleep,
) -> _Result:
  """Repeats an action until it succeeds.

  Args:
    action: may raise `UnreachableError`, and can then be repeated.
    policy: the number of failures in a row, and the pauses.
    progress: returns a number that grows if a failed attempt made progress;
      the count of failures then restarts.
    sleep: waits for a number of seconds.

  Returns:
    The result of the action.

  Raises:
    UnreachableError: the last one, after `policy.attempts` failures in a row.
  """
  failures, reached = 0, progress()
  while True:
    try:
      return action()
    except UnreachableError:
      failures = 1 if progress() > reached else failures + 1
      reached = max(reached, progress())
      if failures >= policy.attempts:
        raise
    sleep(policy.pause(failures))
