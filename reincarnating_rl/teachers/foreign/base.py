"""Teachers of other libraries, once they are layers of our own."""

import hashlib
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.learner.types import Params
from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.teachers.actions import ActionMap

# Entries of what a file says.
MASKS = 'masks'  # what became of them
ASSUMED = 'assumed'  # of its layers: what nobody declared and no file shows


class Target(NamedTuple):
  """The game that a teacher is converted for."""

  actions: Actions
  state_shape: tuple[int, ...]  # (*O, S), of one state
  action_map: ActionMap | None = None  # None: the teacher has the same actions
  are_pixels: bool = False  # observations are bytes up to 255


class Foreign(NamedTuple):
  """The teacher that a file of another library holds."""

  kind: str  # key of `KINDS`
  network: dict[str, Any]  # fields of `LayeredNetwork` but `num_actions`; JSON
  params: Params  # {'params': ...} of that network, NumPy arrays of float32
  sha256: str  # of the file
  metadata: dict[str, Any]  # where it is from, and what was assumed; JSON


def algorithm_of(metadata: Mapping[str, Any]) -> str | None:
  """Returns the algorithm that trained a teacher, such as 'trpo'.

  Args:
    metadata: of its file, or the manifest of what was converted from that.
  """
  told = metadata.get('teacher', metadata)
  algorithm = told.get('algorithm') if isinstance(told, Mapping) else None
  return algorithm if isinstance(algorithm, str) else None


def notes(lineage: Mapping[str, Any]) -> Iterator[str]:
  """Yields what a user must know of a teacher's file, a line each.

  Args:
    lineage: of the teacher, `Teacher.lineage`.
  """
  told = lineage.get('described_as')
  if not isinstance(told, Mapping):
    return
  if told.get(MASKS):
    yield f'The masks of the actions of the teacher are {told[MASKS]}.'
  if told.get(ASSUMED):
    yield (
      f'{told[ASSUMED]} by default, for no file shows it: declare what the '
      "teacher's network has."
    )


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
