"""Finds and reads teachers' checkpoints; never writes into their folders.

Three formats are read: Dopamine's JAX pickles of every era, `ckpt.N` beside
`sentinel_checkpoint_complete.N`; those of its TensorFlow agents,
`tf_ckpt-N.index` beside `tf_ckpt-N.data-00000-of-00001`; and this project's own
(`compact`), which every run of its runner leaves, so that a student can be the
next teacher.
"""

import difflib
import hashlib
import os
import pathlib
import re
from typing import Any, NamedTuple

from reincarnating_rl.errors import DamagedFileError, MissingFileError
from reincarnating_rl.formats import safe_pickle
from reincarnating_rl.formats.json_file import read_json
from reincarnating_rl.teachers import compact, params, tf_checkpoints
from reincarnating_rl.teachers.compact import write_compact
from reincarnating_rl.types import Params

__all__ = [
  'TeacherCheckpoint',
  'available_checkpoints',
  'complete_checkpoints',
  'find_checkpoint_dir',
  'load_checkpoint',
  'read_lineage',
  'write_compact',
]

_SENTINEL = 'sentinel_checkpoint_complete'
_FOLDER = 'checkpoints'
_PARAMS = ('online_params', 'network_params')  # The latter are PPO's.
_PREFIXES = ('ckpt', 'tf_ckpt')  # Dopamine's own.


class TeacherCheckpoint(NamedTuple):
  """What a checkpoint says about a teacher."""

  params: Params  # {'params': ...}, NumPy arrays
  number: int
  path: str
  metadata: dict[str, Any]  # the manifest, or a pickle's counters
  sha256: str  # of the file that holds the parameters


def find_checkpoint_dir(directory: str | os.PathLike[str]) -> pathlib.Path:
  """Finds the checkpoints folder of a run.

  Args:
    directory: a run, which holds `checkpoints/`, or that folder itself.

  Returns:
    The folder of the checkpoints.

  Raises:
    MissingFileError: if there is no such directory.
  """
  path = pathlib.Path(directory).expanduser()
  if not path.is_dir():
    raise MissingFileError(_no_directory(path))
  return path / _FOLDER if (path / _FOLDER).is_dir() else path


def _no_directory(path: pathlib.Path) -> str:
  if path.exists():
    return f'{path} is a file; give the directory of the teacher.'
  parent, missing = path.absolute(), path.name
  while not parent.is_dir():
    parent, missing = parent.parent, parent.name
  names = sorted(entry.name for entry in parent.iterdir() if entry.is_dir())
  near = difflib.get_close_matches(missing, names, n=3)
  hint = f', did you mean {" or ".join(near)}' if near else ''
  return f'There is no directory {path}: {parent} has no {missing}{hint}.'


def available_checkpoints(
  directory: str | os.PathLike[str], prefix: str = 'ckpt'
) -> list[int]:
  """Lists the numbers that can be asked for, complete or not, ascending."""
  folder = find_checkpoint_dir(directory)
  number = '(0|[1-9][0-9]*)'
  pattern = re.compile(
    re.escape(prefix) + rf'(\.{number}(\.json)?|-{number}\.index)'
  )
  matches = (pattern.fullmatch(name) for name in os.listdir(folder))
  return sorted({int(match[2] or match[4]) for match in matches if match})


def complete_checkpoints(
  directory: str | os.PathLike[str], prefix: str = 'ckpt'
) -> list[int]:
  """Lists the numbers whose writing is known to have ended, ascending.

  TensorFlow writes an index after the data, and needs no sentinel.
  """
  folder = find_checkpoint_dir(directory)
  return [
    number
    for number in available_checkpoints(folder, prefix)
    if (folder / f'{_SENTINEL}.{number}').exists()
    or (folder / f'{prefix}.{number}.json').exists()
    or (folder / f'{prefix}-{number}.index').exists()
  ]


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
  folder = find_checkpoint_dir(directory)
  number = _choose(folder, number, prefix)
  manifest_path = folder / f'{prefix}.{number}.json'
  index = folder / f'{prefix}-{number}.index'
  path = index if index.exists() else manifest_path.with_suffix('')
  try:
    if manifest_path.exists():
      tree, metadata, checksum = compact.read_compact(manifest_path)
      path = folder / next(iter(metadata['files']))
    elif path == index:
      tree, checksum = tf_checkpoints.read_params(index)
      metadata = {'format': 'tensorflow'}
    else:
      tree, metadata, checksum = _read_pickle(path)
  except OSError as error:
    raise MissingFileError(
      f'{path} cannot be read: {error.strerror}; check what it is.'
    ) from error
  return TeacherCheckpoint(tree, number, str(path), metadata, checksum)


def _choose(folder: pathlib.Path, number: int | None, prefix: str) -> int:
  available = available_checkpoints(folder, prefix)
  if not available:
    raise MissingFileError(
      f'There is no checkpoint in {folder}, such as {prefix}.0.json, '
      f'{prefix}.0 or {prefix}-0.index; '
      + (_other_prefix(folder, prefix) or 'give the directory of an agent.')
    )
  listed = ', '.join(map(str, available))
  if number is None:
    complete = complete_checkpoints(folder, prefix)
    if not complete:
      raise MissingFileError(
        f'No checkpoint in {folder} is marked as complete by a {_SENTINEL} '
        f'file or a manifest; choose one of {listed} with '
        '--teacher_checkpoint_number.'
      )
    return complete[-1]
  if number not in available:
    raise MissingFileError(
      f'There is no checkpoint {number} in {folder}; there are: {listed}.'
    )
  return number


def _other_prefix(folder: pathlib.Path, prefix: str) -> str:
  """Advises the prefix of checkpoints that are there, if there are any."""
  for other in _PREFIXES:
    if other != prefix and available_checkpoints(folder, other):
      return f'pass --teacher_checkpoint_file_prefix {other} for those there.'
  return ''


def _read_pickle(path: pathlib.Path) -> tuple[Params, dict[str, Any], str]:
  data = path.read_bytes()
  bundle = safe_pickle.loads(data, str(path))
  names = [
    name for name in _PARAMS if isinstance(bundle, dict) and name in bundle
  ]
  if not names:
    raise DamagedFileError(
      f'{path} has no {" or ".join(_PARAMS)}; '
      + (
        # Beside its variables, a TensorFlow agent leaves a pickle of the rest.
        _other_prefix(path.parent, path.stem)
        or "give the checkpoint of one of Dopamine's agents or this project's."
      )
    )
  counters = ('training_steps', 'current_iteration')
  metadata: dict[str, Any] = {'format': 'dopamine'}
  for key in counters:
    if isinstance(bundle.get(key), int):
      metadata[key] = bundle[key]
  tree = params.from_pickle(bundle[names[0]], str(path))
  return tree, metadata, hashlib.sha256(data).hexdigest()


def read_lineage(directory: str | os.PathLike[str]) -> dict[str, Any] | None:
  """Reads `lineage.json` of the run that made a teacher, if it left one.

  Args:
    directory: of a run, or of its checkpoints.

  Returns:
    The teacher's own lineage, or None.

  Raises:
    DamagedFileError: if the file is not JSON.
  """
  folder = find_checkpoint_dir(directory)
  run = folder.parent if folder.name == _FOLDER else folder
  path = run / 'lineage.json'
  return read_json(path) if path.is_file() else None
