"""What a download will do."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from reincarnating_rl.fetching import names, partial
from reincarnating_rl.fetching.errors import OccupiedError
from reincarnating_rl.fetching.remote import RemoteFile, is_complete


class PlannedFile(NamedTuple):
  """One file of a plan."""

  remote: RemoteFile
  path: str  # Where it goes.
  bytes_there: int  # Bytes on disk; all of them if it is finished.
  is_finished: bool


class Plan(NamedTuple):
  """All files of a teacher, and their missing bytes."""

  origin: str  # As its owner writes it, such as `gs://bucket/folder/`.
  directory: str  # The teacher's.
  files: tuple[PlannedFile, ...]

  @property
  def bytes_total(self) -> int:
    """Size of all files."""
    return sum(file.remote.size for file in self.files)

  @property
  def bytes_there(self) -> int:
    """Bytes that need no download."""
    return sum(file.bytes_there for file in self.files)

  @property
  def bytes_missing(self) -> int:
    """Bytes to download."""
    return self.bytes_total - self.bytes_there


class FetchReport(NamedTuple):
  """What a download did."""

  directory: str  # The teacher's.
  files: tuple[str, ...]  # Paths of all files, complete and verified.
  bytes_fetched: int  # Bytes downloaded now.
  bytes_kept: int  # Bytes that were on disk before.


def make(
  origin: str, directory: str, remotes: Iterable[tuple[RemoteFile, str]]
) -> Plan:
  """Compares the offered files with the files on disk.

  Args:
    origin: as its owner writes it.
    directory: the teacher's; all files go below it.
    remotes: each file, and its path relative to the directory.

  Returns:
    The plan; nothing has been written.

  Raises:
    UnsafeNameError: a name does not name a file in the directory.
    OccupiedError: another file is in the way.
    OSError: a file on disk cannot be read.
  """
  remotes = list(remotes)
  names.check(name for _, name in remotes)
  planned = (
    _planned(origin, remote, os.path.join(directory, *name.split('/')))
    for remote, name in remotes
  )
  return Plan(origin, directory, tuple(planned))


def _planned(origin: str, remote: RemoteFile, path: str) -> PlannedFile:
  if is_complete(path, remote):
    return PlannedFile(remote, path, remote.size, is_finished=True)
  if os.path.lexists(path):
    # Never overwrite: it may be another teacher, or a user's only copy.
    raise OccupiedError(
      f'{path} exists, but is not the {remote.name} of {origin}: move it away, '
      'or choose another --dest.'
    )
  there = partial.bytes_there(path, remote)
  return PlannedFile(remote, path, there, is_finished=False)
