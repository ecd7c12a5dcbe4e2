"""What Dopamine takes from TensorFlow when it is imported.

Dopamine imports TensorFlow for its TensorFlow agents, for summaries and for
files. What this package uses of Dopamine needs the files alone, and TensorFlow
takes seconds to import, and 2 GB to install. A Dopamine whose JAX agents do
without it would retire this.

`tools/no_tensorflow` satisfies Dopamine's requirement without TensorFlow.
"""

import contextlib
import functools
import glob
import io
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from reincarnating_rl.support.errors import UserError

_PACKAGE = 'tensorflow'
# Flax's writer of summaries, for Dopamine's PPO. It imports TensorFlow, too.
_SUMMARIES = 'flax.metrics.tensorboard'
_FIX = 'import tensorflow before reincarnating_rl (pip install tensorflow-cpu).'
_importing = False


def is_needed() -> bool:
  """Returns whether nobody has imported TensorFlow.

  Whoever has, in this process, gets Dopamine with TensorFlow.
  """
  return sys.modules.get(_PACKAGE) is None


@contextlib.contextmanager
def standing_in() -> Iterator[None]:
  """Has whoever imports TensorFlow find names that do nothing, for a while.

  Whoever imports it later gets the real one, or finds that there is none.
  """
  global _importing
  modules = {_PACKAGE: _tensorflow(), _SUMMARIES: _Name(_SUMMARIES)}
  before = {name: sys.modules[name] for name in modules if name in sys.modules}
  sys.modules.update(modules)
  _importing = True
  try:
    yield
  finally:
    _importing = False
    for name in modules:
      del sys.modules[name]
    sys.modules.update(before)


class _Name:
  """A name of TensorFlow's, and all names below it."""

  def __init__(self, path: str) -> None:
    self._path = path

  def __getattr__(self, name: str) -> '_Name':
    if name.startswith('__'):  # Python asks which protocols there are.
      raise AttributeError(name)
    return _Name(f'{self._path}.{name}')

  def __call__(self, *arguments: Any, **keywords: Any) -> '_Name':
    """Is a default of an argument at import, and an error afterwards.

    Raises:
      UserError: Dopamine uses TensorFlow.
    """
    if not _importing:
      raise UserError(f'Dopamine needs {self._path} for this: {_FIX}')
    return self

  def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
    return (_Base,)


class _Base:
  """The base of a class whose base is TensorFlow's."""

  def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
    """Makes no object.

    Raises:
      UserError: always.
    """
    raise UserError(f'{cls.__name__} is made of TensorFlow: {_FIX}')


class _Writer(io.BufferedWriter):
  """A file that takes text and bytes, as TensorFlow's do in any mode."""

  def write(self, data: Any) -> int:
    """Writes a text or bytes."""
    return super().write(data.encode() if isinstance(data, str) else data)


def _open(path: str, mode: str = 'r') -> IO:
  """Is `tf.io.gfile.GFile`."""
  return open(path, mode) if 'r' in mode else _Writer(io.FileIO(path, mode[0]))


def _tensorflow() -> _Name:
  """Makes the stand-in, with all that Dopamine's other half uses."""
  made = _Name(_PACKAGE)
  made.uint8 = np.uint8  # A default of settings.
  made.io = _Name(f'{_PACKAGE}.io')
  made.io.gfile = _Name(f'{_PACKAGE}.io.gfile')
  made.io.gfile.GFile = _open
  made.io.gfile.exists, made.io.gfile.remove = os.path.exists, os.remove
  made.io.gfile.glob = glob.glob
  made.io.gfile.makedirs = functools.partial(os.makedirs, exist_ok=True)
  made.errors = _Name(f'{_PACKAGE}.errors')
  made.errors.OpError = OSError
  made.errors.NotFoundError = FileNotFoundError
  made.errors.PermissionDeniedError = PermissionError
  return made
