"""Reads protocol buffers without a schema, as field numbers and values."""

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST = 10  # Bytes of a 64-bit number, with seven bits in each.


def read_varint(data: bytes, start: int) -> tuple[int, int]:
  """Reads an unsigned number of up to 64 bits.

  Args:
    data: contains the number.
    start: position of the number.

  Returns:
    The number and its end. A negative number is read as 2^64 more.

  Raises:
    ValueError: the number does not end.
  """
  value = 0
  for place, byte in enumerate(data[start : start + _LONGEST]):
    value |= (byte & 127) << (7 * place)
    if byte < 128:
      return value, start + place + 1
  raise ValueError('a number has no end')


def read_bytes(data: bytes, start: int, size: int) -> tuple[bytes, int]:
  """Reads `size` bytes.

  Returns:
    The bytes and their end.

  Raises:
    ValueError: there are fewer bytes.
  """
  end = start + size
  if end > len(data):
    raise ValueError('it ends too early')
  return data[start:end], end


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
  """Yields the fields of a message in order.

  Args:
    message: serialised.

  Yields:
    A field's number and its value: an unsigned number, or the bytes of a text
    or a message.

  Raises:
    ValueError: the bytes are not a message.
  """
  position = 0
  while position < len(message):
    tag, position = read_varint(message, position)
    value: int | bytes
    if tag & 7 == _VARINT:
      value, position = read_varint(message, position)
    elif tag & 7 == _BYTES:
      size, position = read_varint(message, position)
      value, position = read_bytes(message, position, size)
    elif tag & 7 in (_FIXED32, _FIXED64):
      size = 4 if tag & 7 == _FIXED32 else 8
      raw, position = read_bytes(message, position, size)
      value = int.from_bytes(raw, 'little')
    else:
      raise ValueError('a field is of an unknown type')
    yield tag >> 3, value
