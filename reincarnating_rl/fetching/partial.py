"""A file that is being fetched: `NAME.part`, beside a record of what it is of.

A kill at any moment leaves a part that the next fetch continues, or discards
if its record names another version; `NAME` itself is there whole or not at all.
"""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from reincarnating_rl.fetching.errors import FetchError
from reincarnating_rl.fetching.names import (
  PART,
  RECORD,
)
from reincarnating_rl.fetching.remote import (
  Checksum,
  RemoteFile,
)
from reincarnating_rl.support import files

_CHUNK = 2**20  # Bytes read at a time.
_LONGEST_RECORD = 4096  # Bytes; ours has fewer than a hundred.


class Stopped(Exception):
  """Another file failed, or the user stopped the fetch."""


class Overlong(Exception):
  """More bytes came than the file has."""


class PartialFile:
  """The bytes so far: a stream to write to, and their checksum."""

  def __init__(
    self,
    file: BinaryIO,
    remote: RemoteFile,
    on_bytes: Callable[[int], None],
    stop: threading.Event,
  ) -> None:
    """Takes over what the file already has.

    Args:
      file: open for reading and appending.
      remote: what it becomes.
      on_bytes: told how many bytes came; negative when some were discarded.
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
      data: the next ones.

    Returns:
      How many they are.

    Raises:
      Stopped: the fetch is being given up.
      Overlong: these are not the bytes of this file.
      OSError: the disk is full, say.
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
    """Begins anew."""
    self._file.truncate(0)
    self._on_bytes(-self.size)
    self._checksum = Checksum(self._remote)
    self.size = 0

  def is_right(self) -> bool:
    """Whether all bytes are there, and the right ones."""
    return self.size == self._remote.size and self._checksum.is_right()

  def finish(self, path: str) -> None:
    """Gives the whole file its name.

    Args:
      path: the final one.

    Raises:
      OSError: the disk is full, say.
    """
    self._file.flush()
    os.fsync(self._file.fileno())
    os.replace(path + PART, path)
    files.sync_directory(os.path.dirname(path))
    remove_record(path)


def bytes_there(path: str, remote: RemoteFile) -> int:
  """Counts what an earlier fetch left of a file.

  Args:
    path: the final one.
    remote: what it should become.

  Returns:
    Bytes that need not be fetched again; 0 if they are of another version.
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
  """Opens the part of a file, with what an earlier fetch left of it.

  Args:
    path: the final one; its folder is made.
    remote: what it becomes.
    on_bytes: told of bytes that come or are discarded.
    stop: once set, writing ends.

  Yields:
    The part.

  Raises:
    FetchError: another process is fetching the same file.
    OSError: it cannot be written.
  """
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with open(path + PART, 'a+b') as f:
    _lock(f, path)
    if not bytes_there(path, remote):
      # In this order: a record never stands beside bytes of another version.
      f.truncate(0)
      files.write_atomically(path + RECORD, _record(remote))
    yield PartialFile(f, remote, on_bytes, stop)


def remove_record(path: str) -> None:
  """Removes what a kill may leave beside a finished file."""
  with contextlib.suppress(FileNotFoundError):
    os.remove(path + RECORD)


def _lock(file: BinaryIO, path: str) -> None:
  if not files.lock(file):
    raise FetchError(
      f'Another process is fetching {path}: let it end, or stop it.'
    )


def _record(remote: RemoteFile) -> bytes:
  return json.dumps({'version': remote.version, 'size': remote.size}).encode()


def _is_recorded(path: str, remote: RemoteFile) -> bool:
  try:
    with open(path + RECORD, 'rb') as f:
      return f.read(_LONGEST_RECORD) == _record(remote)
  except FileNotFoundError:
    return False
