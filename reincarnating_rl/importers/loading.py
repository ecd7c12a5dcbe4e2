"""What is common to filling a store with replays that others saved."""

from typing import NamedTuple, Protocol

import numpy as np

from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.settings import ReplaySettingError
from reincarnating_rl.support.errors import damaged_replay


class ReplayInfo(Protocol):
  """What a stored replay says of itself."""

  @property
  def entries(self) -> int:
    """How many slots, elements or steps it holds: about as many steps."""

  @property
  def observation_shape(self) -> tuple[int, ...]:
    """The shape of one frame, `*O`."""

  @property
  def stack_size(self) -> int:
    """Frames in a state of the agent that saved it."""

  @property
  def observation_dtype(self) -> np.dtype:
    """The type of a frame."""


class StepColumns(NamedTuple):
  """What is stored of T consecutive steps besides frames, oldest first."""

  action: np.ndarray  # [T] integers
  reward: np.ndarray  # [T] floats, as they were stored
  terminal: np.ndarray  # [T] bool
  episode_step: np.ndarray  # [T] integers; above 0 at first in a cut episode
  tells_time_outs: bool = True  # if not, what follows a time-out belongs to it

  @classmethod
  def arrays(cls) -> tuple[str, ...]:
    """Returns the names of the columns."""
    return cls._fields[:-1]


class LoadReport(NamedTuple):
  """What was read; counts of steps, but for the episodes."""

  steps: int  # in the store
  episodes: int  # those cut by the replay's ends included
  terminals: int  # episodes that ended
  truncations: int  # episodes that were cut, in whatever way
  left_out: dict[str, int]  # by why: what the replay has and the store lacks

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


def check_store(
  store: FrameStore, info: ReplayInfo, path: str, newest: int | None
) -> None:
  """Checks that a store takes the frames of a replay.

  Args:
    store: to be filled.
    info: of the replay.
    path: of the file that says so, for messages.
    newest: how many steps are asked for; None for all.

  Raises:
    ReplaySettingError: it takes others, or `newest` is below 1.
  """
  shape, dtype = info.observation_shape, info.observation_dtype
  settings = store.settings
  if (shape, dtype) != (settings.observation_shape, settings.observation_dtype):
    raise ReplaySettingError(
      f'{path} holds observations {shape} of {dtype}, and the store takes '
      f'{settings.observation_shape} of {settings.observation_dtype}: choose '
      'the replay of the same game.'
    )
  if newest is not None and newest < 1:
    raise ReplaySettingError(f'newest must be at least 1 step, not {newest}.')


def check_capacity(store: FrameStore, folder: str, steps: int) -> None:
  """Checks that a store has room.

  Raises:
    ReplaySettingError: it has not; older steps are never dropped silently.
  """
  capacity = store.settings.capacity
  if steps > capacity:
    raise ReplaySettingError(
      f'The replay in {folder} has {steps} steps to load and the store a '
      f'capacity of {capacity}: raise it to {steps}, or load the newest '
      f'{capacity} steps only.'
    )


def check_actions(path: str, action: np.ndarray, num_actions: int) -> None:
  """Checks the actions of the steps to store.

  Args:
    path: of their file, for messages.
    action: [T] integers.
    num_actions: A, or 0 if it is not known.

  Raises:
    DamagedFileError: one is negative, or too large for int32.
    ReplaySettingError: one is not below A.
  """
  if not np.all((action >= 0) & (action < 2**31)):
    raise damaged_replay(path, 'holds what is no action')
  if num_actions and len(action) and action.max() >= num_actions:
    raise ReplaySettingError(
      f'{path} holds the action {action.max()}, and the teacher has '
      f'{num_actions}: choose the replay of the same game.'
    )


def check_rewards(path: str, reward: np.ndarray) -> None:
  """Checks the rewards of the steps to store.

  Args:
    path: of their file, for messages.
    reward: [T] floats.

  Raises:
    DamagedFileError: one is not finite in float32.
  """
  if not np.all(np.abs(reward) <= np.finfo(np.float32).max):
    raise damaged_replay(path, 'holds what is no reward')


def begin_elements(
  store: FrameStore, steps: int, left_out: dict[str, int]
) -> LoadReport:
  """Makes elements of the steps that were written: now they are there.

  Args:
    store: cleared, then given steps 0 to `steps` by `write`.
    steps: how many; at most its capacity.
    left_out: for the report.
  """
  state = store.state_dict()
  store.load_state_dict(state | {'next_step': steps})
  store.add_count = len(store)
  columns = store.columns
  episodes = 1 + int(np.count_nonzero(columns['episode_step'][1:steps] == 0))
  terminals = int(np.count_nonzero(columns['terminal'][:steps]))
  return LoadReport(steps, episodes, terminals, episodes - terminals, left_out)
