"""What a game may answer with: observations of its space, and numbers."""

import math
from typing import Any

import gymnasium as gym
import numpy as np

_MOST = float(np.finfo(np.float32).max)  # What a replay can hold.
_FINITE = 'observations must be finite numbers'


class WrongAnswer(Exception):  # noqa: N818  (it becomes a GameError)
  """What a game answers with, and the rule that it breaks."""


def observation(answer: Any, space: gym.spaces.Box) -> np.ndarray:
  """Returns a copy of an observation: the game may use its array again.

  Args:
    answer: of the game.
    space: of uint8 or float32, `[*O]`.

  Raises:
    WrongAnswer: it is not of this space, but for bounds of floats, or not
      finite.
  """
  try:
    seen = np.asarray(answer)
    if seen.dtype.kind not in 'biuf':
      seen = seen.astype(np.float64)
  except (TypeError, ValueError) as error:
    raise WrongAnswer('what is no array', _FINITE) from error
  dtype = space.dtype
  if seen.shape != space.shape:
    raise WrongAnswer(
      f'an observation of shape {seen.shape}',
      f'its observation_space has shape {space.shape}',
    )
  with np.errstate(all='ignore'):  # What overflows is infinite then.
    cast = seen.astype(dtype)
  floats = cast if dtype.kind == 'f' else seen
  if floats.dtype.kind == 'f' and not _is_finite(floats):
    bad = floats[~np.isfinite(floats)].flat[0]
    raise WrongAnswer(f'an observation with {bad}', _FINITE)
  if (lost := unheld(seen, cast)).size:
    raise WrongAnswer(
      f'an observation with {lost[0]}', f'its observation_space is of {dtype}'
    )
  return cast


def unheld(given: np.ndarray, cast: np.ndarray) -> np.ndarray:
  """Returns the numbers that bytes could not hold, in one axis.

  Args:
    given: numbers.
    cast: the same in another type; floats are taken as they are.
  """
  if cast.dtype.kind != 'u' or cast.dtype == given.dtype:
    return np.empty(0, given.dtype)
  return given[cast != given]


def reward(answer: Any) -> float:
  """Returns a reward.

  Args:
    answer: of the game.

  Raises:
    WrongAnswer: it is not one number that float32 can hold.
  """
  try:
    number = float(answer)
  except (TypeError, ValueError, OverflowError):
    number = _only_number(answer)
  if not -_MOST <= number <= _MOST:  # False for a NaN as well.
    raise WrongAnswer(
      f'the reward {" ".join(repr(answer).split())[:80]}',
      'a reward must be one number that float32 can hold',
    )
  return number


def _is_finite(x: np.ndarray) -> bool:
  # A dot product takes a third of the time, but may overflow.
  return math.isfinite(np.vdot(x, x)) or bool(np.isfinite(x).all())


def _only_number(answer: Any) -> float:
  """Returns the number in an array of one; NaN for all else."""
  try:
    return float(np.asarray(answer).item())
  except (TypeError, ValueError, OverflowError):
    return np.nan
