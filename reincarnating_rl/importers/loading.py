"""Records that all importers of replays share."""

import os
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.replay.frame_store import FrameStore


class ReplayInfo(Protocol):
  """Description of a replay on disk."""

  @property
  def entries(self) -> int:
    """Number of stored slots, elements or steps."""

  @property
  def observation_shape(self) -> tuple[int, ...]:
    """Shape of one frame, `*O`."""

  @property
  def actions(self) -> Actions:
    """Of the game; `Discrete(0)` where their number is not stored."""

  @property
  def stack_size(self) -> int:
    """Frames in a state of the agent that saved the replay."""

  @property
  def observation_dtype(self) -> np.dtype:
    """Type of a frame."""


class StepColumns(NamedTuple):
  """All columns but the frames of T consecutive steps, oldest first."""

  action: np.ndarray  # [T] integers, or [T, D] floats in [-1, 1]
  reward: np.ndarray  # [T] floats, as they were stored
  terminal: np.ndarray  # [T] bool
  episode_step: np.ndarray  # [T] integers; starts above 0 if the start is gone
  tells_time_outs: bool = True  # if not, cut episodes are joined to the next
  # First steps of episodes that are not whole, beside those that start above 0.
  partial: tuple[int, ...] = ()
  # Whether `partial` tells of the last episode, too; if not, it is whole only
  # where it ended in a terminal.
  tells_last: bool = False

  @classmethod
  def arrays(cls) -> tuple[str, ...]:
    """Returns the names of the columns."""
    return cls._fields[: -len(cls._field_defaults)]


class LoadReport(NamedTuple):
  """Result of loading a replay; counts steps unless stated otherwise."""

  steps: int  # in the store
  episodes: int  # including those cut by an end of the replay
  terminals: int  # episodes that ended in a terminal
  truncations: int  # episodes that were cut in any way
  left_out: dict[str, int]  # number of steps left out, by reason

  def describe(self) -> str:
    """Returns a line for the user."""
    left_out = ''.join(
      f'; {count} {reason} left out'
      for reason, count in self.left_out.items()
      if count
    )
    return (
      f'{self.steps} steps of {self.episodes} episodes ({self.terminals} ended '
      f'and {self.truncations} were cut){left_out}'
    )


def numbered_checkpoints(
  directory: str | os.PathLike[str], name: re.Pattern[str]
) -> Iterator[tuple[str, int]]:
  """Lists the files or folders of a run whose names contain numbers.

  Args:
    directory: a run, or its `checkpoints/`.
    name: must match whole names; its first group is the number.

  Yields:
    Folder and number: first the directory itself, then its `checkpoints/`;
    ascending by number in each.
  """
  root = pathlib.Path(directory).expanduser()
  for folder in (root, root / 'checkpoints'):
    names = os.listdir(folder) if folder.is_dir() else []
    numbers = (int(m[1]) for m in map(name.fullmatch, names) if m)
    for number in sorted(numbers):
      yield str(folder), number


def begin_elements(
  store: FrameStore,
  steps: int,
  left_out: dict[str, int],
  *,
  partial: Iterable[int] = (),
  without_action: Iterable[int] = (),
) -> LoadReport:
  """Makes elements of the steps that `write` has stored.

  What follows in the store begins another episode, so the last one is not
  whole, unless it ended in a terminal.

  Args:
    store: cleared, then filled with steps 0 to `steps` by `write`.
    steps: number of steps; at most the store's capacity.
    left_out: for the report.
    partial: see `StepRing`; numbers of other steps are passed over.
    without_action: see `StepRing`; likewise.
  """
  terminal = store.columns['terminal'][:steps]
  later = 1 + np.flatnonzero(store.columns['episode_step'][1:steps] == 0)
  if not terminal[-1]:
    partial = {*partial, int(later[-1]) if len(later) else 0}
  told = {
    'next_step': steps,
    'partial': sorted(partial),
    'without_action': without_action,
  }
  store.load_state_dict(store.state_dict() | told)
  store.add_count = len(store)
  episodes, terminals = 1 + len(later), int(np.count_nonzero(terminal))
  return LoadReport(steps, episodes, terminals, episodes - terminals, left_out)
