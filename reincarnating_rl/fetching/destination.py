"""The folder that teachers are fetched into: which, and whether it has room."""

import contextlib
import os
import shutil
from collections.abc import Iterator

import tqdm.auto as tqdm

from reincarnating_rl.fetching.errors import DestinationError

_VARIABLE = 'TEACHER_CKPT_DIR'  # As in the official README.
_MARGIN = 100_000_000  # Bytes left to everything else.


def choose(directory: str | None) -> str:
  """Chooses the folder of all teachers.

  Args:
    directory: the user's; None for `$TEACHER_CKPT_DIR`, else `teacher_ckpts`.

  Returns:
    A path; it need not exist.
  """
  chosen = directory or os.environ.get(_VARIABLE) or 'teacher_ckpts'
  return os.path.expanduser(chosen)


def check_space(directory: str, missing: int) -> None:
  """Checks that there is room before anything is fetched.

  Args:
    directory: where; it need not exist.
    missing: bytes that will be written.

  Raises:
    DestinationError: there is less, with a margin.
  """
  there = os.path.abspath(directory)
  while not os.path.isdir(there):
    there = os.path.dirname(there)
  free = shutil.disk_usage(there).free
  needed = missing + _MARGIN if missing else 0
  if free < needed:
    raise DestinationError(
      f'{directory} needs {size_text(needed)} and its disk has '
      f'{size_text(free)} free: free some, or choose another --dest.'
    )


def size_text(size: int) -> str:
  """Returns a number of bytes for people, such as `7.06GB`."""
  return tqdm.tqdm.format_sizeof(size, 'B')


@contextlib.contextmanager
def writing(directory: str) -> Iterator[None]:
  """Turns an `OSError` about files into one line.

  Args:
    directory: where something is read and written in this context.

  Raises:
    DestinationError: the disk is full, or it may not be written, say.
  """
  try:
    yield
  except OSError as error:
    reason = ' '.join(str(error.strerror or error).split())
    raise DestinationError(
      f'{error.filename or directory} cannot be written ({reason}): mend that, '
      'and the same command goes on from here.'
    ) from error
