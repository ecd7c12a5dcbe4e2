"""Reads files of `flax.serialization.to_bytes`: MessagePack with arrays."""

from typing import Any

import msgpack
import numpy as np

from reincarnating_rl.importers.formats import plain_numbers
from reincarnating_rl.support.errors import DamagedFileError

_ARRAY, _SCALAR = 1, 3  # Flax's MessagePack extension codes.
# msgpack allocates memory for this many items before it reads them.
_MAX_ITEMS = 10_000


def loads(data: bytes, source: str) -> dict[str, Any]:
  """Reads one saved tree.

  Args:
    data: the whole file.
    source: path of the file, for messages.

  Returns:
    Nested dictionaries of arrays, numbers and text. Lists are dictionaries
    with the keys '0', '1', ... bfloat16 arrays become float32.

  Raises:
    DamagedFileError: the file is cut short, or not a saved tree.
  """
  try:
    tree = msgpack.unpackb(
      data,
      ext_hook=_array,
      max_map_len=_MAX_ITEMS,
      max_array_len=_MAX_ITEMS,
    )
    if not isinstance(tree, dict):
      raise ValueError('it holds no dictionary')
  except (ValueError, TypeError, msgpack.UnpackException) as error:
    reason = ascii(str(error)[:100])[1:-1] or type(error).__name__
    raise DamagedFileError(
      f'{source} is cut short or not from flax.serialization.to_bytes '
      f'({reason}): copy it again from its source.'
    ) from error
  return tree


def _array(code: int, data: bytes) -> np.ndarray:
  if code not in (_ARRAY, _SCALAR):
    raise ValueError(f'it holds a value of the unknown kind {code}')
  shape, type_name, numbers = msgpack.unpackb(data, max_array_len=_MAX_ITEMS)
  if not isinstance(numbers, bytes) or not isinstance(shape, list):
    raise ValueError('an array is not made of bytes')
  return plain_numbers.shaped(numbers, type_name, shape)
