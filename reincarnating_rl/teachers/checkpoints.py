"""Reads the parameters of a teacher, whatever wrote them."""

import os
from typing import Any, NamedTuple

from reincarnating_rl.errors import MissingFileError
from reincarnating_rl.formats.json_file import read_json
from reincarnating_rl.teachers import (
  checkpoint_files,
  compact,
  description,
  dopamine_checkpoints,
  tf_checkpoints,
)
from reincarnating_rl.teachers.description import Description
from reincarnating_rl.types import Params


class TeacherCheckpoint(NamedTuple):
  """What a checkpoint says about a teacher."""

  params: Params  # {'params': ...}, NumPy arrays
  number: int
  path: str
  metadata: dict[str, Any]  # the manifest, or a pickle's counters
  sha256: str  # of the file that holds the parameters
  description: Description | None = None  # of the network, if it has one


def load_checkpoint(
  directory: str | os.PathLike[str],
  number: int | None = None,
  prefix: str = 'ckpt',
) -> TeacherCheckpoint:
  """Reads the parameters of a teacher.

  Args:
    directory: of a run, or of its checkpoints.
    number: which checkpoint; None for the newest complete one.
    prefix: of the files' names.

  Returns:
    The parameters and where they are from.

  Raises:
    MissingFileError: if there is no such directory or checkpoint.
    DamagedFileError: if a file is cut short or altered.
    UnsafeFileError: if a pickle asks for more than data.
  """
  folder = checkpoint_files.find_folder(directory)
  number = checkpoint_files.choose(folder, number, prefix)
  manifest_path = folder / f'{prefix}.{number}.json'
  index = folder / f'{prefix}-{number}.index'
  path = index if index.exists() else manifest_path.with_suffix('')
  told = None
  try:
    if manifest_path.exists():
      tree, metadata, checksum = compact.read_compact(manifest_path)
      path = folder / next(iter(metadata['files']))
      told = description.from_manifest(metadata, str(manifest_path))
    elif path == index:
      tree, checksum = tf_checkpoints.read_params(index)
      metadata = {'format': 'tensorflow'}
    else:
      tree, metadata, checksum = dopamine_checkpoints.read_params(path)
  except OSError as error:
    raise MissingFileError(
      f'{path} cannot be read: {error.strerror}; check what it is.'
    ) from error
  return TeacherCheckpoint(tree, number, str(path), metadata, checksum, told)


def read_lineage(directory: str | os.PathLike[str]) -> dict[str, Any] | None:
  """Reads `lineage.json` of the run that made a teacher, if it left one.

  Args:
    directory: of a run, or of its checkpoints.

  Returns:
    The teacher's own lineage, or None.

  Raises:
    DamagedFileError: if the file is not JSON.
  """
  folder = checkpoint_files.find_folder(directory)
  run = folder.parent if folder.name == checkpoint_files.FOLDER else folder
  path = run / 'lineage.json'
  return read_json(path) if path.is_file() else None
