"""Fills a frame store with a legacy Dopamine replay.

The file of frames is decompressed twice and never held as a whole: once to
verify it and to see which frames are blank, once into the store. So the store
stays empty if anything is wrong, and the memory is the store's own.
"""

from typing import Any

import numpy as np

from reincarnating_rl.errors import DamagedFileError
from reincarnating_rl.replay import legacy_columns, loading
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.legacy_files import (
  LegacyInfo,
  LegacyReplay,
  inspect,
)
from reincarnating_rl.replay.legacy_layout import Layout, lay_out
from reincarnating_rl.replay.loading import LoadReport, Progress


def load(
  replay: LegacyReplay,
  store: FrameStore,
  *,
  newest: int | None = None,
  progress: Progress = lambda done, total: None,
) -> LoadReport:
  """Fills a store; what it held is forgotten.

  Args:
    replay: from `legacy_files.choose`.
    store: for frames such as `legacy_files.inspect` says; its own n-step,
      discount and stack are used.
    newest: at most how many steps to take, the newest; None for all.
    progress: called with slots read and slots to read; each is read twice.

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
  store.clear()
  info = inspect(replay)
  loading.check_store(store, info, _frames(replay), newest)
  columns = legacy_columns.read_columns(replay, info)
  terminal = columns['terminal']
  is_end = legacy_columns.read_ends(replay, info)
  total = 2 * info.capacity
  is_blank = ~terminal & (columns['action'] == 0) & (columns['reward'] == 0.0)
  for at, frames in legacy_columns.chunks(replay, info):
    stop = at + len(frames)
    is_blank[at:stop] &= ~frames.reshape(len(frames), -1).any(axis=1)
    progress(stop, total)
  layout = _lay_out(
    replay,
    info,
    terminal=terminal,
    is_blank=is_blank,
    is_end=is_end,
    stack_size=store.settings.stack_size,
    newest=newest,
  )
  steps = len(layout.episode_step)
  loading.check_capacity(store, replay.folder, steps)
  legacy_columns.check_kept(
    replay,
    columns,
    layout.position >= 0,
    num_actions=store.settings.num_actions,
  )
  for at, frames in legacy_columns.chunks(replay, info):
    _write(store, layout, columns, at, frames)
    progress(info.capacity + at + len(frames), total)
  left_out = {
    'blank steps before episodes': layout.padding,
    'slots not yet written': layout.stale,
    'older steps': layout.older,
  }
  return loading.begin_elements(store, steps, left_out)


def _frames(replay: LegacyReplay) -> str:
  return replay.column_path('observation')


def _lay_out(
  replay: LegacyReplay, info: LegacyInfo, **arguments: Any
) -> Layout:
  """Calls `lay_out`; what is wrong there is wrong with the files."""
  try:
    return lay_out(info, **arguments)
  except ValueError as error:
    raise DamagedFileError(
      f'{_frames(replay)} does not fit the files beside it '
      f'({error}): copy all of them again from where they came.'
    ) from error


def _write(
  store: FrameStore,
  layout: Layout,
  columns: dict[str, np.ndarray],
  at: int,
  frames: np.ndarray,
) -> None:
  """Puts the steps of consecutive slots where they go: they stay in order."""
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
  rows['teacher_logits'] = np.zeros((len(position), 1), np.float32)
  store.write(int(position[0]), rows)
