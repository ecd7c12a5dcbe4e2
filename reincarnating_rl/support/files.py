"""Durable writes: after a crash, a file is complete or absent."""

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from reincarnating_rl.support.errors import UserError

_TEMPORARY = '.tmp'
# What file systems answer that sync files and no folders.
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)


class UnwritableError(UserError):
  """A file or folder cannot be written; what was written before is intact."""


@contextlib.contextmanager
def writing(path: str | os.PathLike[str], remedy: str) -> Iterator[None]:
  """Turns an `OSError` about what is written into a one-line error.

  Args:
    path: of the file or the folder that is written in this context.
    remedy: what the user may do about it, such as 'choose another --out'.

  Raises:
    UnwritableError: naming the file, if it is known, and the reason.
  """
  try:
    yield
  except OSError as error:
    raise unwritable(error, path, remedy) from error


def unwritable(
  error: OSError, path: str | os.PathLike[str], remedy: str
) -> UnwritableError:
  """Returns the one-line error for an `OSError`; see `writing`."""
  name, inner = str(path), error.filename
  if isinstance(inner, str) and inner.startswith(name):
    name = inner.removesuffix(_TEMPORARY)
  reason = ' '.join(str(error.strerror or error).split())
  if isinstance(error, FileExistsError):
    reason = 'it is no folder'
  is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
  cure = 'free some space' if is_full else 'mend that'
  return UnwritableError(
    f'{name} cannot be written ({reason}): {cure}, or {remedy}.'
  )


@contextlib.contextmanager
def atomically(path: str) -> Iterator[BinaryIO]:
  """Opens a file that appears, or takes the place of the old one, when whole.

  Args:
    path: of the file; its folder exists.

  Yields:
    What to write to. After a kill, a full disk or any error, the file is the
    old one.

  Raises:
    OSError: a write failed, for example because the disk is full. No
      temporary file is left behind, nor is after any other error.
  """
  try:
    with _temporary(path) as f:
      try:
        yield f
        f.flush()
        os.fsync(f.fileno())
        os.replace(f.name, path)
      except BaseException:
        with contextlib.suppress(OSError):
          os.remove(f.name)
        raise
  except OSError as error:
    error.filename = error.filename or path  # A write does not know of what.
    raise
  sync_directory(os.path.dirname(path))


def _temporary(path: str) -> BinaryIO:
  """Opens PATH.tmp, or another name where somebody is writing that.

  It is locked, so that what a kill left is told from what is being written.
  """
  name = f'{path}{_TEMPORARY}'
  while True:
    file = open(name, 'wb', opener=_open_whole)
    with contextlib.suppress(OSError):  # Where there are no locks.
      try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
      except BlockingIOError:
        file.close()
        name = f'{path}.{secrets.token_hex(4)}{_TEMPORARY}'
        continue
    if is_at(name, file.fileno()):
      file.truncate()
      return file
    file.close()  # Its writer has ended, and given it its own name.


def _open_whole(path: str, flags: int) -> int:
  return os.open(path, flags & ~os.O_TRUNC, 0o666)


def is_at(path: str, descriptor: int) -> bool:
  """Whether a path is still that of an open file."""
  try:
    return os.path.samestat(os.stat(path), os.fstat(descriptor))
  except FileNotFoundError:
    return False


def write_atomically(path: str, data: bytes) -> None:
  """Writes a file as a whole; see `atomically`."""
  with atomically(path) as file:
    file.write(data)


def check_file(path: str, flag: str) -> None:
  """Checks, before long work, that a file can be written.

  Args:
    path: the value of a flag.
    flag: for messages.

  Raises:
    UnwritableError: it cannot.
  """
  target = _target(path)
  with writing(path, f'choose another {flag}'):
    if os.path.isdir(target):
      raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
    if not _is_special(target):
      _probe(target)


def check_folder(path: str, flag: str) -> None:
  """Checks that files can be made in a folder, if it is there.

  Args:
    path: of the folder.
    flag: that names what it belongs to, for messages.

  Raises:
    UnwritableError: they cannot.
  """
  if not os.path.lexists(path):
    return
  with writing(path, f'choose another {flag}'):
    if not os.path.isdir(path):
      raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    _probe(os.path.join(path, ''))


def write_for_user(path: str, data: bytes, flag: str = 'path') -> None:
  """Writes a file atomically to a path that the user gave.

  Args:
    path: the value of a flag. A pipe or a device is written as it is.
    data: the bytes.
    flag: for messages.

  Raises:
    UnwritableError: the file cannot be written there.
  """
  target = _target(path)
  with writing(path, f'choose another {flag}'):
    if _is_special(target):
      with open(target, 'wb') as file:
        file.write(data)
    else:
      write_atomically(target, data)


def _probe(path: str) -> None:
  with _temporary(path) as file:
    try:
      file.write(b'\n')  # Of a full disk, an empty file is not refused.
      file.flush()
    finally:
      os.remove(file.name)


def given_path(path: str | os.PathLike[str] | None, name: str) -> str | None:
  """Returns a path that a caller gave, from the home folder if it has `~`.

  Args:
    path: None for none.
    name: of the argument, for messages.

  Raises:
    UserError: it is empty, which is not this folder.
  """
  if path is None:
    return None
  if not os.fspath(path):
    raise UserError(f"{name} is empty: give a path; '.' is this folder.")
  return os.path.expanduser(path)


def _target(path: str) -> str:
  path = os.path.expanduser(path)
  # A link to a file stays one; that of a pipe leads nowhere.
  return path if _is_special(path) else os.path.realpath(path)


def _is_special(path: str) -> bool:
  return os.path.exists(path) and not os.path.isfile(path)


def sync_directory(directory: str) -> None:
  """Makes renames in a folder durable, where its file system has a way."""
  descriptor = os.open(directory or '.', os.O_RDONLY)
  try:
    os.fsync(descriptor)
  except OSError as error:
    if error.errno not in _NO_SYNC:
      raise
  finally:
    os.close(descriptor)


def sha256(data: bytes) -> str:
  """Returns the SHA-256 of bytes, in hexadecimal."""
  return hashlib.sha256(data).hexdigest()
