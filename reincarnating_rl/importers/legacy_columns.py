"""Reads and checks the arrays of a legacy Dopamine replay."""

import math
from collections.abc import Iterator

import numpy as np

from reincarnating_rl.importers.checks import check_actions, check_rewards
from reincarnating_rl.importers.formats import safe_pickle
from reincarnating_rl.importers.formats.npy_gzip import (
  open_array,
  read_array,
  read_bytes,
)
from reincarnating_rl.importers.legacy_files import (
  COLUMNS,
  LegacyInfo,
  LegacyReplay,
)
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.support.errors import damaged_replay

_CHUNK_BYTES = 2**23  # The system maps larger buffers anew each time.
_KINDS = {'action': 'iu', 'reward': 'iuf', 'terminal': 'biu'}
_INDEX_BYTES = 64  # A pickled slot takes 10 to 40.
_MAX_INDEX_BYTES = 2**25


def read_columns(
  replay: LegacyReplay, info: LegacyInfo
) -> dict[str, np.ndarray]:
  """Reads all columns but the frames.

  Returns:
    `action` and `reward` [C], as stored, and `terminal` [C] bool. Slots that
    were never written have arbitrary values: see `check_kept`.

  Raises:
    DamagedFileError: a file is damaged, or belongs to another replay.
  """
  columns = {name: _read_column(replay, info, name) for name in COLUMNS}
  columns['terminal'] = columns['terminal'] != 0
  return columns


def _read_column(
  replay: LegacyReplay, info: LegacyInfo, name: str
) -> np.ndarray:
  path = replay.column_path(name)
  column = read_array(path, _KINDS[name], info.capacity)
  if column.shape != (info.capacity,):
    raise damaged_replay(
      path, f'holds {column.shape}, not {info.capacity} slots'
    )
  return column


def read_ends(replay: LegacyReplay, info: LegacyInfo) -> np.ndarray | None:
  """Reads the list of slots in which episodes end.

  Returns:
    [C] bool, or None for a replay without such a list.

  Raises:
    DamagedFileError: the file is damaged, or belongs to another replay.
    UnsafeFileError: the file could run code.
  """
  if not replay.has_ends:
    return None
  path = replay.ends_path
  limit = min(4096 + _INDEX_BYTES * info.capacity, _MAX_INDEX_BYTES)
  data = read_bytes(path, limit)
  ends = safe_pickle.loads(data, path)
  if not isinstance(ends, set) or not all(
    isinstance(slot, int | np.integer) and 0 <= slot < info.capacity
    for slot in ends
  ):
    raise damaged_replay(path, f'is not a set of the {info.capacity} slots')
  is_end = np.zeros(info.capacity, bool)
  is_end[np.fromiter(ends, np.int64, len(ends))] = True
  return is_end


def chunks(
  replay: LegacyReplay, info: LegacyInfo
) -> Iterator[tuple[int, np.ndarray]]:
  """Yields slots and their frames [B, *O]; no chunk lies across the cursor.

  Args:
    replay: to read.
    info: of the replay.

  Yields:
    The first slot, and an array that the next iteration overwrites.

  Raises:
    DamagedFileError: the file is damaged; verified only after the last chunk.
  """
  row = info.observation_dtype.itemsize * math.prod(info.observation_shape)
  size = min(max(_CHUNK_BYTES // row, 1), info.capacity)
  buffer = np.empty((size, *info.observation_shape), info.observation_dtype)
  with open_array(replay.column_path('observation')) as file:
    for start, stop in ((0, info.cursor), (info.cursor, info.capacity)):
      for at in range(start, stop, size):
        frames = buffer[: stop - at]
        file.fill(frames)
        yield at, frames
    file.finish()


def check_kept(
  replay: LegacyReplay,
  columns: dict[str, np.ndarray],
  is_kept: np.ndarray,
  *,
  actions: Actions,
) -> None:
  """Checks the kept steps, and sets all others to zero.

  Args:
    replay: for messages.
    columns: from `read_columns`; changed in place.
    is_kept: [C] bool.
    actions: of the game; `Discrete(0)` if their number is unknown.

  Raises:
    DamagedFileError: an action is negative or a reward is not finite.
    ReplaySettingError: an action is not below A.
  """
  action, reward = columns['action'], columns['reward']
  action[~is_kept] = reward[~is_kept] = 0
  check_actions(replay.column_path('action'), action, actions)
  check_rewards(replay.column_path('reward'), reward)
