"""Which reader a file of another library needs; told by its suffix."""

import functools
import pathlib
from collections.abc import Callable

from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.teachers.foreign import (
  cleanrl,
  stable_baselines3,
  torch_policies,
)
from reincarnating_rl.teachers.foreign.base import Foreign
from reincarnating_rl.teachers.foreign.layers import Layers

Reader = Callable[..., Foreign]
_READERS: dict[str, Reader] = {
  '.cleanrl_model': cleanrl.read,
  '.zip': stable_baselines3.read,
}
_STATE_DICTS = ('.pt', '.pth', '.safetensors')
SUFFIXES = (*_READERS, *_STATE_DICTS)


def find(folder: pathlib.Path) -> list[pathlib.Path]:
  """Lists the files of a folder that may hold a teacher, by name."""
  return sorted(
    path
    for path in folder.iterdir()
    if path.suffix in SUFFIXES and path.is_file()
  )


def choose(folder: pathlib.Path) -> pathlib.Path | None:
  """Returns the one file of a folder that may hold a teacher, if there is one.

  Raises:
    MissingFileError: there are several.
  """
  found = find(folder)
  if len(found) <= 1:
    return found[0] if found else None
  names = ', '.join(path.name for path in found[:8])
  raise MissingFileError(
    f'{folder} has several files that may be the teacher ({names}): give the '
    'path of one of them.'
  )


def reader_of(path: pathlib.Path, layers: Layers | None) -> Reader:
  """Returns what reads a file.

  Args:
    path: of the file.
    layers: the declaration of its layers, if there is one; it overrides what
      is known of a library.

  Raises:
    MissingFileError: no suffix that is known.
  """
  if path.suffix in _STATE_DICTS or (layers and path.suffix in _READERS):
    return functools.partial(torch_policies.read, layers=layers)
  if path.suffix not in _READERS:
    raise MissingFileError(
      f'{path} is no file of a teacher that is known: they end in '
      f'{", ".join(SUFFIXES)}; for a checkpoint, give its directory.'
    )
  return _READERS[path.suffix]
