"""One process at a time in a folder: a lock of the kernel's.

It is on a file in the folder, which names the process that holds it. A kill
frees it, and so does every other end. What a process forks does not hold it.
"""

import contextlib
import errno
import fcntl
import functools
import os
import platform
import sys
import weakref
from collections.abc import Iterator
from typing import Any

from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError

LOCK_FILE = '.lock'
# What `flock` says where there are no locks, as on some network file systems.
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


class InUseError(UserError):
  """Another process is at work in the folder."""


class Claim:
  """A folder that no other process may claim; see `claim`."""

  def __init__(self, directory: str, flag: str) -> None:
    """Makes the folder, if there is none, and locks it."""
    made = _missing(directory)
    try:
      with files.writing(directory, f'choose another {flag}'):
        os.makedirs(directory, exist_ok=True)
        self._descriptor = _locked(directory, flag)
    except files.UnwritableError:
      _remove(made)
      raise
    self._finalizer = weakref.finalize(
      self, _free, self._descriptor, directory, made
    )

  @property
  def is_held(self) -> bool:
    """Whether it has not been freed."""
    return self._finalizer.alive

  def free(self) -> None:
    """Lets others in; removes the folder if it was made for nothing."""
    self._finalizer()

  def leave_to_parent(self) -> None:
    """Closes the descriptor in a process that was forked."""
    if self._finalizer.detach():
      os.close(self._descriptor)


_claims: weakref.WeakValueDictionary[str, Claim] = weakref.WeakValueDictionary()


def claim(directory: str | os.PathLike[str], flag: str) -> Claim:
  """Claims a folder for this process, and shows that it can be written.

  Args:
    directory: of the files that the process will write; made if there is none.
    flag: that names the folder, for messages.

  Returns:
    What holds the claim for as long as something refers to it. Who claims the
    folder again in this process gets the same.

  Raises:
    InUseError: another process has claimed it; the message has its number.
    UnwritableError: the folder cannot be written.
  """
  path = os.path.realpath(directory)
  held = _claims.get(path)
  if held is None or not held.is_held:
    held = _claims[path] = Claim(path, flag)
  return held


@contextlib.contextmanager
def claimed(directory: str | os.PathLike[str], flag: str) -> Iterator[None]:
  """Claims a folder in this context; see `claim`."""
  held = claim(directory, flag)
  try:
    yield
  finally:
    held.free()


def lock(file: Any, folder: str) -> bool:
  """Locks a file until every descriptor of it is closed.

  Args:
    file: open for writing; or its descriptor.
    folder: of the file, for the warning where there are no locks.

  Returns:
    False if another process holds the lock. On file systems without locks,
    always True.
  """
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError:
    return False
  except OSError as error:
    if error.errno not in _NO_LOCKS:
      raise
    _warn(folder, error.strerror)
  return True


@functools.cache  # Once a folder.
def _warn(folder: str, reason: str) -> None:
  print(
    f'warning: {folder} is on a file system without locks ({reason}): take '
    'care that no other process writes there, or choose a folder on a local '
    'disk.',
    file=sys.stderr,
  )


def _locked(directory: str, flag: str) -> int:
  """Returns the descriptor of the folder's file, locked."""
  path = os.path.join(directory, LOCK_FILE)
  while True:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
      if not lock(descriptor, directory):
        raise InUseError(
          f'{directory} is in use by {_holder(descriptor)}: let it end, stop '
          f'it, or choose another {flag}.'
        )
      # Its former holder may have removed it.
      if files.is_at(path, descriptor):
        _sign(descriptor, path)
        return descriptor
    except BaseException:
      os.close(descriptor)
      raise
    os.close(descriptor)


def _sign(descriptor: int, path: str) -> None:
  """Writes who holds the lock, which also shows that there is space."""
  try:
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f'{os.getpid()} {platform.node()}\n'.encode())
    os.fsync(descriptor)
  except OSError:
    with contextlib.suppress(OSError):
      os.remove(path)
    raise


def _holder(descriptor: int) -> str:
  """Says who holds a lock."""
  told = os.pread(descriptor, 400, 0).decode(errors='replace').split()
  if len(told) != 2 or not told[0].isdigit():
    return 'another process'
  number, machine = told
  if machine != platform.node():
    return f'process {number} on {machine}'
  return f'process {number}'


def _missing(directory: str) -> list[str]:
  """Returns the folders that are to be made, the innermost first."""
  missing = []
  while not os.path.lexists(directory):
    missing.append(directory)
    directory = os.path.dirname(directory)
  return missing


def _free(descriptor: int, directory: str, made: list[str]) -> None:
  path = os.path.join(directory, LOCK_FILE)
  # Removed while it is locked: who has opened it finds that it has gone.
  with contextlib.suppress(OSError):
    if files.is_at(path, descriptor):
      os.remove(path)
  os.close(descriptor)
  _remove(made)


def _remove(folders: list[str]) -> None:
  with contextlib.suppress(OSError):  # They hold what was written.
    for folder in folders:
      os.rmdir(folder)


def _leave_all_to_parent() -> None:
  for held in list(_claims.values()):
    held.leave_to_parent()
  _claims.clear()


os.register_at_fork(after_in_child=_leave_all_to_parent)
