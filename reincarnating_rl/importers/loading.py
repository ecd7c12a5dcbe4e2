"""Records and checks that all importers of replays share."""

import collections
import os
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

import numpy as np

from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.settings import ReplaySettingError
from reincarnating_rl.support.errors import damaged_replay

_CHECKED = 4096  # Steps at a time.


class ReplayInfo(Protocol):
  """Description of a replay on disk."""

  @property
  def entries(self) -> int:
    """Number of stored slots, elements or steps."""

  @property
  def observation_shape(self) -> tuple[int, ...]:
    """Shape of one frame, `*O`."""

  @property
  def stack_size(self) -> int:
    """Frames in a state of the agent that saved the replay."""

  @property
  def observation_dtype(self) -> np.dtype:
    """Type of a frame."""


class StepColumns(NamedTuple):
  """All columns but the frames of T consecutive steps, oldest first."""

  action: np.ndarray  # [T] integers
  reward: np.ndarray  # [T] floats, as they were stored
  terminal: np.ndarray  # [T] bool
  episode_step: np.ndarray  # [T] integers; starts above 0 if the start is gone
  tells_time_outs: bool = True  # if not, cut episodes are joined to the next

  @classmethod
  def arrays(cls) -> tuple[str, ...]:
    """Returns the names of the columns."""
    return cls._fields[:-1]


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


def check_lengths(lengths: Mapping[str, int | None]) -> None:
  """Refuses files of different lengths.

  Args:
    lengths: number of slots by path; None for a file that has none.

  Raises:
    DamagedFileError: naming a file that is unlike most others.
  """
  usual, _ = collections.Counter(lengths.values()).most_common(1)[0]
  other = next(path for path, length in lengths.items() if length == usual)
  for path, length in lengths.items():
    if length != usual:
      raise damaged_replay(
        path,
        f'has {length or "no"} slots, and {os.path.basename(other)} {usual}',
      )


def check_store(
  store: FrameStore, info: ReplayInfo, path: str, newest: int | None
) -> None:
  """Checks that a store takes the frames of a replay.

  Args:
    store: to be filled.
    info: of the replay.
    path: file with the frames, for messages.
    newest: number of wanted steps; None for all.

  Raises:
    ReplaySettingError: shape or dtype differ, or `newest` is below 1.
  """
  shape, dtype = info.observation_shape, info.observation_dtype
  settings = store.settings
  if (shape, dtype) != (settings.observation_shape, settings.observation_dtype):
    raise ReplaySettingError(
      f'{path} holds observations {shape} of {dtype}, but the store takes '
      f'{settings.observation_shape} of {settings.observation_dtype}: choose '
      'a replay of the same game.'
    )
  if newest is not None and newest < 1:
    raise ReplaySettingError(f'newest must be at least 1 step, not {newest}.')


def check_capacity(store: FrameStore, folder: str, steps: int) -> None:
  """Checks that a store has room; older steps are never dropped silently.

  Raises:
    ReplaySettingError: the store is too small.
  """
  capacity = store.settings.capacity
  if steps > capacity:
    raise ReplaySettingError(
      f'The replay in {folder} has {steps} steps to load, but the store has '
      f'a capacity of {capacity}: raise it to {steps}, or load only the newest '
      f'{capacity} steps.'
    )


def check_actions(path: str, action: np.ndarray, num_actions: int) -> None:
  """Checks the actions of the steps to store.

  Args:
    path: their file, for messages.
    action: [T] integers.
    num_actions: A, or 0 if unknown.

  Raises:
    DamagedFileError: an action is negative, or too large for int32.
    ReplaySettingError: an action is not below A.
  """
  if not np.all((action >= 0) & (action < 2**31)):
    raise damaged_replay(path, 'holds an action that is not in [0, 2**31)')
  if num_actions and len(action) and action.max() >= num_actions:
    raise ReplaySettingError(
      f"{path} holds the action {action.max()}, but the teacher's actions are "
      f'0 to {num_actions - 1}: choose a replay of the same game.'
    )


def check_rewards(path: str, reward: np.ndarray) -> None:
  """Checks the rewards of the steps to store.

  Args:
    path: their file, for messages.
    reward: [T] floats.

  Raises:
    DamagedFileError: a reward is not finite in float32.
  """
  is_finite = np.abs(reward) <= np.finfo(np.float32).max
  if not np.all(is_finite):
    step = int(np.argmin(is_finite))
    raise damaged_replay(
      path, f'holds a reward that is not finite, {reward[step]} at step {step}'
    )


def check_observations(folder: str, store: FrameStore, steps: int) -> None:
  """Checks the observations that were stored.

  Args:
    folder: of the replay, for messages.
    store: that was filled; it is emptied before an error.
    steps: that it has, from its first slot on.

  Raises:
    DamagedFileError: an observation is not finite.
  """
  observation = store.columns['observation']
  if observation.dtype.kind != 'f':
    return
  for at in range(0, steps, _CHECKED):
    part = observation[at : min(at + _CHECKED, steps)]
    if not np.isfinite(part).all():
      store.clear()
      is_finite = np.isfinite(part.reshape(len(part), -1)).all(axis=1)
      step = at + int(np.argmin(is_finite))
      raise damaged_replay(
        f'in {folder}',
        f'holds an observation that is not finite: step {step}',
      )


def begin_elements(
  store: FrameStore, steps: int, left_out: dict[str, int]
) -> LoadReport:
  """Makes elements of the steps that `write` has stored.

  Args:
    store: cleared, then filled with steps 0 to `steps` by `write`.
    steps: number of steps; at most the store's capacity.
    left_out: for the report.
  """
  state = store.state_dict()
  store.load_state_dict(state | {'next_step': steps})
  store.add_count = len(store)
  columns = store.columns
  episodes = 1 + int(np.count_nonzero(columns['episode_step'][1:steps] == 0))
  terminals = int(np.count_nonzero(columns['terminal'][:steps]))
  return LoadReport(steps, episodes, terminals, episodes - terminals, left_out)
