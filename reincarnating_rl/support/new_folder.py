"""Folders that are there when they are whole."""

import contextlib
import os
import shutil
from collections.abc import Iterator

from reincarnating_rl.support import claims, files
from reincarnating_rl.support.errors import UserError


def check_empty(out: str, flag: str) -> None:
  """Refuses a path where a new folder would hide what is there.

  Args:
    out: where the folder is to be.
    flag: that names it, for messages.

  Raises:
    UserError: it is there, and is not an empty folder.
  """
  if os.path.lexists(out) and not (os.path.isdir(out) and not os.listdir(out)):
    raise UserError(
      f'{out} is there and is not an empty folder: choose another {flag}.'
    )


@contextlib.contextmanager
def writing(out: str, flag: str) -> Iterator[str]:
  """Yields a folder that takes the place of `out` once all is in it.

  What a kill leaves of it, the next attempt removes.

  Args:
    out: path of the folder; nothing is there, or an empty folder.
    flag: that names it, for messages.

  Raises:
    UserError: it cannot be written, or another process writes it.
  """
  remedy = f'choose another {flag}'
  out = os.path.abspath(out)
  place = f'{out}.part'
  with claims.claimed(place, flag):
    part = os.path.join(place, 'out')
    shutil.rmtree(part, ignore_errors=True)
    try:
      with files.writing(out, remedy):
        os.mkdir(part)
      yield part
      with files.writing(out, remedy):
        os.replace(part, out)  # Onto an empty folder, or nothing.
        files.sync_directory(os.path.dirname(out))
    finally:
      shutil.rmtree(part, ignore_errors=True)
  with contextlib.suppress(OSError):  # Of a kill, or claimed by another.
    os.rmdir(place)
