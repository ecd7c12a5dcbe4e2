"""Fits steps of a file to what a game's replay takes."""

from collections.abc import Callable

import numpy as np

from reincarnating_rl.importers.data.steps import (
  DataError,
  Steps,
  UnknownBounds,
)
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.replay.settings import ReplaySettings

# Kinds of types that a replay's type may be filled from without a loss.
_FROM = {'f': 'bif', 'u': 'bui', 'i': 'bui', 'b': 'b'}
# How far beyond the bounds rounding may lead, of their width.
_ROUNDING = 1e-3


def check(steps: Steps, settings: ReplaySettings) -> None:
  """Checks that steps are a game's, but for the numbers in observations.

  Args:
    steps: of a file.
    settings: of a replay of the game.

  Raises:
    DataError: observations are of another shape or type, or actions are others.
  """
  observations(steps, settings)
  actions(steps, settings.actions)


def observations(
  steps: Steps, settings: ReplaySettings
) -> Callable[[int, int], np.ndarray]:
  """Returns who reads observations [start, stop) as a replay has them.

  A file may have axes of one entry more or less. Where the game's states are
  stacks, it may have whole stacks, of which the newest frame is taken.

  Args:
    steps: of the file.
    settings: of the replay.

  Raises:
    DataError: they are of another shape or type.
  """
  shape, wanted = steps.observation_shape, settings.observation_shape
  dtype, stack = settings.observation_dtype, settings.stack_size
  pick = None
  if _sides(shape) == _sides(wanted):
    pick = ()
  elif stack > 1 and shape:
    is_last = shape[-1] == stack and _sides(shape[:-1]) == _sides(wanted)
    is_first = shape[0] == stack and _sides(shape[1:]) == _sides(wanted)
    if is_first and is_last and len(shape) > 1:
      raise DataError(
        f'{steps.path} has observations {shape}, and either axis may be that '
        f'of {stack} observations in a state: store one observation a step.'
      )
    pick = (..., -1) if is_last else (slice(None), -1) if is_first else None
  is_type = _may_fill(steps.observation_dtype, dtype)
  if pick is None or not is_type:
    raise DataError(
      f'{steps.path} has observations {shape} of {steps.observation_dtype}, '
      f'and the game has {wanted} of {dtype}: give data of this game.'
    )

  def read(start: int, stop: int) -> np.ndarray:
    rows = steps.observations(start, stop)
    rows = (rows[pick] if pick else rows).reshape(len(rows), *wanted)
    if dtype.kind in 'ui' and rows.dtype != dtype:
      _check_range(steps.path, rows, np.iinfo(dtype))
    with np.errstate(over='ignore'):  # An infinity is told of later.
      return rows.astype(dtype)

  return read


def _may_fill(stored: np.dtype, wanted: np.dtype) -> bool:
  # A game of wide integers is played as floats; one of bytes is as it is.
  is_wide = stored.kind == 'u' and stored.itemsize > 1
  return stored.kind in _FROM[wanted.kind] or (is_wide and wanted.kind == 'f')


def _sides(shape: tuple[int, ...]) -> tuple[int, ...]:
  return tuple(side for side in shape if side != 1)


def _check_range(path: str, rows: np.ndarray, limits: np.iinfo) -> None:
  if rows.size and not limits.min <= rows.min() <= rows.max() <= limits.max:
    raise DataError(
      f'{path} has observations from {rows.min()} to {rows.max()}, and the '
      f'game has {limits.min} to {limits.max}: give data of this game.'
    )


def actions(steps: Steps, wanted: Actions) -> np.ndarray:
  """Returns the actions as a replay has them.

  Args:
    steps: of the file.
    wanted: the game's.

  Returns:
    [T] integers, or [T, D] floats in [-1, 1].

  Raises:
    DataError: they are another game's.
  """
  told = steps.actions
  if told.kind != wanted.kind or not _may_be(told, wanted):
    raise DataError(
      f'The actions of {steps.path} are {told}, and those of the game '
      f'{wanted}: give data of this game.'
    )
  if isinstance(wanted, Discrete):
    _check_numbers(steps, wanted)
    return steps.action
  scaled = steps.action
  if not steps.is_scaled:
    with np.errstate(all='ignore'):  # What is not finite is told of below.
      scaled = wanted.from_game(scaled)
  if not np.all(np.abs(scaled) <= 1.0 + _ROUNDING):
    row = int(np.argmin(np.all(np.abs(scaled) <= 1.0 + _ROUNDING, axis=1)))
    raise DataError(
      f'{steps.path} has the action {steps.action[row].tolist()} at step {row},'
      f' and the game has {wanted}: clip them, or give data of this game.'
    )
  return np.clip(scaled, -1.0, 1.0).astype(np.float32)


def _may_be(told: Actions | UnknownBounds, wanted: Actions) -> bool:
  if isinstance(told, Continuous):
    return told.has_bounds_of(wanted)
  if isinstance(told, UnknownBounds):
    return told.size == wanted.size
  return 0 in (told.number, wanted.number) or told == wanted


def _check_numbers(steps: Steps, wanted: Discrete) -> None:
  most = wanted.number or 2**31
  is_right = (steps.action >= 0) & (steps.action < most)
  if not is_right.all():
    row = int(np.argmin(is_right))
    raise DataError(
      f'{steps.path} has the action {steps.action[row]} at step {row}, and the '
      f'game has 0 to {most - 1}: give data of this game.'
    )
