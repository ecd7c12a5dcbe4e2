"""JSON objects, such as the manifests of our checkpoints."""

import json
import pathlib
from typing import Any

from reincarnating_rl.support.errors import DamagedFileError

_MAX_BYTES = 2**26  # Those of a million steps have a hundred thousand.


def read_json(path: pathlib.Path) -> dict[str, Any]:
  """Reads a JSON object.

  Raises:
    OSError: if the file cannot be read.
    DamagedFileError: if the file holds anything else.
  """
  if path.stat().st_size > _MAX_BYTES:
    raise DamagedFileError(f'{path} is too large to be a manifest.')
  try:
    value = json.loads(path.read_bytes())
  except (ValueError, RecursionError) as error:
    raise DamagedFileError(
      f'{path} is not JSON ({str(error)[:100]}); copy it again from where it '
      'came.'
    ) from error
  if not isinstance(value, dict):
    raise DamagedFileError(
      f'{path} is not a JSON object; copy it again from where it came.'
    )
  return value
