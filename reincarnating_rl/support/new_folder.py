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
    UserError: it cannot be written, or another process writes it; before the
      work, where that can be known.
  """
  remedy = f'choose another {flag}'
  out = os.path.realpath(out)  # A link stays one.
  place = f'{out}.part'
  with claims.claimed(place, flag):
    part = os.path.join(place, 'out')
    shutil.rmtree(part, ignore_errors=True)
    try:
      with files.writing(out, remedy):
        os.mkdir(part)
      if os.path.isdir(out):
        _try(part, out, flag)
      yield part
      with files.writing(out, remedy):
        os.replace(part, out)  # Onto an empty folder, or nothing.
        files.sync_directory(os.path.dirname(out))
    finally:
      shutil.rmtree(part, ignore_errors=True)
  with contextlib.suppress(OSError):  # Of a kill, or claimed by another.
    os.rmdir(place)


def _try(part: str, out: str, flag: str) -> None:
  """Takes the place of an empty folder before the work, not only after it."""
  try:
    os.replace(part, out)
  except OSError as error:
    raise UserError(
      f'{out} cannot be replaced ({error.strerror}), as a mount point cannot: '
      f'choose another {flag}, such as a folder in it.'
    ) from error
  os.mkdir(part)


def copy(source: str, out: str, flag: str) -> None:
  """Copies a folder with all that is in it; see `writing`.

  Args:
    source: path of the folder.
    out: where its copy is to be.
    flag: that names it, for messages.
  """

  def copy_file(file: str, target: str) -> None:
    with files.writing(target, f'choose another {flag}'):  # It ends the copy.
      shutil.copy2(file, target)

  with writing(out, flag) as part, files.writing(out, f'choose another {flag}'):
    shutil.copytree(source, part, copy_function=copy_file, dirs_exist_ok=True)
