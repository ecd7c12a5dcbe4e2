"""Recovers rewards from the n-step returns of a replay of Dopamine 4.1.

For n = 1 a return is a reward. For n > 1 it is a discounted sum of n rewards,
with an unknown discount. The sum can be undone because Dopamine clips rewards
to -1, 0 and 1: each return is looked up among the 3^n sums of such rewards, and
neighbouring returns must agree on the rewards that they share.
"""

from collections.abc import Iterator

import numpy as np

from reincarnating_rl.importers.dopamine41_elements import Table
from reincarnating_rl.importers.dopamine41_episodes import Episode

_MAX_SUMMED = 10  # 3^10 = 59049 sums.
_MAX_GUESSES = 16
_TOLERANCE = {False: 1e-12, True: 2e-6}  # True: summed in float32.


def rewards(
  table: Table, episodes: list[Episode], n: int, discounts: tuple[float, ...]
) -> list[np.ndarray]:
  """Returns the rewards of each episode's steps.

  Args:
    table: of the elements.
    episodes: from `dopamine41_episodes.split`.
    n: steps that a return sums.
    discounts: to try first; then discounts that the returns suggest are tried.

  Returns:
    [full + n - 1] float64 for each episode: the rewards of all steps in its
    n-step returns.

  Raises:
    ValueError: n > 1, and the returns are not sums of clipped rewards.
  """
  returns = [table.reward[e.first : e.first + e.full] for e in episodes]
  if n == 1:
    return returns
  guesses = _guesses(returns, discounts) if n <= _MAX_SUMMED else []
  for gamma in guesses:
    words = _look_up(returns, n, gamma, _TOLERANCE[table.is_single])
    if words is not None:
      return [_digits(word, n) for word in words]
  raise ValueError(
    f'holds {n}-step returns that are not sums of rewards of -1, 0 and 1'
  )


def _guesses(
  returns: list[np.ndarray], discounts: tuple[float, ...]
) -> Iterator[float]:
  """Yields discounts; a lone reward at the second step shows the discount."""
  yield from discounts
  sizes, counts = np.unique(
    np.abs(np.concatenate([*returns, np.zeros(0)])), return_counts=True
  )
  is_discount = (sizes > 0.0) & (sizes < 1.0)
  order = np.argsort(-counts[is_discount], kind='stable')[:_MAX_GUESSES]
  yield from sizes[is_discount][order].tolist()


def _look_up(
  returns: list[np.ndarray], n: int, gamma: float, tolerance: float
) -> list[np.ndarray] | None:
  """Returns the rewards behind each return, as numbers of n ternary digits.

  Returns None if a return is no such sum, if sums are too close to tell
  apart, or if neighbours disagree.
  """
  sums = np.zeros(1)
  for k in range(n):  # The first step's digit is the highest.
    sums = np.add.outer(sums, gamma**k * np.array([-1.0, 0.0, 1.0])).ravel()
  order = np.argsort(sums)
  ascending = sums[order]
  if np.diff(ascending).min() <= 4 * tolerance:
    return None
  words = []
  for values in returns:
    at = np.searchsorted(ascending, values - 2 * tolerance)
    at = np.minimum(at, len(ascending) - 1)
    word = order[at]
    if not np.all(np.abs(sums[word] - values) <= 2 * tolerance):
      return None
    if np.any(word[1:] // 3 != word[:-1] % 3 ** (n - 1)):
      return None
    words.append(word)
  return words


def _digits(word: np.ndarray, n: int) -> np.ndarray:
  """Returns each step's reward: first digits, then the last word's rest."""
  first = word // 3 ** (n - 1)
  rest = [word[-1] // 3 ** (n - 1 - k) % 3 for k in range(1, n)]
  return np.append(first, rest).astype(np.float64) - 1.0
