"""Teachers of other libraries, once they are layers of our own."""

import hashlib
import os
import pathlib
from typing import Any, NamedTuple

from reincarnating_rl.learner.types import Params
from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.teachers.actions import ActionMap


class Target(NamedTuple):
  """The game that a teacher is converted for."""

  num_actions: int  # A
  state_shape: tuple[int, ...]  # (*O, S), of one state
  action_map: ActionMap | None = None  # None: the teacher has the same actions


class Foreign(NamedTuple):
  """The teacher that a file of another library holds."""

  kind: str  # key of `KINDS`
  network: dict[str, Any]  # fields of `LayeredNetwork` but `num_actions`; JSON
  params: Params  # {'params': ...} of that network, NumPy arrays of float32
  sha256: str  # of the file
  metadata: dict[str, Any]  # where it is from, and what was assumed; JSON


def read_file(path: str | os.PathLike[str]) -> tuple[bytes, str]:
  """Reads a file whole.

  Returns:
    What it holds, and the SHA-256 of that, in hex.

  Raises:
    MissingFileError: it cannot be read.
  """
  try:
    data = pathlib.Path(path).expanduser().read_bytes()
  except OSError as error:
    raise MissingFileError(
      f'{path} cannot be read: {error.strerror}; check what it is.'
    ) from error
  return data, hashlib.sha256(data).hexdigest()
