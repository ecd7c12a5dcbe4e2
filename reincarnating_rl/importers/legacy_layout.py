"""Maps the slots of a legacy replay to steps: in order, without padding.

Dopamine's circular buffer overwrites its oldest slot. Before each episode it
adds L - 1 blank steps, with zeros in every column, so that the L frames up to a
step are its state. Dopamine may sample elements that cross a time-out or begin
in padding; this layout rules that out.
"""

from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.legacy_files import LegacyInfo


class Layout(NamedTuple):
  """The numbers of C slots' steps in a store; `T` of them are kept."""

  position: np.ndarray  # [C] int64, -1 where the slot is left out
  episode_step: np.ndarray  # [T] int32, steps since the episode's start
  padding: int  # blank steps that are left out
  unknown: int  # steps after too little padding to know their states
  stale: int  # slots never written, or about to be overwritten
  older: int  # steps before the `newest` ones


def lay_out(
  info: LegacyInfo,
  *,
  terminal: np.ndarray,
  is_blank: np.ndarray,
  is_end: np.ndarray,
  stack_size: int,
  are_rows_padding: bool = True,
  newest: int | None = None,
) -> Layout:
  """Orders the slots by time and finds the episodes.

  An episode ends at a terminal and at a listed end. L - 1 blank steps in a row
  also end it: if a run was saved amid an episode and resumed, the end of that
  episode is not listed. If the start of the oldest episode was overwritten, its
  steps count from S - 1 on, so that no element needs the missing frames; of
  stacks of 1 from 1 on, for the start is gone all the same.

  Args:
    info: of the replay; L is its stack size.
    terminal: [C] bool.
    is_blank: [C] bool, whether action, reward, terminal and frame are zeros.
    is_end: [C] bool, the listed ends.
    stack_size: S, of the store.
    are_rows_padding: whether L - 1 blank steps in a row always are padding;
      False if `is_blank` is a guess.
    newest: the largest number of steps to keep; None for all.

  Raises:
    ValueError: an episode does not begin with padding, or all steps are
      padding.
  """
  order = _chronological(info)
  blank, ended = is_blank[order], (terminal | is_end)[order]
  is_padding = _padding(
    blank,
    ended,
    length=info.stack_size - 1,
    stack_size=stack_size,
    are_rows_padding=are_rows_padding and info.stack_size > 1,
  )
  episode_step, is_unknown = _episode_steps(
    is_padding,
    ended,
    _tells_states(blank, ended, stack_size),
    max(stack_size - 1, int(info.add_count > info.capacity)),
  )
  whole = np.flatnonzero(~is_padding & ~is_unknown)
  if not len(whole):
    raise ValueError('all steps are padding')
  kept = whole if newest is None else whole[-newest:]
  position = np.full(info.capacity, -1, np.int64)
  position[order[kept]] = np.arange(len(kept))
  return Layout(
    position=position,
    episode_step=episode_step[kept],
    padding=int(np.count_nonzero(is_padding)),
    unknown=int(np.count_nonzero(is_unknown)),
    stale=info.capacity - len(order),
    older=len(whole) - len(kept),
  )


def _chronological(info: LegacyInfo) -> np.ndarray:
  """Returns the slots that hold steps, oldest first."""
  if info.add_count < info.capacity:
    return np.arange(info.add_count)
  order = (info.cursor + np.arange(info.capacity)) % info.capacity
  # A log is saved before its last slot is overwritten. Readers cannot tell
  # whether that slot was ever written.
  return order[1:] if info.cursor == info.capacity - 1 else order


def _padding(
  blank: np.ndarray,
  ended: np.ndarray,
  *,
  length: int,
  stack_size: int,
  are_rows_padding: bool,
) -> np.ndarray:
  """Returns which steps are padding; L - 1 of them begin an episode."""
  is_padding = _after_ends(blank, ended, length)
  lead = _lead(blank)
  if lead >= stack_size - 1:  # The states that follow are known.
    most = max(stack_size - 1, length)
    is_padding[: lead if are_rows_padding else min(lead, most)] = True
  if are_rows_padding:
    is_padding[lead:] |= _rows((blank & ~is_padding)[lead:], length)
  return is_padding


def _after_ends(
  blank: np.ndarray, ended: np.ndarray, length: int
) -> np.ndarray:
  """Returns which steps are padding after the previous episode."""
  steps = np.arange(len(ended))
  last_end = np.maximum.accumulate(np.where(ended, steps, -1 - length))
  is_padding = np.zeros(len(ended), bool)
  is_padding[1:] = steps[1:] - last_end[:-1] <= length
  if not blank[is_padding].all():
    raise ValueError('an episode does not begin with padding')
  return is_padding


def _lead(blank: np.ndarray) -> int:
  """Returns the number of blank steps at the start."""
  return len(blank) if blank.all() else int(np.argmin(blank))


def _rows(blank: np.ndarray, length: int) -> np.ndarray:
  """Returns which steps are in a row of at least `length` blank ones."""
  edges = np.flatnonzero(np.diff(blank, prepend=False, append=False))
  starts, stops = edges[::2], edges[1::2]
  is_long = stops - starts >= length
  change = np.zeros(len(blank) + 1, np.int8)
  change[starts[is_long]], change[stops[is_long]] = 1, -1
  return np.cumsum(change[:-1]) > 0


def _tells_states(
  blank: np.ndarray, ended: np.ndarray, stack_size: int
) -> np.ndarray:
  """Returns which steps' states are known if they begin an episode.

  All steps before must be blank, up to an end or as far as a state reaches.
  """
  steps = np.arange(len(ended))
  last = np.maximum.accumulate(np.where(ended | ~blank, steps, -1))
  before = np.insert(last[:-1], 0, -1)
  return (ended[before] & (before >= 0)) | (steps - before >= stack_size)


def _episode_steps(
  is_padding: np.ndarray,
  ended: np.ndarray,
  tells_states: np.ndarray,
  lost: int,
) -> tuple[np.ndarray, np.ndarray]:
  """Numbers the steps of episodes.

  Returns:
    Steps since the episode's start, from `lost` on if the start is not stored;
    and which steps belong to an episode whose first states are unknown. A
    store cannot hold such an episode between others.
  """
  is_start = np.zeros(len(ended), bool)
  is_start[1:] = ~is_padding[1:] & (is_padding[:-1] | ended[:-1])
  steps = np.arange(len(ended))
  start = np.maximum.accumulate(np.where(is_start, steps, 0))
  first = np.where(is_start[start], start, -lost)
  is_unknown = ~is_padding & (is_start & ~tells_states)[start]
  return (steps - first).astype(np.int32), is_unknown
