"""Replays on disk, whoever wrote them, that a store can be filled with."""

import os
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

from reincarnating_rl.importers import (
  dopamine41,
  dopamine41_files,
  legacy,
  legacy_files,
  run_files,
  run_replay,
)
from reincarnating_rl.importers.loading import (
  LoadReport,
  ReplayInfo,
  StepColumns,
)
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.support.progress import Progress


class Kind(NamedTuple):
  """A format, and how it is read."""

  description: str
  find: Callable[[str], list[Any]]
  inspect: Callable[[Any], ReplayInfo]
  load: Callable[..., LoadReport]
  read_columns: Callable[..., StepColumns] | None = None


_RUN = Kind(
  'of a run of reincarnating_rl',
  run_files.find,
  run_files.inspect,
  run_replay.load,
  run_replay.read_columns,
)
_LEGACY = Kind(
  'of Dopamine up to 4.0',
  legacy_files.find,
  legacy_files.inspect,
  legacy.load,
  legacy.read_columns,
)
_DOPAMINE41 = Kind(
  'of a JAX agent of Dopamine 4.1',
  dopamine41_files.find,
  dopamine41_files.inspect,
  dopamine41.load,
)
KINDS = {'run': _RUN, 'dopamine41': _DOPAMINE41, 'legacy': _LEGACY}


class StoredReplay(NamedTuple):
  """One replay on disk; `choose` and `find` make them."""

  kind: str  # of KINDS
  files: Any  # the kind's own record

  @property
  def folder(self) -> str:
    """Where its files are."""
    return self.files.folder

  @property
  def number(self) -> int:
    """Of its iteration, or of its log."""
    return self.files.number

  def describe(self) -> str:
    """Returns what it is and where, for the user."""
    return f'replay {self.number} {KINDS[self.kind].description}, {self.folder}'

  def inspect(self) -> ReplayInfo:
    """Reads what it holds, and none of its steps.

    Raises:
      MissingFileError: it holds no step.
      DamagedFileError: its files are damaged, or contradict one another.
    """
    return KINDS[self.kind].inspect(self.files)

  def read_columns(
    self, progress: Progress = lambda done, total: None
  ) -> StepColumns | None:
    """Reads what is stored besides frames.

    Args:
      progress: called with what was read and what is to be read.

    Returns:
      The columns; None for a kind that has them only with its frames.

    Raises:
      MissingFileError: the replay holds no step.
      DamagedFileError: its files are damaged, or contradict one another.
      UnsafeFileError: a file asks for something that could run code.
    """
    read = KINDS[self.kind].read_columns
    return None if read is None else read(self.files, progress)

  def load(
    self,
    store: FrameStore,
    *,
    newest: int | None = None,
    progress: Progress = lambda done, total: None,
  ) -> LoadReport:
    """Fills a store; what it held is forgotten.

    Args:
      store: for frames such as `inspect` says; its own n-step, discount and
        stack are used, and its teacher's logits are still to be computed.
      newest: at most how many steps to take, the newest; None for all.
      progress: called with what was read and what is to be read.

    Returns:
      What is in the store now, and what was left out.

    Raises:
      ReplaySettingError: the store is for other frames or fewer steps, or
        `newest` is below 1.
      MissingFileError: the replay holds no step.
      DamagedFileError: its files are damaged, or contradict one another.
      UnsafeFileError: a file asks for something that could run code.
      All of them leave the store empty.
    """
    load = KINDS[self.kind].load
    return load(self.files, store, newest=newest, progress=progress)


def find(directory: str | os.PathLike[str]) -> list[StoredReplay]:
  """Lists the replays of a directory.

  Args:
    directory: a run, ours or Dopamine's, or a folder of its replays.

  Returns:
    Kind by kind; of each kind, folder by folder, ascending by number.

  Raises:
    MissingFileError: there is no such directory.
  """
  root = pathlib.Path(directory).expanduser()
  if not root.is_dir():
    raise MissingFileError(f'There is no directory {root}: check its name.')
  return [
    StoredReplay(name, files)
    for name, kind in KINDS.items()
    for files in kind.find(str(root))
  ]


def choose(
  directory: str | os.PathLike[str], number: int | None = None
) -> StoredReplay:
  """Chooses a replay: of the first kind and folder that have any, the newest.

  Of legacy ones, the newest that is full (`legacy_files.choose`).

  Args:
    directory: as in `find`.
    number: which one; None for the newest.

  Returns:
    One of `find`'s.

  Raises:
    MissingFileError: there is no directory, or no such replay in it.
    UserError: nothing says which of several legacy ones is meant.
    DamagedFileError: one that had to be looked into is damaged.
  """
  return _choose(find(directory), directory, number)


def _choose(
  found: list[StoredReplay],
  directory: str | os.PathLike[str],
  number: int | None,
) -> StoredReplay:
  if not found:
    kinds = ', '.join(kind.description for kind in KINDS.values())
    raise MissingFileError(
      f'There is no replay in {directory}: give a folder with one {kinds}.'
    )
  wanted = [replay for replay in found if number in (None, replay.number)]
  if not wanted:
    listed = ', '.join(str(replay.number) for replay in found)
    raise MissingFileError(
      f'There is no replay {number} in {directory}; there are: {listed}.'
    )
  first = wanted[0]
  of_first = [
    r for r in wanted if (r.kind, r.folder) == (first.kind, first.folder)
  ]
  if first.kind != 'legacy':
    return of_first[-1]
  return StoredReplay(
    'legacy', legacy_files.choose([r.files for r in of_first])
  )


def beside(
  teacher: str | os.PathLike[str], number: int | None = None
) -> StoredReplay | None:
  """Finds the replay that a teacher left beside its checkpoints.

  Args:
    teacher: its directory, or anything else, which has none.
    number: of the teacher's checkpoint, whose replay comes first.

  Returns:
    One of `find`'s; None if there is none.

  Raises:
    UserError: nothing says which of several legacy ones is meant.
    DamagedFileError: one that had to be looked into is damaged.
  """
  found = find(teacher) if pathlib.Path(teacher).is_dir() else []
  if not found:
    return None
  is_there = any(replay.number == number for replay in found)
  return _choose(found, teacher, number if is_there else None)
