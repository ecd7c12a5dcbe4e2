"""Where the steps of a legacy replay go: its slots in order, without padding.

Dopamine's circular buffer overwrites its oldest slot; before each episode it
adds L - 1 blank steps (zeros in every column), so that the L frames up to a
step are its state. What it samples from may cross a time-out or begin in
padding; what is laid out here may not.
"""

from typing import NamedTuple

import numpy as np

from reincarnating_rl.replay.legacy_files import LegacyInfo


class Layout(NamedTuple):
  """The numbers of C slots' steps in a store; `T` of them are kept."""

  position: np.ndarray  # [C] int64, -1 where the slot is left out
  episode_step: np.ndarray  # [T] int32, steps since the episode's start
  padding: int  # blank steps that are left out
  stale: int  # slots that no step was written to, or not yet again
  older: int  # steps before the newest that were asked for


def lay_out(
  info: LegacyInfo,
  *,
  terminal: np.ndarray,
  is_blank: np.ndarray,
  is_end: np.ndarray | None,
  stack_size: int,
  newest: int | None = None,
) -> Layout:
  """Orders the slots by time and finds the episodes.

  An episode ends at a terminal, at an end that is listed, and where padding
  says that another one begins. Of the oldest, cut one, steps count from S - 1
  on: no element begins where a state's frames have been overwritten.

  Args:
    info: of the replay; L is its stack size.
    terminal: [C] bool.
    is_blank: [C] bool, whether action, reward, terminal and frame are zeros.
    is_end: [C] bool, the ends that are listed; None without a list: then L - 1
      blank steps in a row are padding wherever they are.
    stack_size: S, of the store.
    newest: how many steps to keep at most; None for all.

  Raises:
    ValueError: an episode does not begin with padding, or there is only that.
  """
  order = _chronological(info)
  blank = is_blank[order]
  ended = terminal[order] if is_end is None else (terminal | is_end)[order]
  is_padding = _after_ends(blank, ended, info.stack_size)
  lead = _lead(blank)
  if lead >= stack_size - 1:  # Then the state of what follows is known.
    is_padding[: min(lead, max(stack_size, info.stack_size) - 1)] = True
  if is_end is None and info.stack_size > 1:
    is_padding |= _runs(blank & ~is_padding, info.stack_size - 1)
  whole = np.flatnonzero(~is_padding)
  if not len(whole):
    raise ValueError('all steps are padding')
  kept = whole if newest is None else whole[-newest:]
  position = np.full(info.capacity, -1, np.int64)
  position[order[kept]] = np.arange(len(kept))
  return Layout(
    position=position,
    episode_step=_episode_steps(is_padding, ended, stack_size)[kept],
    padding=len(order) - len(whole),
    stale=info.capacity - len(order),
    older=len(whole) - len(kept),
  )


def _chronological(info: LegacyInfo) -> np.ndarray:
  """Returns the slots that hold steps, oldest first."""
  if info.add_count < info.capacity:
    return np.arange(info.add_count)
  order = (info.cursor + np.arange(info.capacity)) % info.capacity
  # A log is dumped when only its last slot is still to be overwritten, which
  # readers of logs cannot tell from one that was never written.
  return order[1:] if info.cursor == info.capacity - 1 else order


def _after_ends(
  blank: np.ndarray, ended: np.ndarray, stack_size: int
) -> np.ndarray:
  """Says which steps are the padding after the episode before."""
  steps = np.arange(len(ended))
  last_end = np.maximum.accumulate(np.where(ended, steps, -stack_size))
  is_padding = np.zeros(len(ended), bool)
  is_padding[1:] = steps[1:] - last_end[:-1] < stack_size
  if not blank[is_padding].all():
    raise ValueError('an episode does not begin with padding')
  return is_padding


def _lead(blank: np.ndarray) -> int:
  """Returns how many blank steps there are before any other."""
  return len(blank) if blank.all() else int(np.argmin(blank))


def _runs(blank: np.ndarray, length: int) -> np.ndarray:
  """Says which steps are in a row of at least so many blank ones."""
  edges = np.flatnonzero(np.diff(blank, prepend=False, append=False))
  starts, stops = edges[::2], edges[1::2]
  is_long = stops - starts >= length
  change = np.zeros(len(blank) + 1, np.int8)
  change[starts[is_long]], change[stops[is_long]] = 1, -1
  return np.cumsum(change[:-1]) > 0


def _episode_steps(
  is_padding: np.ndarray, ended: np.ndarray, stack_size: int
) -> np.ndarray:
  """Returns steps since the episode's start, from S - 1 if that is unknown."""
  is_start = np.zeros(len(ended), bool)
  is_start[1:] = ~is_padding[1:] & (is_padding[:-1] | ended[:-1])
  steps = np.arange(len(ended))
  start = np.maximum.accumulate(np.where(is_start, steps, 1 - stack_size))
  return (steps - start).astype(np.int32)
