"""Makes arrays from bytes and the name of their type."""

import math
from collections.abc import Sequence

import numpy as np

_MAX_RANK = 32
_TYPES = {
  'bool': '|u1',
  'uint8': '|u1',
  'int8': '|i1',
  'uint16': '<u2',
  'int16': '<i2',
  'uint32': '<u4',
  'int32': '<i4',
  'uint64': '<u8',
  'int64': '<i8',
  'float16': '<f2',
  'bfloat16': '<u2',
  'float32': '<f4',
  'float64': '<f8',
}


def from_bytes(data: bytes, type_name: str) -> np.ndarray:
  """Returns the numbers in `data`.

  Args:
    data: little-endian.
    type_name: as NumPy or JAX call the type.

  Returns:
    [K], read-only; booleans as uint8, bfloat16 as float32.

  Raises:
    ValueError: the type is unknown, or the data end within a number.
  """
  if type_name not in _TYPES:
    raise ValueError(f'numbers have the unknown type {type_name!a:.20}')
  array = np.frombuffer(data, _TYPES[type_name])
  if type_name == 'bfloat16':  # The upper half of a float of 32 bits.
    array = (array.astype('<u4') << 16).view('<f4')
  return array


def shaped(data: bytes, type_name: str, shape: Sequence[int]) -> np.ndarray:
  """Returns the numbers in `data` in a shape, in C order.

  Raises:
    ValueError: as `from_bytes`, or the shape does not fit the data.
  """
  array = from_bytes(data, type_name)
  sides = all(type(side) is int and 0 <= side < 2**40 for side in shape)
  if not sides or len(shape) > _MAX_RANK or math.prod(shape) != array.size:
    raise ValueError(f'an array of {array.size} numbers has another shape')
  return array.reshape(shape)
