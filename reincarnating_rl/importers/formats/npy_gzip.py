"""Reads gzipped arrays of `numpy.save` in parts, from untrusted files.

A header's claims are checked against the file's size, and memory is bounded by
what the caller expects. An array counts as read only after gzip's checksum was
verified.
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

_MAGIC = b'\x93NUMPY\x01\x00'  # Version 1.0, used for all short headers.
_HEADER = re.compile(
  rb"\{'descr': '(\|[biu]1|<[iuf][248])', 'fortran_order': False, "
  rb"'shape': \(((?:[0-9]{1,15}L?, ?)*(?:[0-9]{1,15}L?)?)\), \} *\n"
)
LARGEST_RATIO = 1032  # The largest compression ratio of deflate.


class NpyGzip:
  """An array in an open file, after its header.

  Attributes:
    dtype: of numbers or booleans.
    shape: of the whole array.
  """

  def __init__(self, file: IO[bytes], path: str) -> None:
    """Reads the header; called by `open_array`.

    Raises:
      DamagedFileError: the header is invalid, or claims an impossible size.
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
    if claimed > LARGEST_RATIO * os.path.getsize(path):
      raise damaged_replay(path, f'cannot hold an array of shape {self.shape}')

  def fill(self, out: np.ndarray) -> None:
    """Reads the next numbers.

    Args:
      out: to be filled; C-contiguous, of the array's dtype.

    Raises:
      DamagedFileError: the file ends too early, or cannot be decoded.
    """
    raw = out.reshape(-1).view(np.uint8)
    view = memoryview(raw)
    at = 0
    while at < len(view):
      with _reporting_damage(self._path):
        count = self._file.readinto(view[at:])
      if not count:
        raise damaged_replay(self._path, 'is cut short')
      at += count
    if out.dtype == bool:  # NumPy's behaviour is undefined for other bytes.
      np.minimum(raw, 1, out=raw)

  def finish(self) -> None:
    """Checks that the file ends here, and gzip's checksum.

    Raises:
      DamagedFileError: otherwise.
    """
    if self._read(1):
      raise damaged_replay(
        self._path, f'holds more than its array {self.shape}'
      )

  def _read(self, size: int) -> bytes:
    with _reporting_damage(self._path):
      return self._file.read(size)


@contextlib.contextmanager
def open_array(path: str) -> Iterator[NpyGzip]:
  """Opens an array for reading.

  Args:
    path: of the file.

  Raises:
    DamagedFileError: the file is missing, or its header is invalid.
  """
  with _reporting_damage(path):
    file = gzip.open(path, 'rb')
  with file:
    yield NpyGzip(file, path)


def read_array(path: str, kinds: str, limit: int) -> np.ndarray:
  """Reads a whole array of one axis or none.

  Args:
    path: of the file.
    kinds: accepted values of `numpy.dtype.kind`.
    limit: the largest number of items.

  Raises:
    DamagedFileError: the file is damaged, or holds another array.
  """
  with open_array(path) as file:
    is_flat = len(file.shape) <= 1 and math.prod(file.shape) <= limit
    if file.dtype.kind not in kinds or not is_flat:
      raise damaged_replay(path, f'holds an array {file.shape} of {file.dtype}')
    array = np.empty(file.shape, file.dtype)
    file.fill(array)
    file.finish()
  return array


def read_bytes(path: str, limit: int) -> bytes:
  """Reads the content of a compressed file.

  Args:
    path: of the file.
    limit: the largest number of bytes.

  Raises:
    DamagedFileError: the file is damaged, or holds more.
  """
  with _reporting_damage(path), gzip.open(path, 'rb') as file:
    data = file.read(limit + 1)
  if len(data) > limit:
    raise damaged_replay(path, f'holds more than {limit} bytes')
  return data


@contextlib.contextmanager
def _reporting_damage(path: str) -> Iterator[None]:
  """Turns errors of reading into one error that names the file."""
  try:
    yield
  except (OSError, EOFError, zlib.error) as error:
    reason = getattr(error, 'strerror', None) or error
    raise damaged_replay(path, f'cannot be read ({reason})') from error
