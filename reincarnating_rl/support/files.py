"""Durable writes: a file is there whole, or not at all."""

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from reincarnating_rl.support.errors import UserError


class DiskFullError(UserError):
  """There is no space; what was written before is whole."""


@contextlib.contextmanager
def disk_full_is_a_users_error(directory: str) -> Iterator[None]:
  """Turns an `OSError` about space into one line.

  Args:
    directory: where something is written in this context.

  Raises:
    DiskFullError: there is no space left, or no quota.
  """
  try:
    yield
  except OSError as error:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
      raise
    raise DiskFullError(
      f'No space left in {directory}: free some and run the same command '
      'again; it goes on from what was written before, which is whole.'
    ) from error


def write_atomically(path: str, data: bytes) -> None:
  """Writes a file so that a kill or a full disk leaves the old one or the new.

  Args:
    path: of the file; its folder exists.
    data: the bytes.

  Raises:
    OSError: the disk is full, say; nothing is left behind.
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
  """Does what `write_atomically` does, where a user said.

  Args:
    path: of the file, as a flag has it.
    data: the bytes.

  Raises:
    UserError: it cannot be written there.
  """
  try:
    write_atomically(os.path.expanduser(path), data)
  except OSError as error:
    raise UserError(
      f'{path} cannot be written ({error.strerror}): choose another.'
    ) from error


def sync_directory(directory: str) -> None:
  """Makes renames in a folder durable."""
  descriptor = os.open(directory or '.', os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)


def lock(file: BinaryIO) -> bool:
  """Locks a file for as long as it is open, here or in a child.

  Args:
    file: open to be written.

  Returns:
    False where another process has it locked. Some network file systems have
    no locks: those do without.
  """
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError:
    return False
  except OSError:
    pass
  return True


def sha256(data: bytes) -> str:
  """Returns the checksum of bytes, in hexadecimal."""
  return hashlib.sha256(data).hexdigest()
