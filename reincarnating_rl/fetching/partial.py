"""A file that is being downloaded: `NAME.part`, and a record of its version.

A kill at any moment leaves a partial file. The next download continues it, or
discards it if the record names another version. `NAME` itself is always
complete or absent.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from reincarnating_rl.fetching.errors import FetchError
from reincarnating_rl.fetching.names import PART, RECORD
from reincarnating_rl.fetching.remote import Checksum, RemoteFile
from reincarnating_rl.support import claims, files, json_file

_CHUNK = 2**20  # Bytes read at a time.
_LONGEST_RECORD = 4096  # Bytes; our records have less than a hundred.


class Stopped(Exception):
  """Another file failed, or the user stopped the download."""


class Overlong(Exception):
  """The server sent more bytes than the file has."""


class PartialFile:
  """The bytes so far: a stream to write to, and their checksum."""

  def __init__(
    self,
    file: BinaryIO,
    remote: RemoteFile,
    on_bytes: Callable[[int], None],
    stop: threading.Event,
  ) -> None:
    """Takes over the bytes that the file already has.

    Args:
      file: open for reading and appending.
      remote: the complete file.
      on_bytes: called with the number of new bytes; negative for discarded
        ones.
      stop: once set, `write` raises.
    """
    self._file = file
    self._remote = remote
    self._on_bytes = on_bytes
    self._stop = stop
    self._checksum = Checksum(remote)
    self.size = 0
    file.seek(0)
    while data := file.read(_CHUNK):
      self._checksum.update(data)
      self.size += len(data)

  def write(self, data: bytes) -> int:
    """Appends bytes.

    Args:
      data: the next bytes.

    Returns:
      Their number.

    Raises:
      Stopped: the download was stopped.
      Overlong: the file would exceed its size.
      OSError: a write failed, for example because the disk is full.
    """
    if self._stop.is_set():
      raise Stopped
    if self.size + len(data) > self._remote.size:
      raise Overlong
    self._file.write(data)
    self._checksum.update(data)
    self.size += len(data)
    self._on_bytes(len(data))
    return len(data)

  def discard(self) -> None:
    """Starts again from no bytes."""
    self._file.truncate(0)
    self._on_bytes(-self.size)
    self._checksum = Checksum(self._remote)
    self.size = 0

  def is_right(self) -> bool:
    """Returns whether size and checksum are right."""
    return self.size == self._remote.size and self._checksum.is_right()

  def finish(self, path: str) -> None:
    """Moves the complete file to its final path.

    Args:
      path: the final path.

    Raises:
      OSError: a write failed, for example because the disk is full.
    """
    self._file.flush()
    os.fsync(self._file.fileno())
    os.replace(path + PART, path)
    files.sync_directory(os.path.dirname(path))
    remove_record(path)


def bytes_there(path: str, remote: RemoteFile) -> int:
  """Counts the bytes that an earlier download left.

  Args:
    path: the final path.
    remote: the complete file.

  Returns:
    Bytes that need no download; 0 if they are of another version.
  """
  if not os.path.isfile(path + PART) or not _is_recorded(path, remote):
    return 0
  size = os.path.getsize(path + PART)
  return size if size <= remote.size else 0


@contextlib.contextmanager
def opened(
  path: str,
  remote: RemoteFile,
  on_bytes: Callable[[int], None],
  stop: threading.Event,
) -> Iterator[PartialFile]:
  """Opens a partial file, with the bytes of an earlier download.

  Args:
    path: the final path; its folder is created.
    remote: the complete file.
    on_bytes: called with the number of new or discarded bytes.
    stop: once set, writing ends.

  Yields:
    The partial file.

  Raises:
    FetchError: another process is downloading the same file.
    OSError: the file cannot be written.
  """
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with _locked(path) as f:
    if not bytes_there(path, remote):
      # In this order, so that a record never describes old bytes.
      f.truncate(0)
      files.write_atomically(path + RECORD, _record(remote))
    yield PartialFile(f, remote, on_bytes, stop)


def remove_record(path: str) -> None:
  """Removes the record that a kill may leave beside a complete file."""
  with contextlib.suppress(FileNotFoundError):
    os.remove(path + RECORD)


def _locked(path: str) -> BinaryIO:
  while True:
    file = open(path + PART, 'a+b')
    try:
      if not claims.lock(file, os.path.dirname(path)):
        raise FetchError(
          f'Another process is fetching {path}: wait until it ends, or stop it.'
        )
      if files.is_at(path + PART, file.fileno()):
        return file
    except BaseException:
      file.close()
      raise
    file.close()  # Its former holder has finished it: it is at `path` now.


def _record(remote: RemoteFile) -> bytes:
  record = {'version': remote.version, 'size': remote.size}
  return json_file.dumps(record).encode()


def _is_recorded(path: str, remote: RemoteFile) -> bool:
  try:
    with open(path + RECORD, 'rb') as f:
      return f.read(_LONGEST_RECORD) == _record(remote)
  except FileNotFoundError:
    return False
