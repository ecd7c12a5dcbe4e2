"""The formats of replays on disk, and what a replay of any of them can do."""

import functools
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
from reincarnating_rl.importers.checks import check_game, check_observations
from reincarnating_rl.importers.data import data_files, fitting
from reincarnating_rl.importers.loading import (
  LoadReport,
  ReplayInfo,
  StepColumns,
)
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.settings import ReplaySettings
from reincarnating_rl.support.progress import Progress


class Kind(NamedTuple):
  """A replay format and its readers."""

  description: str
  find: Callable[[str], list[Any]]
  inspect: Callable[[Any], ReplayInfo]
  load: Callable[..., LoadReport]
  read_columns: Callable[..., StepColumns] | None = None
  is_data: bool = False  # files of another tool, without a teacher
  # `(settings, info, path)`: refuses what `inspect` says is another game's.
  check_game: Callable[..., None] = check_game


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
  legacy.inspect,
  legacy.load,
  legacy.read_columns,
)
_DOPAMINE41 = Kind(
  'of a JAX agent of Dopamine 4.1',
  dopamine41_files.find,
  dopamine41_files.inspect,
  dopamine41.load,
)
_DATA = {
  name: Kind(
    format.description,
    functools.partial(data_files.find, name=name),
    data_files.inspect,
    data_files.load,
    data_files.read_columns,
    is_data=True,
    check_game=lambda settings, steps, path: fitting.check(steps, settings),
  )
  for name, format in data_files.FORMATS.items()
}
KINDS = {'run': _RUN, 'dopamine41': _DOPAMINE41, 'legacy': _LEGACY, **_DATA}


class ExternalReplay(NamedTuple):
  """One replay on disk; made by `choose`, `beside` and `find`."""

  kind: str  # of KINDS
  files: Any  # the kind's own record
  passed_over: tuple['ExternalReplay', ...] = ()  # for they lack files

  @property
  def folder(self) -> str:
    """Folder of its files."""
    return self.files.folder

  @property
  def place(self) -> tuple[str, str]:
    """Kind and folder, which the replays of a run share."""
    return self.kind, self.folder

  @property
  def number(self) -> int:
    """Number of its iteration, or of its log."""
    return self.files.number

  @property
  def is_data(self) -> bool:
    """Whether it is a file of another tool, without a teacher."""
    return KINDS[self.kind].is_data

  @property
  def title(self) -> str:
    """What it is, wherever it is."""
    number = '' if self.is_data else f' {self.number}'
    return f'replay{number} {KINDS[self.kind].description}'

  def describe(self) -> str:
    """Returns the kind and the place of the replay, for messages."""
    told = f'{self.title}, {self.folder}'
    for other in self.passed_over:
      told += f' (not replay {other.number}, which lacks {other.missing[0]})'
    return told

  @property
  def missing(self) -> list[str]:
    """The files that it lacks; it cannot be read then."""
    return self.files.missing

  def inspect(self) -> ReplayInfo:
    """Reads the description of the replay, but none of its steps.

    Raises:
      MissingFileError: the replay lacks a file.
      EmptyReplayError: the replay holds no step.
      DamagedFileError: a file is damaged, or contradicts another.
    """
    return KINDS[self.kind].inspect(self.files)

  def inspect_for(
    self,
    actions: Actions,
    observation_shape: tuple[int, ...],
    stack_size: int,
  ) -> ReplayInfo:
    """Reads the same, and refuses a replay of another game.

    Args:
      actions: of the game.
      observation_shape: *O, of one observation.
      stack_size: S, observations in a state.

    Raises:
      UserError: see `inspect`; or it has other observations or actions.
    """
    info, n_step = self.inspect(), 1
    settings = ReplaySettings.checked(
      capacity=stack_size + n_step + 1,
      observation_shape=observation_shape,
      observation_dtype=info.observation_dtype,
      stack_size=stack_size,
      n_step=n_step,
      gamma=0.0,
      actions=actions,
      policy_size=0,
    )
    KINDS[self.kind].check_game(settings, info, self.folder)
    return info

  def read_columns(
    self, progress: Progress = lambda done, total: None
  ) -> StepColumns | None:
    """Reads all columns but the frames.

    Args:
      progress: called with the amount read and the amount to read.

    Returns:
      The columns; None if this kind of replay stores them with its frames.

    Raises:
      MissingFileError: a file is missing, or the replay holds no step.
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
      MissingFileError: a file is missing, or the replay holds no step.
      DamagedFileError: a file is damaged, or contradicts another.
      UnsafeFileError: a file could run code.
      The store is empty after any of these errors.
    """
    load = KINDS[self.kind].load
    report = load(self.files, store, newest=newest, progress=progress)
    check_observations(self.folder, store, report.steps)
    return report
