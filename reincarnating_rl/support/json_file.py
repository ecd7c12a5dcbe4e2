"""Reads JSON objects, such as the manifests of our checkpoints."""

import json
import pathlib
from typing import Any

from reincarnating_rl.support.errors import DamagedFileError

_MAX_BYTES = 2**26  # A manifest of a million steps has 100,000.


def read_json(path: pathlib.Path) -> dict[str, Any]:
  """Reads a JSON object.

  Raises:
    OSError: the file cannot be read.
    DamagedFileError: the file is too large or not a JSON object.
  """
  if path.stat().st_size > _MAX_BYTES:
    raise DamagedFileError(
      f'{path} is too large to be a manifest: copy it again from its source.'
    )
  try:
    value = json.loads(path.read_bytes())
  except (ValueError, RecursionError) as error:
    raise DamagedFileError(
      f'{path} is not JSON ({str(error)[:100]}): copy it again from its source.'
    ) from error
  if not isinstance(value, dict):
    raise DamagedFileError(
      f'{path} is not a JSON object: copy it again from its source.'
    )
  return value
