"""Fills a frame store with a legacy Dopamine replay.

The file of frames is decompressed twice and never held as a whole: once to
verify it and to see which frames are blank, once into the store. So the store
stays empty if anything is wrong, and the memory is the store's own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.errors import DamagedFileError
from reincarnating_rl.replay import legacy_columns
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.legacy_files import (
  LegacyInfo,
  LegacyReplay,
  inspect,
)
from reincarnating_rl.replay.legacy_layout import Layout, lay_out
from reincarnating_rl.replay.settings import ReplaySettingError

Progress = Callable[[int, int], None]


class LegacyReport(NamedTuple):
  """What was read; counts of steps, but for the episodes."""

  steps: int  # in the store
  episodes: int  # those cut by the buffer's ends included
  terminals: int  # episodes that ended
  truncations: int  # episodes that were cut, in whatever way
  padding: int  # blank steps before episodes, left out
  stale: int  # slots not written to when the replay was saved, left out
  older: int  # left out because only newer ones were asked for


def load(
  replay: LegacyReplay,
  store: FrameStore,
  *,
  newest: int | None = None,
  progress: Progress = lambda done, total: None,
) -> LegacyReport:
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
  _check_store(store, replay, info, newest)
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
  _check_capacity(store, replay, len(layout.episode_step))
  legacy_columns.check_kept(
    replay,
    columns,
    layout.position >= 0,
    num_actions=store.settings.num_actions,
  )
  for at, frames in legacy_columns.chunks(replay, info):
    _write(store, layout, columns, at, frames)
    progress(info.capacity + at + len(frames), total)
  _begin_elements(store, len(layout.episode_step))
  return _report(layout, terminal)


def _check_store(
  store: FrameStore,
  replay: LegacyReplay,
  info: LegacyInfo,
  newest: int | None,
) -> None:
  shape, dtype = info.observation_shape, info.observation_dtype
  settings = store.settings
  if (shape, dtype) != (settings.observation_shape, settings.observation_dtype):
    raise ReplaySettingError(
      f'{replay.column_path("observation")} holds observations {shape} of '
      f'{dtype}, and the store takes {settings.observation_shape} of '
      f'{settings.observation_dtype}: choose the replay of the same game.'
    )
  if newest is not None and newest < 1:
    raise ReplaySettingError(f'newest must be at least 1 step, not {newest}.')


def _lay_out(
  replay: LegacyReplay, info: LegacyInfo, **arguments: Any
) -> Layout:
  """Calls `lay_out`; what is wrong there is wrong with the files."""
  try:
    return lay_out(info, **arguments)
  except ValueError as error:
    raise DamagedFileError(
      f'{replay.column_path("observation")} does not fit the files beside it '
      f'({error}): copy all of them again from where they came.'
    ) from error


def _check_capacity(
  store: FrameStore, replay: LegacyReplay, steps: int
) -> None:
  capacity = store.settings.capacity
  if steps > capacity:
    raise ReplaySettingError(
      f'The replay in {replay.folder} has {steps} steps to load and the store '
      f'a capacity of {capacity}: raise it to {steps}, or load the newest '
      f'{capacity} steps only.'
    )


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


def _begin_elements(store: FrameStore, steps: int) -> None:
  """Makes the elements of the steps that were written: now they are there."""
  state = store.state_dict()
  store.load_state_dict(state | {'next_step': steps})
  store.add_count = len(store)


def _report(layout: Layout, terminal: np.ndarray) -> LegacyReport:
  episodes = 1 + np.count_nonzero(layout.episode_step[1:] == 0)
  terminals = np.count_nonzero(terminal & (layout.position >= 0))
  return LegacyReport(
    steps=len(layout.episode_step),
    episodes=int(episodes),
    terminals=int(terminals),
    truncations=int(episodes - terminals),
    padding=layout.padding,
    stale=layout.stale,
    older=layout.older,
  )
