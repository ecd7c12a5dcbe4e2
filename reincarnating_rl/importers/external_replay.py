"""Replays on disk, of any supported format, that can fill a store."""

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
  check_observations,
)
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.support.progress import Progress


class Kind(NamedTuple):
  """A replay format and its readers."""

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


class ExternalReplay(NamedTuple):
  """One replay on disk; made by `choose`, `beside` and `find`."""

  kind: str  # of KINDS
  files: Any  # the kind's own record

  @property
  def folder(self) -> str:
    """Folder of its files."""
    return self.files.folder

  @property
  def number(self) -> int:
    """Number of its iteration, or of its log."""
    return self.files.number

  def describe(self) -> str:
    """Returns the kind and the place of the replay, for messages."""
    return f'replay {self.number} {KINDS[self.kind].description}, {self.folder}'

  def inspect(self) -> ReplayInfo:
    """Reads the description of the replay, but none of its steps.

    Raises:
      MissingFileError: the replay holds no step.
      DamagedFileError: a file is damaged, or contradicts another.
    """
    return KINDS[self.kind].inspect(self.files)

  def read_columns(
    self, progress: Progress = lambda done, total: None
  ) -> StepColumns | None:
    """Reads all columns but the frames.

    Args:
      progress: called with the amount read and the amount to read.

    Returns:
      The columns; None if this kind of replay stores them with its frames.

    Raises:
      MissingFileError: the replay holds no step.
      DamagedFileError: a file is damaged, or contradicts another.
      UnsafeFileError: a file could run code.
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
    """Fills a store; its former content is dropped.

    Args:
      store: has the frame shape and dtype of `inspect`. Its own n-step,
        discount and stack size apply. Label it afterwards.
      newest: the largest number of steps to load, counted from the newest;
        None for all.
      progress: called with the amount read and the amount to read.

    Returns:
      What was loaded and what was left out.

    Raises:
      ReplaySettingError: the store has other frames or too little room, or
        `newest` is below 1.
      MissingFileError: the replay holds no step.
      DamagedFileError: a file is damaged, or contradicts another.
      UnsafeFileError: a file could run code.
      The store is empty after any of these errors.
    """
    load = KINDS[self.kind].load
    report = load(self.files, store, newest=newest, progress=progress)
    check_observations(self.folder, store, report.steps)
    return report


def find(directory: str | os.PathLike[str]) -> list[ExternalReplay]:
  """Lists the replays of a directory.

  Args:
    directory: a run, ours or Dopamine's, or a folder of its replays.

  Returns:
    Ordered by kind, then folder, then number.

  Raises:
    MissingFileError: the directory does not exist.
  """
  root = pathlib.Path(directory).expanduser()
  if not root.is_dir():
    raise MissingFileError(f'There is no directory {root}: check its name.')
  return [
    ExternalReplay(name, files)
    for name, kind in KINDS.items()
    for files in kind.find(str(root))
  ]


def choose(
  directory: str | os.PathLike[str], number: int | None = None
) -> ExternalReplay:
  """Chooses the newest replay of the first kind and folder that have any.

  Among legacy replays, chooses the newest full one (`legacy_files.choose`).

  Args:
    directory: as in `find`.
    number: number of the replay; None for the newest.

  Returns:
    One of the replays of `find`.

  Raises:
    MissingFileError: the directory or the replay does not exist.
    UserError: there are several legacy replays, and none can be preferred.
    DamagedFileError: a replay that had to be inspected is damaged.
  """
  return _choose(find(directory), directory, number)


def _choose(
  found: list[ExternalReplay],
  directory: str | os.PathLike[str],
  number: int | None,
) -> ExternalReplay:
  if not found:
    kinds = ', '.join(kind.description for kind in KINDS.values())
    raise MissingFileError(
      f'There is no replay in {directory}: give a folder with a replay {kinds}.'
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
  return ExternalReplay(
    'legacy', legacy_files.choose([r.files for r in of_first])
  )


def beside(
  teacher: str | os.PathLike[str], number: int | None = None
) -> ExternalReplay | None:
  """Finds the replay that lies beside a teacher's checkpoints.

  Args:
    teacher: its directory. Any other path has no replay.
    number: number of the teacher's checkpoint; the replay of this number is
      preferred.

  Returns:
    One of the replays of `find`; None if there is none.

  Raises:
    UserError: there are several legacy replays, and none can be preferred.
    DamagedFileError: a replay that had to be inspected is damaged.
  """
  found = find(teacher) if pathlib.Path(teacher).is_dir() else []
  if not found:
    return None
  has_number = any(replay.number == number for replay in found)
  return _choose(found, teacher, number if has_number else None)
