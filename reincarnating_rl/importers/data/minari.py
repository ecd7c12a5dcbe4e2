"""Minari's datasets on disk: HDF5 with a group for each episode."""

import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from reincarnating_rl.importers.data import hdf5
from reincarnating_rl.importers.data.checking import checked
from reincarnating_rl.importers.data.steps import (
  MALFORMED,
  DataError,
  Steps,
  lacks,
)
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.support.errors import EmptyReplayError

FILE, ABOUT = 'main_data.hdf5', 'metadata.json'
TERMINAL, CUT = 'terminations', 'truncations'
COLUMNS = ('observations', 'actions', 'rewards', TERMINAL, CUT)
_FLAGS = (TERMINAL, CUT)
_EPISODE = re.compile(r'episode_(0|[1-9][0-9]{0,9})', re.ASCII)


def file_in(folder: pathlib.Path) -> pathlib.Path | None:
  """Returns the file of a dataset's folder, or of its `data/`; else None."""
  for place in (folder, folder / 'data'):
    if (place / FILE).is_file():
      return place / FILE
  return None


def is_arrow(folder: pathlib.Path) -> bool:
  """Whether a folder is a dataset that Minari stored by Arrow."""
  places = (folder, folder / 'data')
  return any(
    _about(place / ABOUT).get('data_format') == 'arrow' for place in places
  )


def is_one(path: str) -> bool:
  """Whether a file holds episodes, as far as names tell."""
  try:
    with h5py.File(path, 'r', locking=False) as file:
      return any(map(_EPISODE.fullmatch, file))
  except MALFORMED:
    return False


def read(path: str) -> Steps:
  """Reads all but the observations, which are read when they are asked for.

  Minari stores the observation after the last step, too; it is left out.

  Args:
    path: of the file; of the folder, where it has none.

  Raises:
    DataError: an array is missing, or of a wrong shape or type; or Minari
      stored it by Arrow.
    EmptyReplayError: there is no step.
    DamagedFileError: the file is damaged.
  """
  if is_arrow(pathlib.Path(path)):
    raise DataError(
      f'{path} is a dataset that Minari stored by Arrow: store it again with '
      "data_format='hdf5'."
    )
  with hdf5.opened(path) as file:
    names = sorted(filter(_EPISODE.fullmatch, file), key=_number)
    lengths = {
      name: length for name in names if (length := _length(path, file, name))
    }
    if not lengths:
      raise EmptyReplayError(f'{path} holds no step: choose another dataset.')
    shape, dtype = _observations(path, file, lengths)
    columns = {
      column: np.concatenate(
        [_read(path, file[name], column) for name in lengths]
      )
      for column in COLUMNS[1:]
    }
    told = _actions(path, file)
  stops = np.cumsum([*lengths.values()])
  is_end = np.zeros(stops[-1], bool)
  is_end[stops - 1] = True
  flagged = columns[TERMINAL].astype(bool) | columns[CUT].astype(bool)
  # The end of one that neither ended nor timed out was not recorded.
  is_open = ~flagged[stops - 1]
  starts = np.append(0, stops[:-1])
  return checked(
    path,
    observations=((int(stops[-1]), *shape), dtype),
    read=_Rows(path, [*lengths], stops),
    actions=_from_zero(columns['actions'], told[1]),
    rewards=columns['rewards'],
    flags={TERMINAL: columns[TERMINAL], CUT: columns[CUT]},
    terminal=TERMINAL,
    cuts=is_end,
    told=told[0],
    partial=tuple(starts[is_open].tolist()),
  )


def _number(name: str) -> int:
  return int(name.removeprefix('episode_'))


def _read(path: str, group: h5py.Group, column: str) -> np.ndarray:
  read = hdf5.flag if column in _FLAGS else hdf5.whole
  return read(path, group, column)


def _length(path: str, file: h5py.File, name: str) -> int:
  if not isinstance(file.get(name, getlink=True), h5py.HardLink):
    raise DataError(f'{name} of {path} is a link: write it into this file.')
  group = file[name]
  if not isinstance(group, h5py.Group):
    raise ValueError(f'{name} is no group')
  lacks(f'{name} of {path}', COLUMNS, [*group])
  found = {
    column: len(hdf5.array(path, group, column, is_flag=column in _FLAGS))
    for column in COLUMNS[1:]
  }
  if len({*found.values()}) > 1:
    told = ', '.join(f'{count} {column}' for column, count in found.items())
    raise DataError(f'{name} of {path} has {told}: write one of each a step.')
  return found['rewards']


def _observations(
  path: str, file: h5py.File, lengths: Mapping[str, int]
) -> tuple[tuple[int, ...], np.dtype]:
  """Returns shape and type of one observation, which all episodes share."""
  found, told = set(), _space(path, file, 'observation_space').get('shape')
  for name, steps in lengths.items():
    array = hdf5.array(path, file[name], 'observations')
    if len(array) not in (steps, steps + 1):
      raise DataError(
        f'{name} of {path} has {len(array)} observations of {steps} steps: '
        'write one before each step, and one after the last.'
      )
    # Compressed images are bytes, of one length or of many.
    is_told = told in (None, list(array.shape[1:]))
    if array.dtype.kind == 'O' or not is_told:
      raise DataError(
        f'{name} of {path} has observations {array.shape[1:]} of '
        f'{array.dtype}, and its space is {told}; where these are compressed '
        'images, store the dataset with jpeg_encoding=False.'
      )
    found.add((array.shape[1:], array.dtype))
  if len(found) > 1:
    told = ' and '.join(sorted(f'{s} of {d}' for s, d in found))
    raise DataError(
      f'{path} has observations {told}: they must be of one shape and type.'
    )
  return found.pop()


class _Rows:
  """The observations, on disk."""

  def __init__(self, path: str, names: list[str], stops: np.ndarray) -> None:
    self._path, self._names, self._stops = path, names, stops

  def __call__(self, start: int, stop: int) -> np.ndarray:
    first = int(np.searchsorted(self._stops, start, 'right'))
    parts = []
    with hdf5.opened(self._path) as file:
      while start < stop:
        end = int(self._stops[first])
        begin = int(self._stops[first - 1]) if first else 0
        group = file[self._names[first]]
        rows = hdf5.array(self._path, group, 'observations')
        parts.append(rows[start - begin : min(stop, end) - begin])
        start, first = end, first + 1
    return np.concatenate(parts)


def _about(path: pathlib.Path) -> dict[str, Any]:
  """Returns what the file beside the steps says; nothing where it is none."""
  try:
    told = json.loads(path.read_bytes())
  except (OSError, ValueError, RecursionError):
    return {}
  return told if isinstance(told, dict) else {}


def _space(path: str, file: h5py.File, name: str) -> dict[str, Any]:
  """Returns what is told of a space; nothing where it cannot be read."""
  about = _about(pathlib.Path(path).with_name(ABOUT))
  told = about.get(name, file.attrs.get(name))
  try:
    space = json.loads(told) if isinstance(told, str | bytes) else {}
  except (ValueError, RecursionError):
    return {}
  return space if isinstance(space, dict) else {}


def _actions(path: str, file: h5py.File) -> tuple[Actions | None, int]:
  """Returns what is told of the actions, and the number of the first."""
  space = _space(path, file, 'action_space')
  try:
    if space.get('type') == 'Discrete':
      return Discrete(int(space['n'])), int(space.get('start', 0))
    if space.get('type') == 'Box' and len(space['shape']) == 1:
      bounds = (tuple(map(float, space[name])) for name in ('low', 'high'))
      return Continuous(*bounds), 0
  except (LookupError, TypeError, ValueError):
    return None, 0  # Older versions write other words; the game tells, too.
  if space.get('type'):
    raise DataError(
      f'The actions of {path} are {space["type"]}: they must be Discrete, or a '
      'Box of one axis.'
    )
  return None, 0


def _from_zero(actions: np.ndarray, start: int) -> np.ndarray:
  return actions - start if start else actions
