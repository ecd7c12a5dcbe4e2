"""Reads what `flax.serialization.to_bytes` wrote: MessagePack with arrays."""

from typing import Any

import msgpack
import numpy as np

from reincarnating_rl.importers.formats import plain_numbers
from reincarnating_rl.support.errors import DamagedFileError

_ARRAY, _SCALAR = 1, 3  # Flax's extensions of MessagePack.
# Memory for as many items is asked for before any is read.
_MAX_ITEMS = 10_000


def loads(data: bytes, source: str) -> dict[str, Any]:
  """Reads one saved tree.

  Args:
    data: of the whole file.
    source: where it is from, for messages.

  Returns:
    Nested dictionaries of arrays, numbers and text; lists are dictionaries
    with the keys '0', '1', ... Arrays of bfloat16 are of float32.

  Raises:
    DamagedFileError: it is cut short or anything else.
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
      f'{source} is cut short or not of flax.serialization.to_bytes '
      f'({reason}); copy it again from where it came.'
    ) from error
  return tree


def _array(code: int, data: bytes) -> np.ndarray:
  if code not in (_ARRAY, _SCALAR):
    raise ValueError(f'it holds something of the unknown kind {code}')
  shape, type_name, numbers = msgpack.unpackb(data, max_array_len=_MAX_ITEMS)
  if not isinstance(numbers, bytes) or not isinstance(shape, list):
    raise ValueError('an array is not made of bytes')
  return plain_numbers.shaped(numbers, type_name, shape)
