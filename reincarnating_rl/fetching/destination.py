"""The folder that teachers are downloaded to, and its free space."""

import contextlib
import os
import shutil
from collections.abc import Iterator

import tqdm.auto as tqdm

from reincarnating_rl.fetching.errors import DestinationError

_VARIABLE = 'TEACHER_CKPT_DIR'  # As in the official README.
_MARGIN = 100_000_000  # Bytes to keep free.


def choose(directory: str | None) -> str:
  """Chooses the folder of all teachers.

  Args:
    directory: the user's choice; None for `$TEACHER_CKPT_DIR`, else
      `teacher_ckpts`.

  Returns:
    A path, which may not exist.
  """
  chosen = directory or os.environ.get(_VARIABLE) or 'teacher_ckpts'
  return os.path.expanduser(chosen)


def check_space(directory: str, missing: int) -> None:
  """Checks the free space before a download.

  Args:
    directory: the destination, which may not exist.
    missing: bytes to be written.

  Raises:
    DestinationError: less space than that, plus a margin, is free.
  """
  parent = os.path.abspath(directory)
  while not os.path.isdir(parent):
    parent = os.path.dirname(parent)
  free = shutil.disk_usage(parent).free
  needed = missing + _MARGIN if missing else 0
  if free < needed:
    raise DestinationError(
      f'{directory} needs {size_text(needed)}, but its disk has only '
      f'{size_text(free)} free: free some, or choose another --dest.'
    )


def size_text(size: int) -> str:
  """Returns a readable number of bytes, such as `7.06GB`."""
  return tqdm.tqdm.format_sizeof(size, 'B')


@contextlib.contextmanager
def writing(directory: str) -> Iterator[None]:
  """Turns an `OSError` about files into a one-line error.

  Args:
    directory: read and written in this context.

  Raises:
    DestinationError: for example, the disk is full or not writable.
  """
  try:
    yield
  except OSError as error:
    reason = ' '.join(str(error.strerror or error).split())
    raise DestinationError(
      f'{error.filename or directory} cannot be written ({reason}): fix that '
      'and run the same command again, which resumes the download.'
    ) from error
