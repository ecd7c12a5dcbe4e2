"""Arrays that `numpy.save` wrote through gzip, read in parts, from strangers.

What a header claims is believed only as far as the file could hold it, nothing
is allocated for more than the caller expects, and an array counts as read once
gzip's checksum has been verified.
"""

import contextlib
import gzip
import math
import os
import re
import zlib
from collections.abc import Iterator
from typing import IO

import numpy as np

from reincarnating_rl.support.errors import damaged_replay

_MAGIC = b'\x93NUMPY\x01\x00'  # Of version 1.0, which every short header has.
_HEADER = re.compile(
  rb"\{'descr': '(\|[biu]1|<[iuf][248])', 'fortran_order': False, "
  rb"'shape': \(((?:[0-9]{1,15}L?, ?)*(?:[0-9]{1,15}L?)?)\), \} *\n"
)
_DEFLATE = 1032  # The most bytes that deflate makes of one.


class NpyGzip:
  """An array in an open file, behind its header.

  Attributes:
    dtype: of numbers or booleans.
    shape: of the whole array.
  """

  def __init__(self, file: IO[bytes], path: str) -> None:
    """Reads the header; `open_array` calls this.

    Raises:
      DamagedFileError: it is no header, or claims what cannot be.
    """
    self._file, self._path = file, path
    start = self._read(10)
    size = int.from_bytes(start[8:], 'little')
    match = _HEADER.fullmatch(self._read(size))
    if not start.startswith(_MAGIC) or not match:
      raise damaged_replay(path, 'does not hold an array of numbers')
    self.dtype = np.dtype(match[1].decode())
    self.shape = tuple(map(int, re.findall(rb'[0-9]+', match[2])))
    claimed = self.dtype.itemsize * math.prod(self.shape)
    if claimed > _DEFLATE * os.path.getsize(path):
      raise damaged_replay(path, f'cannot hold an array of shape {self.shape}')

  def fill(self, out: np.ndarray) -> None:
    """Reads the next numbers.

    Args:
      out: to be filled; C-contiguous, of the array's dtype.

    Raises:
      DamagedFileError: the file ends before, or cannot be decoded.
    """
    raw = out.reshape(-1).view(np.uint8)
    view = memoryview(raw)
    at = 0
    while at < len(view):
      with _told(self._path):
        count = self._file.readinto(view[at:])
      if not count:
        raise damaged_replay(self._path, 'is cut short')
      at += count
    if out.dtype == bool:  # Of other bytes, what depends on them is undefined.
      np.minimum(raw, 1, out=raw)

  def finish(self) -> None:
    """Verifies that nothing follows, and gzip's checksum.

    Raises:
      DamagedFileError: otherwise.
    """
    if self._read(1):
      raise damaged_replay(
        self._path, f'holds more than its {self.shape} numbers'
      )

  def _read(self, size: int) -> bytes:
    with _told(self._path):
      return self._file.read(size)


@contextlib.contextmanager
def open_array(path: str) -> Iterator[NpyGzip]:
  """Opens an array for reading.

  Args:
    path: of the file.

  Raises:
    DamagedFileError: it is missing, or begins with anything else.
  """
  with _told(path):
    file = gzip.open(path, 'rb')
  with file:
    yield NpyGzip(file, path)


def read_array(path: str, kinds: str, limit: int) -> np.ndarray:
  """Reads a whole array of one axis or none.

  Args:
    path: of the file.
    kinds: characters of `numpy.dtype.kind`, one of which it has.
    limit: how many numbers it holds at most.

  Raises:
    DamagedFileError: the file is damaged, or holds anything else.
  """
  with open_array(path) as file:
    is_flat = len(file.shape) <= 1 and math.prod(file.shape) <= limit
    if file.dtype.kind not in kinds or not is_flat:
      raise damaged_replay(path, f'holds {file.shape} numbers of {file.dtype}')
    array = np.empty(file.shape, file.dtype)
    file.fill(array)
    file.finish()
  return array


def read_bytes(path: str, limit: int) -> bytes:
  """Reads all that a compressed file holds.

  Args:
    path: of the file.
    limit: how many bytes that is at most.

  Raises:
    DamagedFileError: the file is damaged, or holds more.
  """
  with _told(path), gzip.open(path, 'rb') as file:
    data = file.read(limit + 1)
  if len(data) > limit:
    raise damaged_replay(path, f'holds more than {limit} bytes')
  return data


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
  """Turns what reading may raise into one error that names the file."""
  try:
    yield
  except (OSError, EOFError, zlib.error) as error:
    reason = getattr(error, 'strerror', None) or error
    raise damaged_replay(path, f'cannot be read ({reason})') from error
