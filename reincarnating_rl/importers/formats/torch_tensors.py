"""Builds PyTorch's tensors as NumPy arrays from the storages in a file."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from reincarnating_rl.importers.formats import pickle_names, plain_numbers
from reincarnating_rl.importers.formats.pickle_names import Name

_STORAGES = {
  'BoolStorage': 'bool',
  'ByteStorage': 'uint8',
  'CharStorage': 'int8',
  'ShortStorage': 'int16',
  'IntStorage': 'int32',
  'LongStorage': 'int64',
  'HalfStorage': 'float16',
  'BFloat16Storage': 'bfloat16',
  'FloatStorage': 'float32',
  'DoubleStorage': 'float64',
}
# Checkpoints of training scripts name classes of these libraries.
_LIBRARIES = frozenset('argparse gym gymnasium pathlib torch'.split())
_MAX_RANK, _MAX_TENSORS = 8, 100_000


class Tensors:
  """The meaning of names and persistent ids in a pickle of tensors.

  Arrays are views of their storages and have at most as many numbers, so
  repeated tensors cost no memory.
  """

  def __init__(self, read_storage: Callable[[str], bytes]) -> None:
    """Makes an interpreter of names.

    Args:
      read_storage: returns the bytes of a storage, given its key; raises a
        LookupError if it does not exist.
    """
    self._read_storage = read_storage
    self._storages: dict[str, tuple[str, np.ndarray]] = {}
    self._num_tensors = 0
    self._builders: dict[str, Callable[..., Any]] = {
      'torch._utils._rebuild_tensor_v2': self._tensor,
      'torch._utils._rebuild_parameter': _parameter,
      'torch.Size': _size,
    }

  def resolve(self, module: str, name: str) -> Name:
    """Looks up a name, see `pickle_names.resolve`."""
    path = f'{module}.{name}'
    if path in self._builders:
      return Name(path, self._builders[path])
    return pickle_names.resolve(module, name, _LIBRARIES)

  def load(self, persistent_id: Any) -> np.ndarray:
    """Returns the numbers [K] of a storage.

    Args:
      persistent_id: `('storage', type, key, device, K)`.

    Raises:
      ValueError: the id is invalid, or the storage does not exist.
    """
    kind, storage, key, _, count = persistent_id
    if kind != 'storage' or not isinstance(storage, Name):
      raise ValueError('a persistent id does not name a storage')
    _, _, type_name = storage.path.rpartition('.')
    if storage.path != f'torch.{type_name}' or type_name not in _STORAGES:
      raise ValueError(f'a tensor has the storage {storage.path[:50]!a}')
    if not isinstance(key, str):
      raise ValueError('a storage has no key')
    if key not in self._storages:
      self._storages[key] = (
        type_name,
        plain_numbers.from_bytes(self._read_storage(key), _STORAGES[type_name]),
      )
    known_type, array = self._storages[key]
    if known_type != type_name or len(array) != count:
      raise ValueError(f'a storage is not {count!a:.20} of {type_name}')
    return array

  def _tensor(
    self, storage: Any, offset: Any, size: Any, stride: Any, *unused: Any
  ) -> np.ndarray:
    """Does what `_rebuild_tensor_v2` does, after checks."""
    del unused  # Gradients and hooks.
    self._num_tensors += 1
    if self._num_tensors > _MAX_TENSORS:
      raise ValueError('there are too many tensors')
    if not isinstance(storage, np.ndarray) or len(size) != len(stride):
      raise ValueError('a tensor has no storage')
    numbers = (offset, *size, *stride)
    if not all(type(n) is int and 0 <= n < 2**40 for n in numbers):
      raise ValueError('a tensor has an impossible shape')
    count = math.prod(size)
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if len(size) > _MAX_RANK or count > storage.size:
      raise ValueError(f'a tensor of shape {size} repeats its numbers')
    if count and last >= storage.size:
      raise ValueError(f'a tensor of shape {size} exceeds its storage')
    return np.lib.stride_tricks.as_strided(
      storage[offset:] if count else storage[:0],
      size,
      [step * storage.itemsize for step in stride],
      writeable=False,
    )


def _parameter(data: Any, *unused: Any) -> np.ndarray:
  del unused
  if not isinstance(data, np.ndarray):
    raise ValueError('a parameter has no tensor')
  return data


def _size(sides: Any = ()) -> tuple:
  return tuple(sides) if isinstance(sides, list | tuple) else ()
