"""Reads and writes JSON, such as the manifests of our checkpoints.

All JSON of the package is written here, so all of it is JSON.
"""

import json
import math
import os
import pathlib
from typing import Any

from reincarnating_rl.support import files
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


def dumps(value: Any, **layout: Any) -> str:
  """Returns JSON; `null` stands for a number that is infinite or none.

  JSON has no such numbers. Python's `json` writes NaN and Infinity, which
  other readers refuse.

  Args:
    value: of dictionaries, lists, strings and numbers.
    **layout: of `json.dumps`.
  """
  try:
    return json.dumps(value, allow_nan=False, **layout)
  except ValueError:
    return json.dumps(_finite(value), allow_nan=False, **layout)


def write(path: str | os.PathLike[str], value: Any, remedy: str) -> None:
  """Writes a JSON file, whole or not at all.

  Args:
    path: of the file; its folder exists.
    value: see `dumps`.
    remedy: see `files.writing`.

  Raises:
    UnwritableError: the file cannot be written.
  """
  data = encoded(path, value)
  with files.writing(path, remedy):
    files.write_atomically(str(path), data)


def encoded(path: str | os.PathLike[str], value: Any) -> bytes:
  """Returns the bytes of a file that `read_json` takes.

  Args:
    path: of the file, for the error.
    value: see `dumps`.

  Raises:
    UnwritableError: it would be larger than `read_json` takes.
  """
  data = dumps(value, indent=1).encode() + b'\n'
  if len(data) > _MAX_BYTES:
    raise files.UnwritableError(
      f'{path} is not written: it would have {len(data):,} bytes, and no more '
      f'than {_MAX_BYTES:,} are read.'
    )
  return data


def _finite(value: Any) -> Any:
  if isinstance(value, float):
    return value if math.isfinite(value) else None
  if isinstance(value, dict):
    return {_finite_key(key): _finite(inner) for key, inner in value.items()}
  if isinstance(value, list | tuple):
    return [_finite(inner) for inner in value]
  return value


def _finite_key(key: Any) -> Any:
  return str(key) if isinstance(key, float) else key
