"""Reads tensors of TensorFlow's checkpoints without TensorFlow.

A checkpoint is an index (`sorted_table`) of messages; each gives the `.data`
file and the place of a tensor (tensorflow/core/protobuf/tensor_bundle.proto).
TensorFlow's own reader ends the process on some malformed indices and reads out
of bounds on others, so it never gets downloaded ones.
"""

import hashlib
import math
import pathlib
import re
from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.formats import sorted_table
from reincarnating_rl.importers.formats.sorted_table import masked_crc32c
from reincarnating_rl.importers.formats.wire_format import fields
from reincarnating_rl.support.errors import DamagedFileError, MissingFileError

_MAX_INDEX = 1 << 22  # Bytes; agents' indices have some thousands.
_MAX_SHARDS, _MAX_TENSORS = 1000, 1000
_FLOATS = {1: '<f4', 2: '<f8', 19: '<f2'}  # By DataType of types.proto.


class _Entry(NamedTuple):
  """Place of a tensor: a BundleEntryProto."""

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
    index: `PREFIX-N.index`; the data files are beside it.
    names: must match the whole names of the tensors.

  Returns:
    The tensors by name, of floats, and the SHA-256 of all data files together.

  Raises:
    OSError: a file cannot be read.
    MissingFileError: a data file is missing.
    DamagedFileError: a file is cut short, altered or malformed, or a tensor
      has another type than floats.
  """
  try:
    entries, num_shards = _read_index(index, names)
    shards = [_shard(index, i, num_shards) for i in range(num_shards)]
    # An index could refer to the same bytes many times.
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
      f'({str(error)[:100]}): copy it and the .data file beside it again from '
      'their source.'
    ) from error
  return tensors, _sha256(shards)


def _read_index(
  index: pathlib.Path, names: re.Pattern[str]
) -> tuple[dict[str, _Entry], int]:
  """Returns the places of the tensors, and the number of data files."""
  if index.stat().st_size > _MAX_INDEX:
    raise ValueError('the index is too large')
  table = sorted_table.entries(index.read_bytes())
  key, header = next(table, (None, b''))
  if key != b'':
    raise ValueError('there is no header')
  values = dict(fields(header))
  num_shards = values.get(1, 0)
  if not isinstance(num_shards, int) or not 0 < num_shards <= _MAX_SHARDS:
    raise ValueError('the number of files is invalid')
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
    raise ValueError('the description of a tensor is invalid')
  if not isinstance(shape, bytes) or 7 in values:
    raise ValueError('a tensor has no shape, or is sliced')
  dtype, shard, offset, size, checksum = numbers
  if shard >= num_shards:
    raise ValueError('a tensor is in a file that does not exist')
  return _Entry(dtype, _shape(shape), shard, offset, size, checksum)


def _shape(message: bytes) -> tuple[int, ...]:
  """Returns the sizes in a TensorShapeProto."""
  sizes = []
  for field, dimension in fields(message):
    if field == 2 and isinstance(dimension, bytes):
      sizes.append(dict(fields(dimension)).get(1, 0))
  if not all(type(size) is int for size in sizes):
    raise ValueError('the shape of a tensor is invalid')
  return tuple(sizes)


def _shard(index: pathlib.Path, number: int, count: int) -> pathlib.Path:
  path = index.with_suffix(f'.data-{number:05d}-of-{count:05d}')
  if not path.is_file():
    raise MissingFileError(f'{path} is missing beside its index: copy both.')
  return path


def _read_tensor(name: str, entry: _Entry, shard: pathlib.Path) -> np.ndarray:
  if entry.dtype not in _FLOATS:
    raise ValueError(f'{name} does not hold floats')
  dtype = np.dtype(_FLOATS[entry.dtype])
  if math.prod(entry.shape) * dtype.itemsize != entry.size:
    raise ValueError(f'{name} of shape {entry.shape} has {entry.size} bytes')
  # Checked before memory is allocated and before seeking in the file.
  if entry.offset + entry.size > shard.stat().st_size:
    raise ValueError(f'{name} is beyond the end of {shard.name}')
  with open(shard, 'rb') as file:
    file.seek(entry.offset)
    data = file.read(entry.size)
  if masked_crc32c(data) != entry.checksum:
    raise ValueError(f'{name} has a wrong checksum')
  return np.frombuffer(data, dtype).reshape(entry.shape)


def _sha256(paths: list[pathlib.Path]) -> str:
  digest = hashlib.sha256()
  for path in paths:
    with open(path, 'rb') as file:
      while piece := file.read(1 << 20):
        digest.update(piece)
  return digest.hexdigest()
