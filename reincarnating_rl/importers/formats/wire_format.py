"""Protocol buffers as pairs of a field's number and value, without a schema."""

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST = 10  # Bytes of a number of 64 bits, seven in each.


def read_varint(data: bytes, start: int) -> tuple[int, int]:
  """Reads an unsigned number of up to 64 bits.

  Args:
    data: holds it.
    start: where.

  Returns:
    The number, and where it ends; a negative one is read as 2^64 more.

  Raises:
    ValueError: if it does not end.
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
    The bytes, and where they end.

  Raises:
    ValueError: if there are fewer.
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
    A field's number and its value: unsigned, or the bytes of a text or of a
    message.

  Raises:
    ValueError: if it is not a message.
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
