"""Durable writes: after a crash, a file is complete or absent."""

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from reincarnating_rl.support.errors import UserError


class DiskFullError(UserError):
  """The disk is full; what was written before is intact."""


@contextlib.contextmanager
def disk_full_is_a_users_error(directory: str) -> Iterator[None]:
  """Turns an `OSError` about a full disk into a one-line error.

  Args:
    directory: written to in this context.

  Raises:
    DiskFullError: the disk or the quota is full.
  """
  try:
    yield
  except OSError as error:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
      raise
    raise DiskFullError(
      f'No space left in {directory}: free some and run the same command '
      'again. It resumes from what was written before, which is intact.'
    ) from error


def write_atomically(path: str, data: bytes) -> None:
  """Writes a file; a kill or a full disk leaves the old file or the new one.

  Args:
    path: of the file; its folder exists.
    data: the bytes.

  Raises:
    OSError: a write failed, for example because the disk is full. No
      temporary file is left behind.
  """
  temporary = f'{path}.tmp'
  try:
    with open(temporary, 'wb') as f:
      f.write(data)
      f.flush()
      os.fsync(f.fileno())
    os.replace(temporary, path)
  except BaseException:
    if os.path.exists(temporary):
      os.remove(temporary)
    raise
  sync_directory(os.path.dirname(path))


def write_for_user(path: str, data: bytes) -> None:
  """Writes a file atomically to a path that the user gave.

  Args:
    path: the value of a flag.
    data: the bytes.

  Raises:
    UserError: the file cannot be written there.
  """
  try:
    write_atomically(os.path.expanduser(path), data)
  except OSError as error:
    raise UserError(
      f'{path} cannot be written ({error.strerror}): choose another path.'
    ) from error


def sync_directory(directory: str) -> None:
  """Makes renames in a folder durable."""
  descriptor = os.open(directory or '.', os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)


def lock(file: BinaryIO) -> bool:
  """Locks a file until it is closed, in this process and its children.

  Args:
    file: open for writing.

  Returns:
    False if another process holds the lock. On file systems without locks,
    always True.
  """
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError:
    return False
  except OSError:
    pass
  return True


def sha256(data: bytes) -> str:
  """Returns the SHA-256 of bytes, in hexadecimal."""
  return hashlib.sha256(data).hexdigest()
