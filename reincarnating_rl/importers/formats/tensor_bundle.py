"""Tensors of TensorFlow's checkpoints, read without TensorFlow.

A checkpoint is an index (`sorted_table`) of messages that say where in which
`.data` file each tensor is (tensorflow/core/protobuf/tensor_bundle.proto).
TensorFlow's own reader ends the process on some malformed indices and reads
beyond its memory on others, so downloaded ones are not given to it.
"""

import hashlib
import math
import pathlib
import re
from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.formats import sorted_table
from reincarnating_rl.importers.formats.crc32c import masked_crc32c
from reincarnating_rl.importers.formats.wire_format import fields
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
)

_MAX_INDEX = 1 << 22  # Bytes; those of agents have some thousands.
_MAX_SHARDS, _MAX_TENSORS = 1000, 1000
_FLOATS = {1: '<f4', 2: '<f8', 19: '<f2'}  # By DataType of types.proto.


class _Entry(NamedTuple):
  """Where a tensor is: a BundleEntryProto."""

  dtype: int
  shape: tuple[int, ...]
  shard: int
  offset: int
  size: int
  checksum: int


def read_tensors(
  index: pathlib.Path, names: re.Pattern[str]
) -> tuple[dict[str, np.ndarray], str]:
  """Reads some of the tensors of a checkpoint.

  Args:
    index: `PREFIX-N.index`; the data are in files beside it.
    names: what the whole names of the tensors match.

  Returns:
    The tensors by name, of floats, and the SHA-256 of the data files together.

  Raises:
    OSError: if a file cannot be read.
    MissingFileError: if there is no data file.
    DamagedFileError: if a file is cut short, altered or malformed, or a
      tensor is not of floats.
  """
  try:
    entries, num_shards = _read_index(index, names)
    shards = [_shard(index, i, num_shards) for i in range(num_shards)]
    # An index could name the same bytes many times.
    sizes = sum(path.stat().st_size for path in shards)
    if sum(entry.size for entry in entries.values()) > sizes:
      raise ValueError('its tensors are larger than its data')
    tensors = {
      name: _read_tensor(name, entry, shards[entry.shard])
      for name, entry in entries.items()
    }
  except ValueError as error:
    raise DamagedFileError(
      f'{index} is damaged or is not the checkpoint of an agent '
      f'({str(error)[:100]}); copy it, and the .data beside it, again from '
      'where they came.'
    ) from error
  return tensors, _sha256(shards)


def _read_index(
  index: pathlib.Path, names: re.Pattern[str]
) -> tuple[dict[str, _Entry], int]:
  """Returns where the tensors are, and the number of data files."""
  if index.stat().st_size > _MAX_INDEX:
    raise ValueError('the index is too large')
  table = sorted_table.entries(index.read_bytes())
  key, header = next(table, (None, b''))
  if key != b'':
    raise ValueError('there is no header')
  values = dict(fields(header))
  num_shards = values.get(1, 0)
  if not isinstance(num_shards, int) or not 0 < num_shards <= _MAX_SHARDS:
    raise ValueError('the number of files makes no sense')
  if values.get(2, 0):
    raise ValueError('it is big-endian')
  entries = {}
  for key, value in table:
    name = key.decode('utf-8', 'replace')
    if names.fullmatch(name):
      entries[name] = _entry(value, num_shards)
    if len(entries) > _MAX_TENSORS:
      raise ValueError('it has too many tensors')
  return entries, num_shards


def _entry(message: bytes, num_shards: int) -> _Entry:
  values = dict(fields(message))
  numbers = [values.get(field, 0) for field in (1, 3, 4, 5, 6)]
  shape = values.get(2, b'')
  if not all(type(number) is int for number in numbers):
    raise ValueError('a tensor is described by no numbers')
  if not isinstance(shape, bytes) or 7 in values:
    raise ValueError('a tensor has no shape, or is in slices')
  dtype, shard, offset, size, checksum = numbers
  if shard >= num_shards:
    raise ValueError('a tensor is in no file')
  return _Entry(dtype, _shape(shape), shard, offset, size, checksum)


def _shape(message: bytes) -> tuple[int, ...]:
  """Returns the sizes of a TensorShapeProto."""
  sizes = []
  for field, dimension in fields(message):
    if field == 2 and isinstance(dimension, bytes):
      sizes.append(dict(fields(dimension)).get(1, 0))
  if not all(type(size) is int for size in sizes):
    raise ValueError('the shape of a tensor is no numbers')
  return tuple(sizes)


def _shard(index: pathlib.Path, number: int, count: int) -> pathlib.Path:
  path = index.with_suffix(f'.data-{number:05d}-of-{count:05d}')
  if not path.is_file():
    raise MissingFileError(f'{path} is missing beside its index; copy both.')
  return path


def _read_tensor(name: str, entry: _Entry, shard: pathlib.Path) -> np.ndarray:
  if entry.dtype not in _FLOATS:
    raise ValueError(f'{name} holds no floats')
  dtype = np.dtype(_FLOATS[entry.dtype])
  if math.prod(entry.shape) * dtype.itemsize != entry.size:
    raise ValueError(f'{name} of shape {entry.shape} has {entry.size} bytes')
  # Before memory is asked for, or a file sought in beyond its end.
  if entry.offset + entry.size > shard.stat().st_size:
    raise ValueError(f'{name} is beyond the end of {shard.name}')
  with open(shard, 'rb') as file:
    file.seek(entry.offset)
    data = file.read(entry.size)
  if masked_crc32c(data) != entry.checksum:
    raise ValueError(f'{name} does not have its checksum')
  return np.frombuffer(data, dtype).reshape(entry.shape)


def _sha256(paths: list[pathlib.Path]) -> str:
  digest = hashlib.sha256()
  for path in paths:
    with open(path, 'rb') as file:
      while piece := file.read(1 << 20):
        digest.update(piece)
  return digest.hexdigest()
