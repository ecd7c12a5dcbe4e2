"""Checks the arrays of a file, and makes steps of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from reincarnating_rl.importers.data.steps import (
  DataError,
  Steps,
  UnknownBounds,
)
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.support.errors import EmptyReplayError

if TYPE_CHECKING:
  import h5py

_CHUNK = 65_536  # Steps compared at a time.
_FEW = 10  # So many may be of as many episodes.


def checked(
  path: str,
  *,
  observations: tuple[tuple[int, ...], np.dtype],
  read: Callable[[int, int], np.ndarray],
  actions: np.ndarray,
  rewards: np.ndarray,
  flags: Mapping[str, np.ndarray],
  terminal: str,
  cuts: np.ndarray | None = None,
  are_gaps: bool = False,
  told: Actions | None = None,
  is_scaled: bool = False,
  partial: Sequence[int] = (),
  late: Sequence[int] = (),
  marks: np.ndarray | None = None,
) -> Steps:
  """Makes steps of the arrays of a file.

  Args:
    path: of the file, for messages.
    observations: shape [T, *O] and type of all of them.
    read: returns those of steps [start, stop).
    actions: [T] integers or [T, D] floats; or [T, 1] integers.
    rewards: [T].
    flags: [T] each, that say where episodes end, by the file's names.
    terminal: the one of them where the task ended; the others are time-outs.
    cuts: [T] bool, where an episode was cut in any further way.
    are_gaps: whether the file lacks steps there, so that the episodes on both
      sides are not whole.
    told: what the file tells of the actions.
    is_scaled: see `Steps`.
    partial: see `Steps`; an episode that is open at the end is added.
    late: see `Steps`; `partial` need not have them.
    marks: [T], whether a step is of an episode that is not whole.

  Raises:
    EmptyReplayError: there is no step.
    DataError: an array has a wrong shape or type.
  """
  (count, *shape), dtype = observations[0] or (0,), observations[1]
  if not count:
    raise EmptyReplayError(f'{path} holds no step: choose another file.')
  if dtype.kind not in 'biuf' or not all(shape):
    raise DataError(
      f'The observations of {path} are {tuple(shape)} of {dtype}: they must be '
      'arrays of numbers, all of one shape.'
    )
  action, actions_told = _actions(path, np.asarray(actions), count, told)
  reward = _column(path, 'rewards', np.asarray(rewards), count)
  ends = {
    name: _flag(path, name, np.asarray(flag), count)
    for name, flag in flags.items()
  }
  is_terminal = ends[terminal]
  is_last = np.logical_or.reduce([*ends.values()])
  lacking = [] if is_last[-1] else [count - 1]  # Steps of partial episodes.
  if marks is not None:
    lacking += np.flatnonzero(_flag(path, 'partial', marks, count)).tolist()
  if cuts is not None:
    gaps = np.flatnonzero(cuts & ~is_last)
    is_last = is_last | cuts
    if are_gaps:
      lacking += gaps.tolist()
      late = (*late, *(gaps + 1).tolist())
  starts = np.flatnonzero(np.append(True, is_last[:-1]))
  theirs = starts[np.searchsorted(starts, lacking, side='right') - 1]
  return Steps(
    path=path,
    observation_shape=tuple(shape),
    observation_dtype=dtype,
    observations=read,
    action=action,
    actions=actions_told,
    is_scaled=is_scaled,
    reward=reward,
    terminal=is_terminal,
    is_last=is_last,
    partial=tuple(sorted({*partial, *late, *theirs.tolist()})),
    late=tuple(late),
  )


def where_cut(
  path: str,
  now: 'np.ndarray | h5py.Dataset',
  following: 'np.ndarray | h5py.Dataset',
  flags: Mapping[str, np.ndarray],
) -> np.ndarray:
  """Finds where the next observation is not the one of the next step.

  Args:
    path: of the file, for messages.
    now: [T, *O], the observations of steps.
    following: [T, *O], those after them.
    flags: [T] each, that say where episodes end, by the file's names. What
      follows an end may be any observation.

  Returns:
    [T] bool; False at the last step, whose next one nobody has.

  Raises:
    ValueError: the shapes or the types differ.
    DataError: they differ in most steps within episodes, so they are not the
      same numbers; or a flag is none.
  """
  if now.shape != following.shape:
    raise ValueError(f'next_observations is {following.shape}, not {now.shape}')
  if now.dtype != following.dtype:
    raise ValueError(f'next_observations is {following.dtype}, not {now.dtype}')
  cuts = np.zeros(len(now), bool)
  for at in range(0, len(now) - 1, _CHUNK):
    stop = min(at + _CHUNK, len(now) - 1)
    differ = following[at:stop] != now[at + 1 : stop + 1]
    cuts[at:stop] = differ.reshape(stop - at, -1).any(axis=1)
  ends = [_flag(path, name, flag, len(now)) for name, flag in flags.items()]
  within = cuts[:-1][~np.logical_or.reduce(ends)[:-1]]
  if len(within) >= _FEW and 2 * np.count_nonzero(within) > len(within):
    raise DataError(
      f'next_observations of {path} are not the observations of the next steps '
      f'in {np.count_nonzero(within)} of {len(within)}: write them alike.'
    )
  return cuts


def _wrong(path: str, name: str, array: np.ndarray, rule: str) -> DataError:
  return DataError(
    f'{name} of {path} is {array.shape} of {array.dtype}, and must be {rule}.'
  )


def _column(path: str, name: str, array: np.ndarray, count: int) -> np.ndarray:
  """Returns [T] real numbers."""
  is_column = array.shape in ((count,), (count, 1))
  if not is_column or array.dtype.kind not in 'biuf':
    raise _wrong(path, name, array, f'({count},), a number a step')
  return array.reshape(count)


def _flag(path: str, name: str, array: np.ndarray, count: int) -> np.ndarray:
  column = _column(path, name, array, count)
  if not np.all((column == 0) | (column == 1)):
    raise DataError(
      f'{name} of {path} holds {column[(column != 0) & (column != 1)][0]}: '
      'whether an episode ends is False or True, 0 or 1.'
    )
  return column.astype(bool)


def _actions(
  path: str, array: np.ndarray, count: int, told: Actions | None
) -> tuple[np.ndarray, Actions | UnknownBounds]:
  """Returns actions as a replay has them, and what is known of them."""
  is_sized = array.ndim in (1, 2) and len(array) == count
  is_integer = array.dtype.kind in 'iu'
  if is_sized and is_integer and not isinstance(told, Continuous):
    if array.ndim == 1 or array.shape[1] == 1:
      return array.reshape(count), told or Discrete(0)
  if is_sized and array.dtype.kind in 'iuf' and array.size:
    vectors = array.reshape(count, -1).astype(np.float32)
    if not isinstance(told, Discrete):
      known = told or UnknownBounds(vectors.shape[1])
      if vectors.shape[1] == known.size:
        return vectors, known
  rule = f'({count},) integers, or ({count}, D) floats'
  if told is not None:
    rule += f': it says that there are {told}'
  raise _wrong(path, 'actions', array, rule)
