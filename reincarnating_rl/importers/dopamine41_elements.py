"""Reads the elements of a replay of Dopamine 4.1, one after the other.

At most two elements' frames are in memory at a time.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.importers.dopamine41_files import (
  ACTION,
  IS_TERMINAL,
  NEXT_STATE,
  REWARD,
  STATE,
  Dopamine41Info,
  Dopamine41Replay,
  open_elements,
  reporting_damage,
)
from reincarnating_rl.importers.formats.numpy_msgpack import (
  number,
  stored_array,
)
from reincarnating_rl.support.progress import Progress

_EVERY = 1000  # Elements between reports of progress.


class Table(NamedTuple):
  """All of the N elements but their frames."""

  action: np.ndarray  # [N] int64
  reward: np.ndarray  # [N] float64, n-step returns
  is_terminal: np.ndarray  # [N] bool
  is_shifted: np.ndarray  # [N] bool, whether a state shifts the previous one
  state: np.ndarray  # [N] int64, fingerprints
  next_state: np.ndarray  # [N] int64, fingerprints
  is_single: bool  # whether a return was summed in float32


def read_table(
  replay: Dopamine41Replay, info: Dopamine41Info, progress: Progress
) -> Table:
  """Decodes every element once.

  Args:
    replay: to read.
    info: of the replay; its frame size was checked against the store's.
    progress: called with elements read and twice their number.

  Returns:
    All but the frames, with fingerprints that show which stacks are equal.

  Raises:
    DamagedFileError: the replay is damaged.
  """
  count = info.entries
  table = Table(
    action=np.zeros(count, np.int64),
    reward=np.zeros(count, np.float64),
    is_terminal=np.zeros(count, bool),
    is_shifted=np.zeros(count, bool),
    state=np.zeros(count, np.int64),
    next_state=np.zeros(count, np.int64),
    is_single=False,
  )
  before, state, after = (_stack(info) for _ in range(3))
  is_single = False
  for k, parts in _parts(replay, info, progress, 0):
    with reporting_damage(replay):
      reward = number(parts[REWARD])
      table.action[k] = _action(parts)
      table.is_terminal[k] = _is_terminal(parts)
      stored_array(parts[STATE]).decode_into(state)
      stored_array(parts[NEXT_STATE]).decode_into(after)
    is_single |= isinstance(reward, np.float32)
    table.reward[k] = float(reward)
    table.state[k], table.next_state[k] = map(_fingerprint, (state, after))
    # If n = 1, the previous next state equals this state: a shift too.
    table.is_shifted[k] = k and (
      table.state[k] == table.next_state[k - 1]
      or np.array_equal(state[..., :-1], before[..., 1:])
    )
    before, state = state, before
  return table._replace(is_single=is_single)


def frames(
  replay: Dopamine41Replay,
  info: Dopamine41Info,
  progress: Progress,
  *,
  is_state: np.ndarray,
  is_next: np.ndarray,
) -> Iterator[tuple[int, int, np.ndarray]]:
  """Reads the last frames of some stacks.

  Args:
    replay: to read.
    info: of the replay.
    progress: called with N plus the elements read, and 2 N.
    is_state: [N] bool, whether the state's last frame is wanted.
    is_next: [N] bool, whether the next state's last frame is wanted.

  Yields:
    The element, `STATE` or `NEXT_STATE`, and a frame [*O], which the next
    iteration overwrites.

  Raises:
    DamagedFileError: the replay is damaged.
  """
  stack = _stack(info)
  for k, parts in _parts(replay, info, progress, info.entries):
    for part, is_wanted in ((STATE, is_state), (NEXT_STATE, is_next)):
      if is_wanted[k]:
        with reporting_damage(replay):
          stored_array(parts[part]).decode_into(stack)
        yield k, part, stack[..., -1]


def _parts(
  replay: Dopamine41Replay,
  info: Dopamine41Info,
  progress: Progress,
  done: int,
) -> Iterator[tuple[int, list[Any]]]:
  """Yields the elements' numbers and their parts."""
  count = info.entries
  with open_elements(replay) as (_, _, elements):
    for k, parts in zip(range(count), elements, strict=True):
      yield k, parts
      if (k + 1) % _EVERY == 0 or k + 1 == count:
        progress(done + k + 1, 2 * count)


def _stack(info: Dopamine41Info) -> np.ndarray:
  shape = (*info.observation_shape, info.stack_size)
  return np.zeros(shape, info.observation_dtype)


def _fingerprint(stack: np.ndarray) -> int:
  """Returns a hash that tells stacks apart, unless somebody forged a collision.

  Forging one gains nothing: the forger could as well store other frames.
  """
  return hash(stack.tobytes())


def _action(parts: list[Any]) -> int:
  action = number(parts[ACTION])
  if not isinstance(action, int | np.integer) or not 0 <= action < 2**31:
    raise ValueError('holds an invalid action')
  return int(action)


def _is_terminal(parts: list[Any]) -> bool:
  is_terminal = number(parts[IS_TERMINAL])
  if is_terminal not in (0, 1):
    raise ValueError('holds an invalid is_terminal')
  return bool(is_terminal)
