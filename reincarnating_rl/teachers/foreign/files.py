"""Which reader a file of another library needs; told by its suffix."""

import functools
import pathlib
import zipfile
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
# Of what Stable-Baselines3 puts into a model's zip file, no parameters.
_NO_MODELS = ('policy.optimizer.pth', 'pytorch_variables.pth')


def find(folder: pathlib.Path) -> list[pathlib.Path]:
  """Lists the files of a folder that may hold a teacher, by name."""
  return sorted(
    path
    for path in folder.iterdir()
    if path.suffix in SUFFIXES and path.is_file() and _may_be_model(path)
  )


def _may_be_model(path: pathlib.Path) -> bool:
  """Whether it is no other file that is kept beside a model.

  The zoo of Stable-Baselines3 keeps a `train_eval_metrics.zip` there.
  """
  if path.suffix != '.zip':
    return path.name not in _NO_MODELS
  try:
    with zipfile.ZipFile(path) as file:
      return stable_baselines3.MEMBERS <= set(file.namelist())
  except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
    return True  # A damaged one is told when it is read.


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


def state_shape(path: pathlib.Path) -> tuple[int, ...] | None:
  """Returns the shape of a teacher's states, (*O, S), if its file tells it."""
  if path.suffix != '.zip' or not path.is_file():
    return None
  return stable_baselines3.state_shape(path)


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
