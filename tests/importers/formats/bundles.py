"""Writes checkpoints of TensorFlow's format, well-formed or not.

TensorFlow writes only good ones; those made here have the checksums of what
they hold, whatever that is.
"""

import struct

import numpy as np

from reincarnating_rl.importers.formats.sorted_table import masked_crc32c

MAGIC = bytes.fromhex('57fb808b247547db')
DATA = np.arange(6, dtype=np.float32)


def varint(value):
  value %= 2**64
  encoded = bytearray()
  while value > 127:
    encoded.append(value & 127 | 128)
    value >>= 7
  return bytes([*encoded, value])


def field(number, value):
  if isinstance(value, bytes):
    return varint(number << 3 | 2) + varint(len(value)) + value
  return varint(number << 3) + varint(value)


def block(entries):
  """A block of whole keys, each with a restart offset."""
  data, restarts = b'', []
  for key, value in entries:
    restarts.append(len(data))
    data += varint(0) + varint(len(key)) + varint(len(value)) + key + value
  restarts = restarts or [0]
  return data + struct.pack(f'<{len(restarts) + 1}I', *restarts, len(restarts))


def table(*blocks, compression=b'\0', repeat=1):
  """A table of blocks; the index names each `repeat` times."""
  data, handles = b'', []

  def add(content):
    nonlocal data
    handle = varint(len(data)) + varint(len(content))
    content += compression
    data += content + masked_crc32c(content).to_bytes(4, 'little')
    return handle

  for content in blocks:
    # The index key sorts after the keys of the block.
    handles += [(b'\xff%d' % len(handles), add(content))] * repeat
  footer = add(block([])) + add(block(handles))
  return data + footer.ljust(40, b'\0') + MAGIC


def header(num_shards=1, endianness=0):
  return field(1, num_shards) + field(2, endianness) + field(3, field(1, 1))


def shape(*sizes):
  return b''.join(field(2, field(1, size)) for size in sizes)


def entry(*, dtype=1, dims=(2, 3), shard=0, offset=0, size=24, crc=None):
  """An entry of a tensor, by default that of `DATA`."""
  crc = masked_crc32c(DATA.tobytes()) if crc is None else crc
  dims = dims if isinstance(dims, bytes) else shape(*dims)
  numbers = field(3, shard) + field(4, offset) + field(5, size)
  checksum = varint(6 << 3 | 5) + crc.to_bytes(4, 'little')
  return field(1, dtype) + field(2, dims) + numbers + checksum


def write(folder, *entries, head=None, name='tf_ckpt-0'):
  """Writes an index of `(name, message)` beside `DATA`; returns its path."""
  index = folder / f'{name}.index'
  everything = [(b'', header() if head is None else head), *entries]
  index.write_bytes(table(block(everything)))
  index.with_suffix('.data-00000-of-00001').write_bytes(DATA.tobytes())
  return index
