"""Finds the numbered checkpoints of a folder; never writes into one.

Three sorts have numbers: Dopamine's JAX pickles, `ckpt.N` beside
`sentinel_checkpoint_complete.N`; those of its TensorFlow agents,
`tf_ckpt-N.index` beside `tf_ckpt-N.data-00000-of-00001`; and this project's
own, `ckpt.N.json`.
"""

import difflib
import os
import pathlib
import re

from reincarnating_rl.support.errors import MissingFileError

FOLDER = 'checkpoints'
_SENTINEL = 'sentinel_checkpoint_complete'
PREFIXES = ('ckpt', 'tf_ckpt')  # Dopamine's own.
_FILE = re.compile(r'ckpt\.(\d+)(?:\.json)?')


def find_folder(directory: str | os.PathLike[str]) -> pathlib.Path:
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
  return path / FOLDER if (path / FOLDER).is_dir() else path


def find_run(directory: str | os.PathLike[str]) -> pathlib.Path:
  """Finds the run whose checkpoints a folder holds.

  Args:
    directory: a run, or its checkpoints folder.

  Returns:
    The folder of the run.

  Raises:
    MissingFileError: if there is no such directory.
  """
  folder = find_folder(directory)
  return folder.parent if folder.name == FOLDER else folder


def split_number(path: str) -> tuple[str, int | None]:
  """Splits the file of a checkpoint of ours, `ckpt.N.json` or `ckpt.N`.

  Args:
    path: of a file or a folder.

  Returns:
    The folder and N; the path and None if it is something else.
  """
  folder, name = os.path.split(path)
  match = _FILE.fullmatch(name)
  if match and os.path.isfile(path):
    return folder or os.curdir, int(match[1])
  return path, None


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


def available(
  directory: str | os.PathLike[str], prefix: str = 'ckpt'
) -> list[int]:
  """Lists the numbers that can be asked for, complete or not, ascending."""
  folder = find_folder(directory)
  number = '(0|[1-9][0-9]*)'
  pattern = re.compile(
    re.escape(prefix) + rf'(\.{number}(\.json)?|-{number}\.index)'
  )
  matches = (pattern.fullmatch(name) for name in os.listdir(folder))
  return sorted({int(match[2] or match[4]) for match in matches if match})


def complete(
  directory: str | os.PathLike[str], prefix: str = 'ckpt'
) -> list[int]:
  """Lists the numbers whose writing is known to have ended, ascending.

  TensorFlow writes an index after the data, and needs no sentinel.
  """
  folder = find_folder(directory)
  return [
    number
    for number in available(folder, prefix)
    if (folder / f'{_SENTINEL}.{number}').exists()
    or (folder / f'{prefix}.{number}.json').exists()
    or (folder / f'{prefix}-{number}.index').exists()
  ]


def has_any(folder: pathlib.Path, prefix: str) -> bool:
  """Whether there is a checkpoint of this prefix or of a usual one."""
  return any(available(folder, known) for known in (prefix, *PREFIXES))


def choose(folder: pathlib.Path, number: int | None, prefix: str) -> int:
  """Chooses a number: the given one, or the newest that is complete.

  Args:
    folder: from `find_folder`.
    number: that is asked for, or None.
    prefix: of the files' names.

  Raises:
    MissingFileError: there is none, or none that is known to be complete.
  """
  numbers = available(folder, prefix)
  if not numbers:
    raise MissingFileError(
      f'There is no checkpoint in {folder}, such as {prefix}.0.json, '
      f'{prefix}.0 or {prefix}-0.index; '
      + (
        advise_prefix(folder, prefix)
        or 'give the directory, or the file, of an agent.'
      )
    )
  listed = ', '.join(map(str, numbers))
  if number is None:
    whole = complete(folder, prefix)
    if not whole:
      raise MissingFileError(
        f'No checkpoint in {folder} is marked as complete by a {_SENTINEL} '
        f'file or a manifest; choose one of {listed} with '
        '--teacher_checkpoint_number.'
      )
    return whole[-1]
  if number not in numbers:
    raise MissingFileError(
      f'There is no checkpoint {number} in {folder}; there are: {listed}.'
    )
  return number


def advise_prefix(folder: pathlib.Path, prefix: str) -> str:
  """Advises another prefix, if there are checkpoints of one; else ''."""
  for other in PREFIXES:
    if other != prefix and available(folder, other):
      return f'pass --teacher_checkpoint_file_prefix {other} for those there.'
  return ''
