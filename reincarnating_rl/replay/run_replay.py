"""The replay of a student's run, read into a store of other settings.

A run's checkpoints keep the student's replay in segments (`segment_log`). To
resume, the settings must be those of the run; here only what was seen, done
and paid matters: n-step, discount, stack and capacity are the store's own, and
the logits of the run's teacher are dropped.
"""

import os
import pathlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
  damaged_replay,
)
from reincarnating_rl.formats.json_file import read_json
from reincarnating_rl.replay import loading
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.loading import LoadReport, Progress, StepColumns
from reincarnating_rl.replay.segment_log import Manifest, SegmentLog
from reincarnating_rl.replay.settings import ReplaySettings

_NAME = re.compile(r'ckpt\.(0|[1-9][0-9]{0,8})\.json', re.ASCII)
_FOLDERS = ('.', 'checkpoints')
REPLAYS, _STUDENT = 'replays', 'student'
_MAX_ACTIONS = 1024  # Whose logits are read, a segment at a time.
_UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, OSError)


class RunReplay(NamedTuple):
  """The student's replay in a checkpoint."""

  folder: str
  number: int  # of the iteration

  @property
  def path(self) -> str:
    """The manifest of the checkpoint."""
    return os.path.join(self.folder, f'ckpt.{self.number}.json')


class RunInfo(NamedTuple):
  """What the manifest of a checkpoint says of the replay."""

  settings: ReplaySettings  # the run's
  steps: range  # the numbers of those that are stored; at least one
  segments: list[dict[str, Any]]

  @property
  def entries(self) -> int:
    """How many steps it holds."""
    return len(self.steps)

  @property
  def observation_shape(self) -> tuple[int, ...]:
    """The shape of one frame, `*O`."""
    return self.settings.observation_shape

  @property
  def stack_size(self) -> int:
    """Frames in a state of the run."""
    return self.settings.stack_size

  @property
  def observation_dtype(self) -> np.dtype:
    """The type of a frame."""
    return self.settings.observation_dtype


def find(directory: str | os.PathLike[str]) -> list[RunReplay]:
  """Lists the checkpoints whose student has played.

  Args:
    directory: a run, or its `checkpoints/`.

  Returns:
    Those in the directory itself and in its `checkpoints/`; in each of them
    ascending by number.
  """
  root = pathlib.Path(directory).expanduser()
  found = []
  for folder in (root / name for name in _FOLDERS):
    names = os.listdir(folder) if folder.is_dir() else []
    numbers = (int(m[1]) for m in map(_NAME.fullmatch, names) if m)
    replays = [RunReplay(str(folder), number) for number in sorted(numbers)]
    found += [replay for replay in replays if _has_steps(replay)]
  return found


def _has_steps(replay: RunReplay) -> bool:
  """A teacher's checkpoint has none; what is damaged is told when read."""
  try:
    manifest = read_json(pathlib.Path(replay.path))
  except (DamagedFileError, OSError):
    return True
  replays = manifest.get(REPLAYS)
  if not isinstance(replays, dict) or _STUDENT not in replays:
    return False
  try:
    return replays[_STUDENT]['state']['next_step'] != 0
  except (LookupError, TypeError):
    return True


def inspect(replay: RunReplay) -> RunInfo:
  """Reads what a replay holds, and none of its steps.

  Raises:
    MissingFileError: it holds no step.
    DamagedFileError: its manifest is damaged.
  """
  try:
    manifest = read_json(pathlib.Path(replay.path))[REPLAYS][_STUDENT]
    settings = ReplaySettings.checked(**manifest['settings'])
    next_step = int(manifest['state']['next_step'])
    segments = list(manifest['segments'])
  except (UserError, *_UNREADABLE) as error:
    raise _unusable(replay, error) from error
  if not 0 <= next_step < 2**62 or settings.num_actions > _MAX_ACTIONS:
    raise damaged_replay(replay.path, 'holds numbers that cannot be')
  if not next_step:
    raise MissingFileError(f'The replay of {replay.path} holds no step yet.')
  steps = range(max(next_step - settings.capacity, 0), next_step)
  return RunInfo(settings, steps, segments)


def load(
  replay: RunReplay,
  store: FrameStore,
  *,
  newest: int | None = None,
  progress: Progress = lambda done, total: None,
) -> LoadReport:
  """Fills a store; what it held is forgotten.

  Args:
    replay: from `find`.
    store: for frames such as `inspect` says; its own n-step, discount and
      stack are used, and its teacher's logits are still to be computed.
    newest: at most how many steps to take, the newest; None for all.
    progress: called with steps read and steps to read.

  Returns:
    What is in the store now, and what was left out.

  Raises:
    ReplaySettingError: the store is for other frames or fewer steps, or
      `newest` is below 1.
    MissingFileError: the replay holds no step.
    DamagedFileError: a file is missing, damaged, or contradicts another.
    All of them leave the store empty.
  """
  store.clear()
  info = inspect(replay)
  loading.check_store(store, info, replay.path, newest)
  wanted = info.steps if newest is None else info.steps[-newest:]
  loading.check_capacity(store, replay.folder, len(wanted))
  num_actions = store.settings.num_actions
  for at, rows in _read(replay, info, wanted, num_actions):
    rows['teacher_logits'] = np.zeros((len(rows['action']), 1), np.float32)
    store.write(at - wanted.start, rows)
    progress(at + len(rows['action']) - wanted.start, len(wanted))
  left_out = {'older steps': len(info.steps) - len(wanted)}
  return loading.begin_elements(store, len(wanted), left_out)


def read_columns(
  replay: RunReplay, progress: Progress = lambda done, total: None
) -> StepColumns:
  """Reads all but frames and logits; no more than a segment's are held.

  Args:
    replay: from `find`.
    progress: called with steps read and steps to read.

  Raises:
    MissingFileError: the replay holds no step.
    DamagedFileError: a file is missing, damaged, or contradicts another.
  """
  info, parts = inspect(replay), []
  for at, rows in _read(replay, info, info.steps, num_actions=0):
    parts.append([rows[name] for name in StepColumns.arrays()])
    progress(at + len(rows['action']) - info.steps.start, info.entries)
  return StepColumns(*map(np.concatenate, zip(*parts, strict=True)))


def save(folder: str, store: FrameStore) -> dict[str, Manifest]:
  """Writes a store as a run does.

  Args:
    folder: of the checkpoints.
    store: whose steps are the student's.

  Returns:
    What the manifest of a checkpoint has under `REPLAYS`.

  Raises:
    OSError: the disk is full, say.
  """
  return {_STUDENT: SegmentLog(_log(folder)).save(store)}


def _log(folder: str) -> str:
  return os.path.join(folder, f'replay_{_STUDENT}')


def _read(
  replay: RunReplay, info: RunInfo, wanted: range, num_actions: int
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
  """Yields the number of a step and the columns from it on, checked."""
  log = SegmentLog(_log(replay.folder))
  last = None  # Steps since the episode's start, of the step before.
  try:
    for at, rows in log.read_steps(info.segments, info.settings, wanted):
      _check_rows(replay, rows, last, num_actions)
      last = int(rows['episode_step'][-1])
      yield at, rows
  except UserError:
    raise
  except _UNREADABLE as error:
    raise _unusable(replay, error) from error


def _check_rows(
  replay: RunReplay,
  rows: dict[str, np.ndarray],
  last: int | None,
  num_actions: int,
) -> None:
  """Checks what no checksum can: it may be that of a file made by anyone."""
  loading.check_actions(replay.path, rows['action'], num_actions)
  loading.check_rewards(replay.path, rows['reward'])
  step = rows['episode_step']
  before = np.insert(step[:-1], 0, step[0] - 1 if last is None else last)
  if step.min() < 0 or not np.all((step == 0) | (step == before + 1)):
    raise damaged_replay(replay.path, 'holds episodes whose steps are mixed up')


def _unusable(replay: RunReplay, error: Exception) -> DamagedFileError:
  reason = f'{type(error).__name__}: {str(error)[:100]}'
  return damaged_replay(replay.path, f'cannot be used ({reason})')
