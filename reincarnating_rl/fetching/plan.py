"""What a fetch will do, before it does anything."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from reincarnating_rl.fetching import (
  names,
  partial,
)
from reincarnating_rl.fetching.errors import OccupiedError
from reincarnating_rl.fetching.remote import (
  RemoteFile,
  is_there,
)


class PlannedFile(NamedTuple):
  """One file of a plan."""

  remote: RemoteFile
  path: str  # Where it is put.
  bytes_there: int  # Left by an earlier fetch; all of them if it is whole.
  is_finished: bool


class Plan(NamedTuple):
  """All files of a teacher, and what is missing of them."""

  origin: str  # As its owner writes it, such as `gs://bucket/folder/`.
  directory: str  # The teacher's.
  files: tuple[PlannedFile, ...]

  @property
  def bytes_total(self) -> int:
    """Size of all files."""
    return sum(file.remote.size for file in self.files)

  @property
  def bytes_there(self) -> int:
    """Bytes that need not be fetched."""
    return sum(file.bytes_there for file in self.files)

  @property
  def bytes_missing(self) -> int:
    """Bytes to fetch."""
    return self.bytes_total - self.bytes_there


class FetchReport(NamedTuple):
  """What a fetch did."""

  directory: str  # The teacher's.
  files: tuple[str, ...]  # Paths of all its files, whole and verified.
  bytes_fetched: int  # Bytes that came now.
  bytes_kept: int  # Bytes that were there before.


def make(
  origin: str, directory: str, remotes: Iterable[tuple[RemoteFile, str]]
) -> Plan:
  """Compares what is offered with what is there.

  Args:
    origin: as its owner writes it.
    directory: the teacher's; nothing is put elsewhere.
    remotes: each file, and its name in the directory.

  Returns:
    The plan; nothing has been written.

  Raises:
    UnsafeNameError: a name is not that of a file in the directory.
    OccupiedError: there is another file in the place of one.
    OSError: a file that is there cannot be read.
  """
  remotes = list(remotes)
  names.check(name for _, name in remotes)
  planned = (
    _planned(origin, remote, os.path.join(directory, *name.split('/')))
    for remote, name in remotes
  )
  return Plan(origin, directory, tuple(planned))


def _planned(origin: str, remote: RemoteFile, path: str) -> PlannedFile:
  if is_there(path, remote):
    return PlannedFile(remote, path, remote.size, is_finished=True)
  if os.path.lexists(path):
    # It may be another teacher, or the only copy of somebody's work.
    raise OccupiedError(
      f'{path} is there and is not the {remote.name} of {origin}: move it '
      'away, or choose another --dest.'
    )
  there = partial.bytes_there(path, remote)
  return PlannedFile(remote, path, there, is_finished=False)
