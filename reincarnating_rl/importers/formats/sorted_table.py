"""Tables of sorted keys: the `.index` files of TensorFlow's checkpoints.

The format is LevelDB's (its doc/table_format.md): blocks of keys, each written
as its difference from the one before, then a block that tells where they are.
"""

from collections.abc import Iterator

from reincarnating_rl.importers.formats.crc32c import masked_crc32c
from reincarnating_rl.importers.formats.wire_format import (
  read_bytes,
  read_varint,
)

_MAGIC = 0xDB4775248B80FB57.to_bytes(8, 'little')
_FOOTER, _TRAILER = 48, 5  # A trailer: how it is compressed, and a checksum.
_MAX_KEY = 1000  # Bytes; each of many keys could be a copy of an immense one.


def entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
  """Yields the keys of a table and their values, ascending.

  Args:
    data: of the whole file.

  Yields:
    A key and its value.

  Raises:
    ValueError: if it is cut short, altered, or no such table.
  """
  if len(data) < _FOOTER or not data.endswith(_MAGIC):
    raise ValueError('it does not end as a table does')
  footer = data[-_FOOTER:]
  _, position = _handle(footer, 0)  # Of a block about the table.
  (start, size), _ = _handle(footer, position)
  unread = len(data)
  for _, where in _block_entries(_block(data, start, size)):
    (start, size), _ = _handle(where, 0)
    # A small file could make much of itself by repeating a block.
    unread -= size
    if unread < 0:
      raise ValueError('its blocks are larger than itself')
    yield from _block_entries(_block(data, start, size))


def _handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
  """Reads where a block is: its start and size."""
  start, position = read_varint(data, position)
  size, position = read_varint(data, position)
  return (start, size), position


def _block(data: bytes, start: int, size: int) -> bytes:
  block, _ = read_bytes(data, start, size + _TRAILER)
  checksum = int.from_bytes(block[-4:], 'little')
  if masked_crc32c(block[:-4]) != checksum:
    raise ValueError('a checksum is not right')
  if block[-5]:
    raise ValueError('it is compressed')  # TensorFlow never does.
  return block[:-_TRAILER]


def _block_entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
  # It ends with numbers of 32 bits for those who seek, and how many they are.
  end = len(block) - 4 * (int.from_bytes(block[-4:], 'little') + 1)
  if end < 0:
    raise ValueError('a block is too short')
  content, position, key = block[:end], 0, b''
  while position < end:
    shared, position = read_varint(content, position)
    added, position = read_varint(content, position)
    size, position = read_varint(content, position)
    if shared > len(key) or added > _MAX_KEY - shared:
      raise ValueError('a key is too long, or begins as none before it')
    addition, position = read_bytes(content, position, added)
    value, position = read_bytes(content, position, size)
    key = key[:shared] + addition
    yield key, value
