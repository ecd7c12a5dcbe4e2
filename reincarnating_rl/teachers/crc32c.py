"""The checksum of TensorFlow's files: CRC-32C, masked.

The polynomial is Castagnoli's (RFC 3720, B.4), which neither `zlib` nor numpy
has. A byte at a time is too slow in Python for the 16 MB of a network, so the
data are cut into rows that advance together: the checksum is linear.
"""

import math
from collections.abc import Iterable

import numpy as np

_POLYNOMIAL, _ONES = 0x82F63B78, 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8


def _table() -> np.ndarray:
  table = np.arange(256, dtype=np.uint32)
  for _ in range(8):
    table = (table >> 1) ^ np.where(table & 1, np.uint32(_POLYNOMIAL), 0)
  return table.astype(np.uint32)


_TABLE = _table()


def masked_crc32c(data: bytes) -> int:
  """Returns the CRC-32C of `data` as TensorFlow stores it.

  It is rotated and shifted, so that a checksum of data which themselves hold
  checksums is a good one.
  """
  crc = crc32c(data)
  rotated = (crc >> 15) | (crc << 17)
  return (rotated + _MASK_DELTA) & _ONES


def crc32c(data: bytes) -> int:
  """Returns the CRC-32C of `data`, an unsigned number of 32 bits."""
  width = math.isqrt(len(data)) + 1
  count, rest = divmod(len(data), width)
  rows = np.frombuffer(data, np.uint8, count * width).reshape(count, width)
  # As if each row stood alone; that of the first follows the initial ones.
  states = np.zeros(count, np.uint32)
  states[:1] = _ONES
  states = _advance(states, rows.T)
  # What `width` zeros after it make of each byte of a state.
  single = np.arange(256, dtype=np.uint32)
  shifts = np.concatenate([single << (8 * byte) for byte in range(4)])
  shifts = _advance(shifts, np.zeros(width, np.uint8)).reshape(4, 256).tolist()
  total = 0 if count else _ONES
  for state in states.tolist():
    for byte in range(4):
      state ^= shifts[byte][total >> (8 * byte) & 255]
    total = state
  table = _TABLE.tolist()
  for byte in data[len(data) - rest :]:
    total = table[(total ^ byte) & 255] ^ (total >> 8)
  return total ^ _ONES


def _advance(states: np.ndarray, columns: Iterable) -> np.ndarray:
  """Takes each state over its own byte of each column."""
  for column in columns:
    states = _TABLE[(states ^ column) & 255] ^ (states >> 8)
  return states
