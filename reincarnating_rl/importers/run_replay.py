"""The replay of a student's run, read into a store of other settings.

To resume, the settings must be those of the run; here only what was seen, done
and paid matters: n-step, discount, stack and capacity are the store's own, and
the logits of the run's teacher are dropped.
"""

from collections.abc import Iterator

import numpy as np

from reincarnating_rl.importers import (
  loading,
  run_files,
)
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
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.segment_log import (
  Manifest,
  SegmentLog,
)
from reincarnating_rl.support.errors import (
  UserError,
  damaged_replay,
)
from reincarnating_rl.support.progress import Progress

# Where a manifest has what `save` returns.
REPLAYS = run_files.REPLAYS
_REMEDY = (
  'copy the whole run again, replay_student/ with it, or let the teacher play '
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
  """Fills a store; what it held is forgotten.

  Args:
    replay: from `run_files.find`.
    store: for frames such as `run_files.inspect` says; its own n-step,
      discount and stack are used, and its teacher's logits are still to be
      computed.
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
    replay: from `run_files.find`.
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
  return {STUDENT: SegmentLog(log_of(folder)).save(store)}


def _read(
  replay: RunReplay, info: RunInfo, wanted: range, num_actions: int
) -> Iterator[_Part]:
  """Yields the number of a step and the columns from it on, checked."""
  log = SegmentLog(replay.log, _REMEDY)
  parts = log.read_steps(info.segments, info.settings, wanted)
  last = None  # Steps since the episode's start, of the step before.
  for at, rows in _told(replay, parts):
    _check_rows(replay, rows, last, num_actions)
    last = int(rows['episode_step'][-1])
    yield at, rows


def _told(replay: RunReplay, parts: Iterator[_Part]) -> Iterator[_Part]:
  """Turns what reading may raise into one error that names the manifest."""
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
  num_actions: int,
) -> None:
  """Checks what no checksum can: it may be that of a file made by anyone."""
  loading.check_actions(replay.path, rows['action'], num_actions)
  loading.check_rewards(replay.path, rows['reward'])
  if rows['terminal'].view(np.uint8).max() > 1:
    raise damaged_replay(replay.path, 'holds booleans that are none')
  step = rows['episode_step']
  before = np.insert(step[:-1], 0, step[0] - 1 if last is None else last)
  if step.min() < 0 or not np.all((step == 0) | (step == before + 1)):
    raise damaged_replay(replay.path, 'holds episodes whose steps are mixed up')
