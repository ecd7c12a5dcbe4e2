"""Fills a frame store with a legacy Dopamine replay.

The file of frames is decompressed twice and never held as a whole. The first
pass verifies it and finds blank frames; the second fills the store. So the
store stays empty after an error, and memory beyond the store's is small.
"""

from typing import Any

import numpy as np

from reincarnating_rl.importers import (
  checks,
  legacy_columns,
  legacy_files,
  loading,
)
from reincarnating_rl.importers.legacy_files import LegacyInfo, LegacyReplay
from reincarnating_rl.importers.legacy_layout import Layout, lay_out
from reincarnating_rl.importers.loading import LoadReport, StepColumns
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.errors import DamagedFileError, UserError
from reincarnating_rl.support.progress import Progress


def inspect(replay: LegacyReplay) -> LegacyInfo:
  """Reads the description of a replay; see `legacy_files.inspect`.

  Raises:
    UserError: it is damaged; or nothing tells where its episodes were cut.
  """
  info = legacy_files.inspect(replay)
  if info.stack_size == 1 and not replay.has_ends:
    raise UserError(
      f'The replay of {_frames(replay)} has single observations and no list of '
      'where episodes end, so nobody knows where they were cut: choose another.'
    )
  return info


def load(
  replay: LegacyReplay,
  store: FrameStore,
  *,
  newest: int | None = None,
  progress: Progress = lambda done, total: None,
) -> LoadReport:
  """Fills a store; its former content is dropped.

  Args:
    replay: from `legacy_files.choose`.
    store: has the frame shape and dtype of `inspect`. Its own n-step, discount
      and stack size apply.
    newest: the largest number of steps to load, counted from the newest; None
      for all.
    progress: called with slots read and slots to read; each is read twice.

  Returns:
    What was loaded and what was left out.

  Raises:
    ReplaySettingError: the store has other frames or too little room, or
      `newest` is below 1.
    MissingFileError: a file is missing, or the replay holds no step.
    DamagedFileError: a file is damaged, or contradicts another.
    UnsafeFileError: a file could run code.
    UserError: see `inspect`.
    The store is empty after any of these errors.
  """
  store.clear()
  info = inspect(replay)
  checks.check_store(store, info, _frames(replay), newest)
  columns = legacy_columns.read_columns(replay, info)
  terminal = columns['terminal']
  ends = legacy_columns.read_ends(replay, info)
  total = 2 * info.capacity
  is_blank = _may_be_blank(columns)
  for at, frames in legacy_columns.chunks(replay, info):
    stop = at + len(frames)
    is_blank[at:stop] &= ~frames.reshape(len(frames), -1).any(axis=1)
    progress(stop, total)
  layout = _lay_out(
    replay,
    info,
    terminal=terminal,
    is_blank=is_blank,
    is_end=terminal if ends is None else ends,
    stack_size=store.settings.stack_size,
    newest=newest,
  )
  steps = len(layout.episode_step)
  checks.check_capacity(store, replay.folder, steps)
  legacy_columns.check_kept(
    replay,
    columns,
    layout.position >= 0,
    actions=store.settings.actions,
  )
  for at, frames in legacy_columns.chunks(replay, info):
    _write(store, layout, columns, at, frames)
    progress(info.capacity + at + len(frames), total)
  left_out = {
    'blank steps before episodes': layout.padding,
    'steps whose episodes may have begun before': layout.unknown,
    'slots not yet written': layout.stale,
    'older steps': layout.older,
  }
  return loading.begin_elements(store, steps, left_out)


def read_columns(
  replay: LegacyReplay, progress: Progress = lambda done, total: None
) -> StepColumns:
  """Reads all columns but the frames, in order.

  Without frames, only the ends of episodes show where padding is. If the replay
  lists no ends, an episode that was cut is joined to the next one. If the ring
  wrapped, the oldest episode counts as cut.

  Args:
    replay: from `legacy_files.find`.
    progress: called once, with slots read and slots to read.

  Raises:
    MissingFileError: a file is missing, or the replay holds no step.
    DamagedFileError: a file is damaged, or contradicts another.
    UnsafeFileError: a file could run code.
  """
  info = inspect(replay)
  columns = legacy_columns.read_columns(replay, info)
  terminal = columns['terminal']
  ends = legacy_columns.read_ends(replay, info)
  layout = _lay_out(
    replay,
    info,
    terminal=terminal,
    is_blank=_may_be_blank(columns),
    is_end=terminal if ends is None else ends,
    stack_size=info.stack_size,
    are_rows_padding=False,
  )
  is_kept = layout.position >= 0
  legacy_columns.check_kept(replay, columns, is_kept, actions=info.actions)
  slots = np.empty(len(layout.episode_step), np.int64)
  slots[layout.position[is_kept]] = np.flatnonzero(is_kept)
  episode_step = layout.episode_step
  if info.add_count > info.capacity and episode_step[0] == 0:
    later = np.flatnonzero(episode_step[1:] == 0)
    episode_step[: 1 + later[0] if len(later) else None] += 1
  progress(info.capacity, info.capacity)
  return StepColumns(
    *(columns[name][slots] for name in ('action', 'reward', 'terminal')),
    episode_step,
    tells_time_outs=ends is not None,
  )


def _may_be_blank(columns: dict[str, np.ndarray]) -> np.ndarray:
  """Returns [C] bool, the slots that are blank if their frames are."""
  is_idle = (columns['action'] == 0) & (columns['reward'] == 0.0)
  return is_idle & ~columns['terminal']


def _frames(replay: LegacyReplay) -> str:
  return replay.column_path('observation')


def _lay_out(
  replay: LegacyReplay, info: LegacyInfo, **arguments: Any
) -> Layout:
  """Calls `lay_out`; reports its errors as damage of the files."""
  try:
    return lay_out(info, **arguments)
  except ValueError as error:
    raise DamagedFileError(
      f'{_frames(replay)} does not match the files beside it ({error}): copy '
      'all of them again from their source.'
    ) from error


def _write(
  store: FrameStore,
  layout: Layout,
  columns: dict[str, np.ndarray],
  at: int,
  frames: np.ndarray,
) -> None:
  """Writes the steps of consecutive slots, which stay in order."""
  position = layout.position[at : at + len(frames)]
  is_kept = position >= 0
  position = position[is_kept]
  if not len(position):
    return
  rows = {
    name: column[at : at + len(frames)][is_kept]
    for name, column in columns.items()
  }
  rows['observation'] = frames[is_kept]
  rows['episode_step'] = layout.episode_step[position]
  rows['teacher_policy'] = np.zeros((len(position), 1), np.float32)
  store.write(int(position[0]), rows)
