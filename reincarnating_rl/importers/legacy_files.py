"""Finds the legacy Dopamine replays of a directory, and inspects them.

Dopamine's circular replay buffer, up to version 4.0, saves each attribute in
its own file, `<attribute>_<prefix>.<number>.gz`. `checkpoints/` of a run holds
the last few iterations. `replay_logs/`, as in the DQN Replay Dataset (Agarwal
et al. 2020), holds the buffer each time it was full.
"""

import os
import pathlib
import re
from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers import checks
from reincarnating_rl.importers.formats.npy_gzip import open_array, read_array
from reincarnating_rl.learner.actions import Actions, Discrete
from reincarnating_rl.support.errors import (
  DamagedFileError,
  EmptyReplayError,
  MissingFileError,
  UserError,
  damaged_replay,
  incomplete_replay,
)

COLUMNS = ('action', 'reward', 'terminal')
_REQUIRED = {
  *('add_count', 'invalid_range', '$store$_observation'),
  *(f'$store$_{name}' for name in COLUMNS),
}
_ENDS = 'episode_end_indices'
_PREFIX = 'ckpt'  # Dopamine's default.
_NAME = re.compile(
  rf'({"|".join(map(re.escape, sorted(_REQUIRED | {_ENDS})))})'
  r'_(.+)\.(0|[1-9][0-9]{0,8})\.gz',
  re.ASCII,
)
_FOLDERS = ('.', 'checkpoints', 'replay_logs')
# Sixteen times the capacity of the largest public replays.
_MAX_CAPACITY = 2**24
_MAX_AXES = 8
_MAX_RANGE = 1024  # Frames in a stack and steps of a return together.


class LegacyReplay(NamedTuple):
  """The files of one replay."""

  folder: str
  prefix: str  # of the files' names
  number: int  # number of the iteration, or of the log
  has_ends: bool  # whether it lists ends of episodes; since 2021
  lacks: tuple[str, ...] = ()  # attributes whose files are not there

  def path(self, attribute: str) -> str:
    """Returns the file of an attribute, such as `add_count`."""
    name = f'{attribute}_{self.prefix}.{self.number}.gz'
    return os.path.join(self.folder, name)

  def column_path(self, column: str) -> str:
    """Returns the file of a stored array, such as `reward`."""
    return self.path(f'$store$_{column}')

  @property
  def ends_path(self) -> str:
    """The file that lists the slots in which episodes end."""
    return self.path(_ENDS)

  @property
  def missing(self) -> list[str]:
    """The files that should be there, and are not."""
    return [self.path(attribute) for attribute in self.lacks]

  @property
  def paths(self) -> list[str]:
    """All files of a whole replay that are read."""
    paths = [self.path(attribute) for attribute in sorted(_REQUIRED)]
    return paths + [self.ends_path] * self.has_ends


class LegacyInfo(NamedTuple):
  """Description of a replay."""

  add_count: int  # steps ever added, including padding; at least 1
  capacity: int  # C, slots
  stack_size: int  # L of its agent; L - 1 blank steps begin an episode
  n_step: int  # n of its agent
  observation_shape: tuple[int, ...]  # *O
  observation_dtype: np.dtype
  actions: Actions = Discrete(0)  # no file says how many

  @property
  def entries(self) -> int:
    """Number of slots that hold a step; all slots of a full replay."""
    return self.capacity if self.is_full else self.add_count

  @property
  def cursor(self) -> int:
    """The slot of the next step."""
    return self.add_count % self.capacity

  @property
  def is_full(self) -> bool:
    """Whether the ring is full; logs lack the last slot when saved."""
    return self.add_count >= self.capacity - 1


def find(directory: str | os.PathLike[str]) -> list[LegacyReplay]:
  """Lists the replays that hold steps, or lack a file.

  Args:
    directory: a run, its `checkpoints/` or its `replay_logs/`.

  Returns:
    First those in the directory itself, then those in its `checkpoints/`,
    then those in its `replay_logs/`; ascending by number in each.

  Raises:
    MissingFileError: the directory does not exist.
  """
  root = pathlib.Path(directory).expanduser()
  if not root.is_dir():
    raise MissingFileError(f'There is no directory {root}: check its name.')
  return [r for folder in _FOLDERS for r in _in_folder(root / folder)]


def _in_folder(folder: pathlib.Path) -> list[LegacyReplay]:
  names: dict[tuple[int, str], set[str]] = {}
  for entry in os.scandir(folder) if folder.is_dir() else ():
    match = _NAME.fullmatch(entry.name)
    if match and entry.is_file():
      names.setdefault((int(match[3]), match[2]), set()).add(match[1])
  replays, listed_ends = [], set()  # The prefixes of which any has listed ends.
  for (number, prefix), found in sorted(names.items()):
    if _ENDS in found:
      listed_ends.add(prefix)
    # A run that has listed ends once does so from then on.
    wanted = _REQUIRED | {_ENDS} if prefix in listed_ends else _REQUIRED
    lacks = tuple(sorted(wanted - found))
    replays.append(
      LegacyReplay(str(folder), prefix, number, _ENDS in found, lacks)
    )
  return [replay for replay in replays if not _is_empty(replay)]


def _is_empty(replay: LegacyReplay) -> bool:
  """Returns False for a damaged replay; reading it reports the damage."""
  try:
    return 'add_count' not in replay.lacks and not _add_count(replay)
  except DamagedFileError:
    return False


def choose(replays: list[LegacyReplay]) -> LegacyReplay:
  """Chooses the newest full replay, or the newest if none is full.

  The last log of a run holds only the steps since the log before it, so it is
  rarely full. A replay's number does not show whether it is full.

  Args:
    replays: at least one, all of one folder, ascending by number.

  Returns:
    One of them; if prefixes differ, one with the prefix `ckpt`.

  Raises:
    UserError: there are several prefixes, but not `ckpt`.
    DamagedFileError: a replay that had to be inspected is damaged.
  """
  newest_first = _of_one_prefix(replays)[::-1]
  if len(newest_first) == 1:
    return newest_first[0]
  full = (replay for replay in newest_first if inspect(replay).is_full)
  return next(full, newest_first[0])


def _of_one_prefix(replays: list[LegacyReplay]) -> list[LegacyReplay]:
  prefixes = sorted({replay.prefix for replay in replays})
  if len(prefixes) > 1 and _PREFIX not in prefixes:
    raise UserError(
      f'{replays[0].folder} holds replays with the prefixes '
      f'{", ".join(prefixes)}: move all but one prefix to other folders.'
    )
  prefix = _PREFIX if _PREFIX in prefixes else prefixes[0]
  return [replay for replay in replays if replay.prefix == prefix]


def inspect(replay: LegacyReplay) -> LegacyInfo:
  """Reads the description of a replay, but none of its steps.

  Raises:
    MissingFileError: a file is missing.
    EmptyReplayError: the replay holds no step.
    DamagedFileError: a file is damaged, or contradicts another.
  """
  if replay.missing:
    raise incomplete_replay(replay.missing)
  paths = [replay.column_path(name) for name in ('observation', *COLUMNS)]
  headers = {path: _header(path) for path in paths}
  path, action = paths[:2]
  dtype, shape = headers[path]
  if not (
    1 <= len(shape) <= _MAX_AXES and all(shape) and shape[0] <= _MAX_CAPACITY
  ):
    raise damaged_replay(path, f'holds an array {shape}, not frames')
  checks.check_no_vectors(action, headers[action][0], headers[action][1][1:])
  checks.check_lengths({path: shape for path, (_, shape) in headers.items()})
  add_count = _add_count(replay)
  if not add_count:
    path = replay.path('add_count')
    raise EmptyReplayError(
      f'The replay of {path} holds no step: choose another replay.'
    )
  horizons = _horizons(replay, add_count, shape[0])
  return LegacyInfo(add_count, shape[0], *horizons, shape[1:], dtype)


def _header(path: str) -> tuple[np.dtype, tuple[int, ...]]:
  with open_array(path) as file:
    return file.dtype, file.shape


def _add_count(replay: LegacyReplay) -> int:
  path = replay.path('add_count')
  add_count = read_array(path, 'iu', 1)
  if add_count.shape or not 0 <= add_count < 2**62:
    raise damaged_replay(path, 'is not a number of steps')
  return int(add_count)


def _horizons(
  replay: LegacyReplay, add_count: int, capacity: int
) -> tuple[int, int]:
  """Returns the sizes of stack and return, which only `invalid_range` shows.

  The range holds the n slots before the cursor and L slots from it on, modulo
  the capacity.
  """
  path = replay.path('invalid_range')
  slots = read_array(path, 'iu', _MAX_RANGE)
  if slots.ndim != 1 or not len(slots):
    raise damaged_replay(path, 'is not a range of slots')
  cursor = add_count % capacity
  stack_size = (int(slots[-1]) - cursor) % capacity + 1
  n_step = len(slots) - stack_size
  expected = (cursor - n_step + np.arange(len(slots))) % capacity
  if n_step < 1 or not np.array_equal(slots, expected):
    raise damaged_replay(path, 'does not lie around the cursor of add_count')
  return stack_size, n_step
