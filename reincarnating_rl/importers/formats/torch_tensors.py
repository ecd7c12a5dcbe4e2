"""PyTorch's tensors as NumPy arrays, of the storages that a file holds."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from reincarnating_rl.importers.formats import (
  pickle_names,
  plain_numbers,
)
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
# Their classes are met in checkpoints of training scripts.
_LIBRARIES = frozenset('argparse gym gymnasium pathlib torch'.split())
_MAX_RANK, _MAX_TENSORS = 8, 100_000


class Tensors:
  """What the names and persistent ids in a pickle of tensors stand for.

  Arrays are views of their storages, and none has more numbers than its
  storage: however often they repeat each other, they cost no memory.
  """

  def __init__(self, read_storage: Callable[[str], bytes]) -> None:
    """Makes an interpreter of names.

    Args:
      read_storage: returns what a storage holds, given its key; raises a
        LookupError if there is none.
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
      ValueError: it is anything else, or there is no such storage.
    """
    kind, storage, key, _, count = persistent_id
    if kind != 'storage' or not isinstance(storage, Name):
      raise ValueError('a persistent id is that of no storage')
    _, _, type_name = storage.path.rpartition('.')
    if storage.path != f'torch.{type_name}' or type_name not in _STORAGES:
      raise ValueError(f'a tensor is made of {storage.path[:50]!a}')
    if not isinstance(key, str):
      raise ValueError('a storage has no key')
    if key not in self._storages:
      self._storages[key] = (
        type_name,
        plain_numbers.from_bytes(self._read_storage(key), _STORAGES[type_name]),
      )
    known_type, array = self._storages[key]
    if known_type != type_name or len(array) != count:
      raise ValueError(f'a storage is not of {count!a:.20} {type_name}')
    return array

  def _tensor(
    self, storage: Any, offset: Any, size: Any, stride: Any, *unused: Any
  ) -> np.ndarray:
    """What `_rebuild_tensor_v2` does, after checking."""
    del unused  # Gradients and hooks mean nothing here.
    self._num_tensors += 1
    if self._num_tensors > _MAX_TENSORS:
      raise ValueError('there are too many tensors')
    if not isinstance(storage, np.ndarray) or len(size) != len(stride):
      raise ValueError('a tensor is made of no storage')
    numbers = (offset, *size, *stride)
    if not all(type(n) is int and 0 <= n < 2**40 for n in numbers):
      raise ValueError('a tensor has an impossible shape')
    count = math.prod(size)
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if len(size) > _MAX_RANK or count > storage.size:
      raise ValueError(f'a tensor of shape {size} repeats its numbers')
    if count and last >= storage.size:
      raise ValueError(f'a tensor of shape {size} leaves its storage')
    return np.lib.stride_tricks.as_strided(
      storage[offset:] if count else storage[:0],
      size,
      [step * storage.itemsize for step in stride],
      writeable=False,
    )


def _parameter(data: Any, *unused: Any) -> np.ndarray:
  del unused
  if not isinstance(data, np.ndarray):
    raise ValueError('a parameter is made of no tensor')
  return data


def _size(sides: Any = ()) -> tuple:
  return tuple(sides) if isinstance(sides, list | tuple) else ()
