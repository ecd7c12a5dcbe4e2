"""Makes rliable importable, and its bootstrap repeatable.

`tests/evaluation/rliable_test.py` fails once the patch is no longer needed.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


@contextlib.contextmanager
def _old_deprecate_kwarg() -> Iterator[None]:
  """Lets arch 7 use the decorator of pandas 2 while it is imported.

  rliable 1.2 requires arch below 8. arch 7.2 calls a private decorator of
  pandas, whose arguments changed in pandas 3. It decorates plots of volatility
  models, which nothing here uses.
  """
  from pandas.util import _decorators

  ours = _decorators.deprecate_kwarg

  def deprecate_kwarg(*args: Any, **settings: Any) -> Callable[[Any], Any]:
    if args and isinstance(args[0], str):
      return lambda function: function
    return ours(*args, **settings)

  _decorators.deprecate_kwarg = deprecate_kwarg
  try:
    yield
  finally:
    _decorators.deprecate_kwarg = ours


with _old_deprecate_kwarg():
  from rliable import library


@contextlib.contextmanager
def pinned_numpy_state(seed: int) -> Iterator[None]:
  """Seeds numpy's global random state, and restores the caller's.

  rliable resamples with that state, even if it is given a `random_state`.

  Args:
    seed: of the draws in this context.
  """
  saved = np.random.get_state()
  np.random.seed(seed)
  try:
    yield
  finally:
    np.random.set_state(saved)


def intervals(
  scores: np.ndarray | list[np.ndarray],
  statistic: Callable[..., np.ndarray],
  *,
  seed: int,
  reps: int,
) -> np.ndarray:
  """Computes 95% intervals by the stratified percentile bootstrap.

  Args:
    scores: [runs, games, ...]; the runs of each game are resampled. Or a list
      of such arrays, which are resampled independently.
    statistic: of the array, or of all arrays of the list; returns [...].
    seed: of the draws; they depend on nothing else.
    reps: number of draws.

  Returns:
    [2, ...]: lower and upper ends.
  """
  with pinned_numpy_state(seed):
    _, ends = library.get_interval_estimates({'': scores}, statistic, reps=reps)
  return ends['']
