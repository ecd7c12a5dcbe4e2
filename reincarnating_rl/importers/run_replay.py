"""Reads the replay of a run into a store with other settings.

To resume a run, the settings must be the run's. Here only observations,
actions, rewards and episode ends are used, and what is told of episodes and
actions that lack. n-step, discount, stack size and capacity are the store's,
and what the run's teacher said is dropped.
"""

from collections.abc import Iterator

import numpy as np

from reincarnating_rl.importers import checks, loading, run_files
from reincarnating_rl.importers.loading import LoadReport, StepColumns
from reincarnating_rl.importers.run_files import (
  STUDENT,
  UNREADABLE,
  RunInfo,
  RunReplay,
  inspect,
  log_of,
  unusable,
)
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.segment_log import Manifest, SegmentLog
from reincarnating_rl.support.errors import UserError, damaged_replay
from reincarnating_rl.support.progress import Progress

# Key of the value of `save` in a manifest.
REPLAYS = run_files.REPLAYS
_REMEDY = (
  'copy the whole run again with replay_student/, or let the teacher play '
  "(RunnerWithTeacher.teacher_data='collected')"
)

_Part = tuple[int, dict[str, np.ndarray]]


def load(
  replay: RunReplay,
  store: FrameStore,
  *,
  newest: int | None = None,
  progress: Progress = lambda done, total: None,
) -> LoadReport:
  """Fills a store; its former content is dropped.

  Args:
    replay: from `run_files.find`.
    store: has the frame shape and dtype of `run_files.inspect`. Its own
      n-step, discount and stack size apply. Label it afterwards.
    newest: the largest number of steps to load, counted from the newest; None
      for all.
    progress: called with steps read and steps to read.

  Returns:
    What was loaded and what was left out.

  Raises:
    ReplaySettingError: the store has other frames or too little room, or
      `newest` is below 1.
    MissingFileError: a file is missing, or the replay holds no step.
    DamagedFileError: a file is missing, damaged, or contradicts another.
    The store is empty after any of these errors.
  """
  store.clear()
  info = inspect(replay)
  checks.check_store(store, info, replay.path, newest)
  wanted = info.steps if newest is None else info.steps[-newest:]
  checks.check_capacity(store, replay.folder, len(wanted))
  actions = store.settings.actions
  for at, rows in _read(replay, info, wanted, actions):
    rows['teacher_policy'] = np.zeros((len(rows['action']), 1), np.float32)
    store.write(at - wanted.start, rows)
    progress(at + len(rows['action']) - wanted.start, len(wanted))
  left_out = {'older steps': len(info.steps) - len(wanted)}
  return loading.begin_elements(
    store,
    len(wanted),
    left_out,
    partial=(n - wanted.start for n in info.partial),
    without_action=(n - wanted.start for n in info.without_action),
  )


def read_columns(
  replay: RunReplay, progress: Progress = lambda done, total: None
) -> StepColumns:
  """Reads all columns but frames and labels, one segment at a time.

  Args:
    replay: from `run_files.find`.
    progress: called with steps read and steps to read.

  Raises:
    MissingFileError: a file is missing, or the replay holds no step.
    DamagedFileError: a file is missing, damaged, or contradicts another.
  """
  info, parts = inspect(replay), []
  for at, rows in _read(replay, info, info.steps, info.actions):
    parts.append([rows[name] for name in StepColumns.arrays()])
    progress(at + len(rows['action']) - info.steps.start, info.entries)
  return StepColumns(
    *map(np.concatenate, zip(*parts, strict=True)),
    partial=tuple(n - info.steps.start for n in info.partial),
  )


def save(folder: str, store: FrameStore) -> dict[str, Manifest]:
  """Writes a store in the format of a run.

  Args:
    folder: holds the checkpoints.
    store: has the student's steps.

  Returns:
    The value of `REPLAYS` in the manifest of a checkpoint.

  Raises:
    OSError: a write failed, for example because the disk is full.
  """
  return {STUDENT: SegmentLog(log_of(folder)).save(store)}


def _read(
  replay: RunReplay, info: RunInfo, wanted: range, actions: Actions
) -> Iterator[_Part]:
  """Yields the number of a step and the columns from it on, checked."""
  log = SegmentLog(replay.log, _REMEDY)
  parts = log.read_steps(info.segments, info.settings, wanted)
  last = None  # Episode step of the previous step.
  for at, rows in _reporting_damage(replay, parts):
    _check_rows(replay, rows, last, actions)
    last = int(rows['episode_step'][-1])
    yield at, rows


def _reporting_damage(
  replay: RunReplay, parts: Iterator[_Part]
) -> Iterator[_Part]:
  """Turns errors of reading into one error that names the manifest."""
  while True:
    try:
      part = next(parts, None)
    except UserError:
      raise
    except UNREADABLE as error:
      raise unusable(replay, error) from error
    if part is None:
      return
    yield part


def _check_rows(
  replay: RunReplay,
  rows: dict[str, np.ndarray],
  last: int | None,
  actions: Actions,
) -> None:
  """Checks values: a checksum proves nothing about who wrote the file."""
  checks.check_actions(replay.path, rows['action'], actions)
  checks.check_rewards(replay.path, rows['reward'])
  if rows['terminal'].view(np.uint8).max() > 1:
    raise damaged_replay(replay.path, 'holds invalid booleans')
  step = rows['episode_step']
  before = np.insert(step[:-1], 0, step[0] - 1 if last is None else last)
  if step.min() < 0 or not np.all((step == 0) | (step == before + 1)):
    raise damaged_replay(
      replay.path, 'holds episodes whose steps are out of order'
    )
