"""Writes steps as a dataset of Minari, which need not be installed."""

import json
import os
import re
from typing import Any

import h5py
import numpy as np

from reincarnating_rl.importers.data import minari, npz
from reincarnating_rl.importers.data.export import Export
from reincarnating_rl.support import files, json_file

DATA = 'data'
_VERSION = '0.5.1'  # Of the format; newer ones of Minari read it.
_NAME = re.compile(r'[\w-]+?-v\d+', re.ASCII)


def dataset_id(folder: str) -> str:
  """Returns the name of a dataset in a folder, as Minari wants it.

  Args:
    folder: of the dataset.
  """
  name = re.sub(r'[^\w-]+', '-', os.path.basename(os.path.abspath(folder)))
  return name if _NAME.fullmatch(name) else f'{name}-v0'


def knows_actions(export: Export) -> bool:
  """Whether the actions' space is known; else it has those that were taken."""
  told = {npz.NUMBER, npz.LOW} & export.arrays.keys()
  return bool(told) or export.arrays['actions'].ndim > 1


def write(folder: str, export: Export, name: str) -> None:
  """Writes the steps, an episode each.

  Episodes that are not whole get neither flag. Minari's have an observation
  after the last step. Replays keep none: it is the last one again. Vectors of
  unknown bounds have none.

  Args:
    folder: of the dataset, which is there and empty.
    export: the arrays.
    name: `dataset_id`.

  Raises:
    OSError: it cannot be written.
  """
  arrays = export.arrays
  spaces = {
    'observation_space': _box(arrays['observations']),
    'action_space': _actions(arrays),
  }
  place = os.path.join(folder, DATA)
  os.mkdir(place)
  episodes = _episodes(arrays)
  with h5py.File(os.path.join(place, minari.FILE), 'w') as file:
    for number, steps in enumerate(episodes):
      _write_episode(file.create_group(f'episode_{number}'), arrays, steps)
      file[f'episode_{number}'].attrs['id'] = number
  # Bounds of spaces may be infinite, which Minari writes as Python does.
  encode = json.JSONEncoder().encode
  told = {
    'dataset_id': name,
    'minari_version': _VERSION,
    'data_format': 'hdf5',
    'jpeg_encoding': False,
    'total_episodes': len(episodes),
    'total_steps': len(arrays['rewards']),
    **{key: encode(space) for key, space in spaces.items()},
  }
  path = os.path.join(place, minari.ABOUT)
  files.write_atomically(path, json_file.dumps(told).encode())


def _episodes(arrays: dict[str, np.ndarray]) -> list[slice]:
  ends = np.flatnonzero(arrays[npz.TERMINAL] | arrays[npz.CUT]) + 1
  stops = sorted({*ends.tolist(), len(arrays['rewards'])} - {0})
  return [slice(*pair) for pair in zip([0, *stops], stops, strict=False)]


def _write_episode(
  group: h5py.Group, arrays: dict[str, np.ndarray], steps: slice
) -> None:
  for name in minari.COLUMNS:
    column = arrays[name][steps]
    if name == 'observations':
      column = np.concatenate([column, column[-1:]])
    elif name == minari.CUT and npz.PARTIAL in arrays:
      column = column & ~arrays[npz.PARTIAL][steps]
    group.create_dataset(name, data=column)
  group.attrs['total_steps'] = len(arrays['rewards'][steps])


def _box(array: np.ndarray, low: Any = None, high: Any = None) -> dict:
  shape, dtype = array.shape[1:], array.dtype
  if dtype.kind == 'f':
    least, most = -np.inf, np.inf
  elif dtype.kind == 'b':
    least, most = 0, 1
  else:
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
  return {
    'type': 'Box',
    'dtype': str(dtype),
    'shape': list(shape),
    'low': np.full(shape, least).tolist() if low is None else low.tolist(),
    'high': np.full(shape, most).tolist() if high is None else high.tolist(),
  }


def _actions(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
  actions = arrays['actions']
  if actions.ndim > 1:
    return _box(actions, arrays.get(npz.LOW), arrays.get(npz.HIGH))
  number = int(arrays.get(npz.NUMBER, actions.max(initial=0) + 1))
  return {'type': 'Discrete', 'dtype': 'int64', 'start': 0, 'n': number}
