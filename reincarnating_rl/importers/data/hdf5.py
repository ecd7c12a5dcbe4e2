"""Reads arrays of HDF5 files that nobody vouches for."""

import contextlib
import math
from collections.abc import Iterator

import h5py
import numpy as np

from reincarnating_rl.importers.data.steps import DataError, reading
from reincarnating_rl.importers.formats.npy_gzip import LARGEST_RATIO

MAGIC = b'\x89HDF'


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


def array(
  path: str, group: h5py.Group, name: str, *, is_flag: bool = False
) -> h5py.Dataset:
  """Returns an array of a group, still on disk.

  Args:
    path: of the file, for messages.
    group: of the file.
    name: of the array.
    is_flag: whether what was never written is False.

  Raises:
    DataError: it is none, or its numbers are in another file.
    ValueError: it was not written to its end.
  """
  link = group.get(name, getlink=True)
  found = group.get(name) if isinstance(link, h5py.HardLink) else None
  if not isinstance(found, h5py.Dataset) or found.shape is None:
    kind = 'several arrays' if isinstance(found, h5py.Group) else 'no array'
    raise DataError(
      f'{name} of {path} is {kind}: flatten it to one array of numbers '
      '(gymnasium.wrappers.FlattenObservation, for observations).'
    )
  if found.external or found.is_virtual:
    raise DataError(
      f'{name} of {path} lies in another file: write it into this one.'
    )
  if not is_flag:
    _check_is_there(found)
  return found


def _check_is_there(found: h5py.Dataset) -> None:
  """Refuses what was never written: HDF5 reads it as zeros, of any size."""
  most = LARGEST_RATIO * found.id.get_storage_size()
  is_small = found.size * found.dtype.itemsize > most
  if is_small or (found.chunks and found.size and _lacks_chunks(found)):
    raise ValueError(f'{found.name} was not written to its end')


def _lacks_chunks(found: h5py.Dataset) -> bool:
  sides = zip(found.shape, found.chunks, strict=True)
  wanted = math.prod(-(-side // chunk) for side, chunk in sides)
  return found.id.get_num_chunks() < wanted


def whole(path: str, group: h5py.Group, name: str) -> np.ndarray:
  """Returns an array of a group, read."""
  return array(path, group, name)[()]


def flag(path: str, group: h5py.Group, name: str) -> np.ndarray:
  """Returns flags of a group, one a reward, read; what is not written is 0."""
  found = array(path, group, name, is_flag=True)
  count = len(array(path, group, 'rewards'))
  is_column = found.shape in ((count,), (count, 1))
  if not is_column or found.dtype.kind not in 'biuf':
    raise DataError(
      f'{name} of {path} is {found.shape} of {found.dtype}, and must be a 0 or '
      f'1 a step, {(count,)} like rewards.'
    )
  return found[()]
