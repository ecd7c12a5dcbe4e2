"""Reads the tensors of a safetensors file, whoever wrote it."""

import numpy as np
import safetensors

from reincarnating_rl.importers.formats import plain_numbers
from reincarnating_rl.support.errors import DamagedFileError

_TYPES = {
  'BOOL': 'bool',
  'BF16': 'bfloat16',
  **{
    f'{kind}{bits}': f'{name}{bits}'
    for kind, name in (('F', 'float'), ('I', 'int'), ('U', 'uint'))
    for bits in (8, 16, 32, 64)
  },
}


def is_safetensors(data: bytes) -> bool:
  """Returns whether data begin like such a file: a length, then JSON."""
  return data[8:9] == b'{'


def loads(data: bytes, source: str) -> dict[str, np.ndarray]:
  """Reads all tensors.

  Args:
    data: the whole file.
    source: path of the file, for messages.

  Returns:
    The tensors by name, read-only; bfloat16 as float32.

  Raises:
    DamagedFileError: the file is cut short, altered, or has tensors of types
      that NumPy lacks.
  """
  try:
    return {
      name: plain_numbers.shaped(
        bytes(tensor['data']),
        _TYPES.get(tensor['dtype'], tensor['dtype']),
        tensor['shape'],
      )
      for name, tensor in safetensors.deserialize(data)
    }
  except (safetensors.SafetensorError, ValueError) as error:
    reason = ascii(str(error)[:100])[1:-1]
    raise DamagedFileError(
      f'{source} is not a file of tensors ({reason}): copy it again from its '
      'source.'
    ) from error
