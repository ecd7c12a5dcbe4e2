"""Decodes NumPy arrays and numbers as Dopamine 4.1 encodes them in MessagePack.

An array is a map of `shape`, `data` and the `repr` of its type. A large integer
is a map of its digits. A compressed array is a structured array of its bytes,
packed by Snappy, its shape and its type.
"""

import math
import re
from typing import Any, NamedTuple

import cramjam
import numpy as np

_DTYPE = r'\|[biu]1|<[iuf][248]'
_PLAIN = re.compile(rf"'({_DTYPE})'", re.ASCII)
_PACKED = re.compile(
  r"\[\('data', '\|u1', \(([0-9]{1,9}),\)\), "
  r"\('shape', '<i4', \(([0-9]{1,2}),\)\), \('dtype', '\|S3'\)\]",
  re.ASCII,
)
_NAME = re.compile(_DTYPE.encode())
_INTEGER = re.compile(r'-?[0-9]{1,30}', re.ASCII)
_MAX_AXES = 8


class StoredArray(NamedTuple):
  """An array that has not been decoded yet."""

  dtype: np.dtype
  shape: tuple[int, ...]
  data: memoryview
  is_packed: bool

  def decode_into(self, out: np.ndarray) -> None:
    """Decodes the array.

    Args:
      out: of its type and shape; C-contiguous.

    Raises:
      ValueError: the array has another type, shape or size.
    """
    if (self.dtype, self.shape) != (out.dtype, out.shape):
      raise ValueError(
        f'holds an array {self.shape} of {self.dtype}, not {out.shape} of '
        f'{out.dtype}'
      )
    raw = out.reshape(-1).view(np.uint8)
    # The size that Snappy claims must be that of `out`.
    packed, size = self.is_packed, len(self.data)
    if packed:
      size = _unpacked_size(self.data)
    if size != len(raw):
      raise ValueError(f'holds an array of {size} bytes, not {len(raw)}')
    if packed:
      _unpack(self.data, raw)
    else:
      raw[:] = np.frombuffer(self.data, np.uint8)
    if out.dtype == bool:  # NumPy's behaviour is undefined for other bytes.
      np.minimum(raw, 1, out=raw)


def _unpacked_size(data: memoryview) -> int:
  try:
    return cramjam.snappy.decompress_raw_len(data)
  except cramjam.DecompressionError as error:
    raise ValueError('holds an array that Snappy did not pack') from error


def _unpack(data: memoryview, raw: np.ndarray) -> None:
  try:
    size = cramjam.snappy.decompress_raw_into(data, raw)
  except cramjam.DecompressionError as error:
    raise ValueError('holds an array that Snappy did not pack') from error
  if size != len(raw):
    raise ValueError('holds an array that is cut short')


def stored_array(value: Any) -> StoredArray:
  """Returns an encoded array without decoding its numbers.

  Args:
    value: from a `MsgpackStream`.

  Returns:
    An array of numbers or booleans.

  Raises:
    ValueError: the value is not such an array.
  """
  name, data = _fields(value)
  packed = _PACKED.fullmatch(name)
  if not packed:
    return StoredArray(_dtype(name), _shape(value.get('shape')), data, False)
  size, axes = int(packed[1]), int(packed[2])
  end = size + 4 * axes
  dtype_name = bytes(data[end:])
  if axes > _MAX_AXES or not _NAME.fullmatch(dtype_name):
    raise ValueError('holds a packed array of an unknown layout')
  shape = _shape(np.frombuffer(data[size:end], '<i4').tolist())
  return StoredArray(np.dtype(dtype_name.decode()), shape, data[:size], True)


def number(value: Any) -> Any:
  """Returns a boolean, an integer or a float, of Python or NumPy.

  Args:
    value: from a `MsgpackStream`.

  Raises:
    ValueError: the value is not a number.
  """
  if isinstance(value, bool | int | float):
    return value
  if isinstance(value, dict) and isinstance(value.get('integer'), str):
    if not _INTEGER.fullmatch(value['integer']):
      raise ValueError('holds an invalid integer')
    return int(value['integer'])
  array = stored_array(value)
  if math.prod(array.shape) != 1 or array.is_packed:
    raise ValueError(f'holds an array {array.shape}, not a number')
  out = np.empty(array.shape, array.dtype)
  array.decode_into(out)
  return out.reshape(())[()]


def _fields(value: Any) -> tuple[str, memoryview]:
  if not isinstance(value, dict):
    raise ValueError('holds an invalid array')
  name, data = value.get('dtype'), value.get('data')
  if not isinstance(name, str) or not isinstance(data, bytes):
    raise ValueError('holds an invalid array')
  if value.get('order', 'C') != 'C':
    raise ValueError('holds an array that is not in C order')
  return name, memoryview(data)


def _dtype(name: str) -> np.dtype:
  match = _PLAIN.fullmatch(name)
  if not match:
    raise ValueError('holds an array of something else than numbers')
  return np.dtype(match[1])


def _shape(sizes: Any) -> tuple[int, ...]:
  if not isinstance(sizes, list) or len(sizes) > _MAX_AXES:
    raise ValueError('holds an array with an invalid shape')
  if not all(type(size) is int and 0 <= size < 2**31 for size in sizes):
    raise ValueError('holds an array with an invalid shape')
  return tuple(sizes)
