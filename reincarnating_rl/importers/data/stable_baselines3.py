"""Replay buffers of Stable-Baselines3 and CleanRL, which are pickles.

`model.save_replay_buffer` of the one, and `pickle.dump` of the buffer that
scripts of the other use, write the same class. No code in them is run.
"""

from typing import Any

import numpy as np

from reincarnating_rl.importers.data.checking import checked, where_cut
from reincarnating_rl.importers.data.steps import (
  DataError,
  Steps,
  lacks,
  reading,
)
from reincarnating_rl.importers.formats import safe_pickle
from reincarnating_rl.importers.formats.pickle_names import Placeholder
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.support.errors import EmptyReplayError

TERMINAL, CUT = 'dones', 'timeouts'
_COLUMNS = ('observations', 'actions', 'rewards', TERMINAL)
_OWN_SCALE = 'cleanrl_utils.'  # Its buffers have the game's own bounds.
_LIBRARIES = frozenset(
  'cleanrl_utils gym gymnasium stable_baselines3 sb3_contrib torch'.split()
)


def read(path: str) -> Steps:
  """Reads a buffer; each of its environments has episodes of its own.

  Args:
    path: of the file.

  Raises:
    DataError: it is no such buffer, or its arrays are of wrong shapes.
    EmptyReplayError: there is no step.
    UnsafeFileError: the file could run code.
    DamagedFileError: the file is damaged.
  """
  with reading(path):
    with open(path, 'rb') as file:
      saved = safe_pickle.loads(file.read(), path, _LIBRARIES)
    if not isinstance(saved, Placeholder) or 'Buffer' not in saved.name:
      raise DataError(
        f'{path} is a pickle of another kind: give the file of '
        'model.save_replay_buffer, or the pickle of a ReplayBuffer.'
      )
    return _steps(path, saved.name, saved.attributes())


def _steps(path: str, name: str, buffer: dict[Any, Any]) -> Steps:
  lacks(path, _COLUMNS, [name for name in buffer if isinstance(name, str)])
  if isinstance(buffer['observations'], dict):
    raise DataError(
      f'{path} has observations of several parts: flatten them to one array '
      '(gymnasium.wrappers.FlattenObservation).'
    )
  rows = _Rows(path, buffer)
  observations, ends = rows.lanes('observations'), rows.lanes(TERMINAL)
  flags = {TERMINAL: ends}
  if CUT in buffer:  # At an end by time, `dones` is set as well.
    flags[CUT] = rows.lanes(CUT)
    flags[TERMINAL] = (ends != 0) & (flags[CUT] == 0)
  cuts = np.zeros(len(observations), bool)
  cuts[rows.stops - 1] = True
  if rows.has('next_observations'):
    # CleanRL's scripts do not mark where an episode was cut.
    following = rows.lanes('next_observations')
    cuts |= where_cut(path, observations, following, {**flags, 'cuts': cuts})
  actions, told = rows.lanes('actions'), _told(buffer.get('action_space'))
  return checked(
    path,
    observations=(observations.shape, observations.dtype),
    read=lambda start, stop: observations[start:stop],
    actions=actions,
    rewards=rows.lanes('rewards'),
    flags=flags,
    terminal=TERMINAL,
    cuts=cuts,
    told=told,
    is_scaled=not name.startswith(_OWN_SCALE) and _is_scaled(actions, told),
    partial=rows.partial(cuts, ends != 0),
    late=rows.late,
  )


class _Rows:
  """The rows of a buffer, oldest first, environment by environment."""

  def __init__(self, path: str, buffer: dict[Any, Any]) -> None:
    self._path, self._buffer = path, buffer
    self._places: tuple[int, ...] | None = None
    self._places = size, number = self._array('rewards').shape[:2]
    position = int(buffer.get('pos', size)) % max(size, 1)
    self.is_full = bool(buffer.get('full', True))
    if not self.is_full:
      self._order = np.arange(position)
    else:
      # Where next observations are not stored, the newest one is in the place
      # of the oldest.
      shared = not self.has('next_observations')
      self._order = (position + np.arange(shared, size)) % size
    if not len(self._order) * number:
      raise EmptyReplayError(f'{path} holds no step: choose another file.')
    self.stops = (1 + np.arange(number)) * len(self._order)

  def has(self, name: str) -> bool:
    """Whether the buffer holds an array of this name."""
    found = self._buffer.get(name)
    return isinstance(found, np.ndarray) and bool(found.size)

  def _array(self, name: str) -> np.ndarray:
    array = self._buffer[name]
    is_array = isinstance(array, np.ndarray) and array.ndim >= 2
    if not is_array or array.shape[:2] != (self._places or array.shape[:2]):
      raise DataError(
        f'{name} of {self._path} is no array (steps, environments, ...) like '
        'the others: give a ReplayBuffer as Stable-Baselines3 saves it.'
      )
    return array

  def lanes(self, name: str) -> np.ndarray:
    """Returns the rows [T, ...] of one array."""
    lanes = np.moveaxis(self._array(name)[self._order], 1, 0)
    return lanes.reshape(-1, *lanes.shape[2:])

  @property
  def late(self) -> tuple[int, ...]:
    """Where episodes begin of which the buffer lacks the start."""
    lanes = (self.stops - len(self._order)).tolist()
    return tuple(lanes) if self.is_full else ()

  def partial(self, cuts: np.ndarray, is_done: np.ndarray) -> tuple[int, ...]:
    """Returns where episodes begin of which the buffer lacks the end.

    Args:
      cuts: [T] bool, where episodes are cut.
      is_done: [T] bool, where they ended.
    """
    lasts = np.flatnonzero(cuts | is_done)
    begins = np.append(0, lasts[:-1] + 1)
    open_lanes = self.stops[~is_done[self.stops - 1]] - 1
    return tuple(begins[np.searchsorted(lasts, open_lanes)].tolist())


def _told(space: Any) -> Actions | None:
  """Returns what a pickled space tells of the actions, if it can be read."""
  told = space.attributes() if isinstance(space, Placeholder) else {}
  try:
    if 'n' in told and not int(told.get('start', 0)):
      return Discrete(int(told['n']))
    low, high = (np.ravel(told[name]).tolist() for name in ('low', 'high'))
    return Continuous(tuple(map(float, low)), tuple(map(float, high)))
  except (LookupError, TypeError, ValueError):
    return None


def _is_scaled(actions: np.ndarray, told: Actions | None) -> bool:
  """Whether vectors are in [-1, 1], as Stable-Baselines3 stores them.

  CleanRL stores them within the game's bounds. Of the two boxes, it is the
  smaller one that holds all actions.
  """
  fits = bool(np.all(np.abs(actions) <= 1.0))
  if actions.dtype.kind != 'f' or not isinstance(told, Continuous):
    return actions.dtype.kind == 'f' and fits
  vectors = actions.reshape(len(actions), -1)
  low, high = np.float32(told.low), np.float32(told.high)
  if vectors.shape[1] != told.size:
    return fits
  fits_game = bool(np.all((vectors >= low) & (vectors <= high)))
  return fits and not (fits_game and np.prod((high - low) / 2.0) < 1.0)
