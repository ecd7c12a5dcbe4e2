"""Reads tables of sorted keys: the `.index` files of TensorFlow's checkpoints.

The format is LevelDB's (its doc/table_format.md): blocks of keys, each stored
as its difference from the previous key, then a block with the blocks' places.
"""

from collections.abc import Iterator

import google_crc32c

from reincarnating_rl.importers.formats.wire_format import (
  read_bytes,
  read_varint,
)

_MAGIC = 0xDB4775248B80FB57.to_bytes(8, 'little')
_FOOTER, _TRAILER = 48, 5  # Trailer: kind of compression, and checksum.
_MASK_DELTA = 0xA282EAD8  # For `masked_crc32c`.
_MAX_KEY = 1000  # Bytes; else many keys could repeat one huge key.


def masked_crc32c(data: bytes) -> int:
  """Returns the CRC-32C of `data` as TensorFlow stores it: rotated and shifted.

  The mask keeps checksums of data that contain checksums useful.
  """
  crc = google_crc32c.value(data)
  rotated = (crc >> 15) | (crc << 17)
  return (rotated + _MASK_DELTA) & 0xFFFFFFFF


def entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
  """Yields the keys of a table and their values, ascending.

  Args:
    data: the whole file.

  Yields:
    A key and its value.

  Raises:
    ValueError: the file is cut short, altered, or not such a table.
  """
  if len(data) < _FOOTER or not data.endswith(_MAGIC):
    raise ValueError('it does not end like a table')
  footer = data[-_FOOTER:]
  _, position = _handle(footer, 0)  # Skips the meta index.
  (start, size), _ = _handle(footer, position)
  unread = len(data)
  for _, where in _block_entries(_block(data, start, size)):
    (start, size), _ = _handle(where, 0)
    # A small file could repeat a block to become large.
    unread -= size
    if unread < 0:
      raise ValueError('its blocks are larger than the file')
    yield from _block_entries(_block(data, start, size))


def _handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
  """Reads the start and the size of a block."""
  start, position = read_varint(data, position)
  size, position = read_varint(data, position)
  return (start, size), position


def _block(data: bytes, start: int, size: int) -> bytes:
  block, _ = read_bytes(data, start, size + _TRAILER)
  checksum = int.from_bytes(block[-4:], 'little')
  if masked_crc32c(block[:-4]) != checksum:
    raise ValueError('a checksum is wrong')
  if block[-5]:
    raise ValueError('it is compressed')  # TensorFlow never compresses.
  return block[:-_TRAILER]


def _block_entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
  # A block ends with restart offsets of 32 bits and their number.
  end = len(block) - 4 * (int.from_bytes(block[-4:], 'little') + 1)
  if end < 0:
    raise ValueError('a block is too short')
  content, position, key = block[:end], 0, b''
  while position < end:
    shared, position = read_varint(content, position)
    added, position = read_varint(content, position)
    size, position = read_varint(content, position)
    if shared > len(key) or added > _MAX_KEY - shared:
      raise ValueError(
        'a key is too long, or shares more than the previous has'
      )
    addition, position = read_bytes(content, position, added)
    value, position = read_bytes(content, position, size)
    key = key[:shared] + addition
    yield key, value
