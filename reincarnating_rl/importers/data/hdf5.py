"""Reads arrays of HDF5 files that nobody vouches for."""

import contextlib
from collections.abc import Iterator

import h5py
import numpy as np

from reincarnating_rl.importers.data.steps import DataError, reading


@contextlib.contextmanager
def opened(path: str) -> Iterator[h5py.File]:
  """Opens a file; errors of reading it name it.

  Args:
    path: of the file.

  Raises:
    DamagedFileError: it is damaged.
  """
  with reading(path), h5py.File(path, 'r', locking=False) as file:
    yield file


def array(path: str, group: h5py.Group, name: str) -> h5py.Dataset:
  """Returns an array of a group, still on disk.

  Args:
    path: of the file, for messages.
    group: of the file.
    name: of the array.

  Raises:
    DataError: it is none, or its numbers are in another file.
  """
  link = group.get(name, getlink=True)
  found = group.get(name) if isinstance(link, h5py.HardLink) else None
  if not isinstance(found, h5py.Dataset):
    kind = 'several arrays' if isinstance(found, h5py.Group) else 'no array'
    raise DataError(
      f'{name} of {path} is {kind}: flatten it to one array of numbers '
      '(gymnasium.wrappers.FlattenObservation, for observations).'
    )
  if found.external or found.is_virtual:
    raise DataError(
      f'{name} of {path} lies in another file: write it into this one.'
    )
  return found


def whole(path: str, group: h5py.Group, name: str) -> np.ndarray:
  """Returns an array of a group, read."""
  return array(path, group, name)[()]
