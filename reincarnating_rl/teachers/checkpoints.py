"""Reads the parameters of a teacher, whatever wrote them."""

import os
import pathlib
from typing import Any, NamedTuple

from reincarnating_rl.learner.types import Params
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.support.json_file import read_json
from reincarnating_rl.teachers import (
  checkpoint_files,
  description,
  dopamine_checkpoints,
  native_checkpoint,
  tf_checkpoints,
)
from reincarnating_rl.teachers import params as params_lib
from reincarnating_rl.teachers.description import Description
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign import files as foreign_files
from reincarnating_rl.teachers.foreign import statistics_files
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.foreign.layers import Layers


class TeacherCheckpoint(NamedTuple):
  """What a checkpoint says about a teacher."""

  params: Params  # {'params': ...}, NumPy arrays
  number: int | None  # None for a file of another library
  path: str
  metadata: dict[str, Any]  # the manifest, or what else is known
  sha256: str  # of the file that holds the parameters
  description: Description | None = None  # of the network, if it has one


def load_checkpoint(
  directory: str | os.PathLike[str],
  number: int | None = None,
  prefix: str = 'ckpt',
  *,
  layers: Layers | None = None,
  target: Target | None = None,
  statistics: str | None = None,
) -> TeacherCheckpoint:
  """Reads the parameters of a teacher.

  Args:
    directory: of a run, or of its checkpoints; or a file of another library,
      or a directory that has one.
    number: which checkpoint; None for the newest complete one.
    prefix: of the files' names.
    layers: declares which parameters of a file are which layers.
    target: the game that a file of another library is converted for; None if
      it is known to be none.
    statistics: file of those by which observations are normalized, for a file
      of another library; 'none' if they are not, None to look for it.

  Returns:
    The parameters and where they are from.

  Raises:
    MissingFileError: if there is no such directory or checkpoint.
    DamagedFileError: if a file is cut short or altered.
    UnsafeFileError: if a pickle asks for more than data.
    MismatchedTeacherError: if a parameter is not finite.
    TeacherError: if a file of another library does not fit the game.
  """
  path = pathlib.Path(directory).expanduser()
  if path.is_file():
    if number is not None:
      raise MissingFileError(
        f'{path} is one file, without numbers: leave out '
        '--teacher_checkpoint_number.'
      )
    return _load_foreign(path, layers, target, statistics)
  folder = checkpoint_files.find_folder(path)
  if not checkpoint_files.has_any(folder, prefix) and number is None:
    file = foreign_files.choose(folder)
    if file is not None:
      return _load_foreign(file, layers, target, statistics)
  for name, given in (
    ('observation_statistics', statistics),
    ('layers', layers),
  ):
    if given is not None:
      raise TeacherError(
        f'create_teacher.{name} is for files of other libraries, and {folder} '
        'has checkpoints; leave it out, or convert the file that they are from.'
      )
  found = _load_numbered(folder, number, prefix)
  params_lib.check_finite(found.params, found.path)
  return found


def _load_foreign(
  path: pathlib.Path,
  layers: Layers | None,
  target: Target | None,
  statistics: str | None,
) -> TeacherCheckpoint:
  read = foreign_files.reader_of(path, layers)
  searched = statistics_files.search(path, statistics)
  found = read(path, target=target, statistics=searched.statistics)
  told = Description(found.kind, LayeredNetwork.__name__, found.network)
  metadata = found.metadata | statistics_files.describe(
    searched, found.network['scale']
  )
  return TeacherCheckpoint(
    found.params, None, str(path), metadata, found.sha256, told
  )


def _load_numbered(
  folder: pathlib.Path, number: int | None, prefix: str
) -> TeacherCheckpoint:
  number = checkpoint_files.choose(folder, number, prefix)
  manifest_path = folder / f'{prefix}.{number}.json'
  index = folder / f'{prefix}-{number}.index'
  path = index if index.exists() else manifest_path.with_suffix('')
  told = None
  try:
    if manifest_path.exists():
      tree, metadata, checksum = native_checkpoint.read(manifest_path)
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
    directory: of a run, or of its checkpoints; a file has no lineage.

  Returns:
    The teacher's own lineage, or None.

  Raises:
    DamagedFileError: if the file is not JSON.
  """
  given = pathlib.Path(directory).expanduser()
  if given.is_file():
    return None
  path = checkpoint_files.find_run(given) / 'lineage.json'
  return read_json(path) if path.is_file() else None
