"""Checks that all importers of replays share."""

import collections
import os
from collections.abc import Mapping

import numpy as np

from reincarnating_rl.importers.loading import ReplayInfo
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.settings import ReplaySettingError, ReplaySettings
from reincarnating_rl.support.errors import damaged_replay

_CHECKED = 4096  # Steps at a time.


def check_lengths(shapes: Mapping[str, tuple[int, ...]]) -> None:
  """Refuses files of different lengths.

  Args:
    shapes: of the arrays, by path; slots come first.

  Raises:
    DamagedFileError: naming a file that is unlike most others.
  """
  lengths = {path: next(iter(shape), None) for path, shape in shapes.items()}
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
  """Checks that a store takes the frames and actions of a replay.

  Args:
    store: to be filled.
    info: of the replay.
    path: file with the frames, for messages.
    newest: number of wanted steps; None for all.

  Raises:
    ReplaySettingError: actions, shape or dtype differ, or `newest` is below 1.
  """
  check_game(store.settings, info, path)
  check_newest(newest)


def check_game(settings: ReplaySettings, info: ReplayInfo, path: str) -> None:
  """Checks that a replay is of a game.

  Args:
    settings: of a store of the game.
    info: of the replay.
    path: of the replay, for messages.

  Raises:
    ReplaySettingError: actions, shape or dtype differ.
  """
  shape, dtype = info.observation_shape, info.observation_dtype
  if (shape, dtype) != (settings.observation_shape, settings.observation_dtype):
    raise ReplaySettingError(
      f'{path} holds observations {shape} of {dtype}, but the store takes '
      f'{settings.observation_shape} of {settings.observation_dtype}: choose '
      'a replay of the same game.'
    )
  if not _are_same(settings.actions, info.actions):
    raise ReplaySettingError(
      f'The actions of {path} are {info.actions}, but those of the store '
      f'{settings.actions}: choose a replay of the same game.'
    )


def check_newest(newest: int | None) -> None:
  """Raises ReplaySettingError for less than a step; None is all of them."""
  if newest is not None and newest < 1:
    raise ReplaySettingError(f'newest must be at least 1 step, not {newest}.')


def _are_same(one: Actions, other: Actions) -> bool:
  if isinstance(one, Discrete) and isinstance(other, Discrete):
    return one == other or 0 in (one.number, other.number)
  return one == other


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


def check_actions(path: str, action: np.ndarray, actions: Actions) -> None:
  """Checks the actions of the steps to store.

  Args:
    path: their file, for messages.
    action: [T] integers, or [T, D] floats.
    actions: what they are to be; `Discrete(0)` if their number is unknown.

  Raises:
    DamagedFileError: an action is negative, or too large for int32; or it is
      not in [-1, 1]^D.
    ReplaySettingError: an action is not below A.
  """
  if isinstance(actions, Continuous):
    if not np.all(np.abs(action) <= 1.0):
      raise damaged_replay(path, 'holds an action that is not in [-1, 1]')
    return
  if not np.all((action >= 0) & (action < 2**31)):
    raise damaged_replay(path, 'holds an action that is not in [0, 2**31)')
  number = actions.number
  if number and len(action) and action.max() >= number:
    raise ReplaySettingError(
      f"{path} holds the action {action.max()}, but the teacher's actions are "
      f'0 to {number - 1}: choose a replay of the same game.'
    )


def check_no_vectors(
  path: str, dtype: np.dtype, shape: tuple[int, ...]
) -> None:
  """Refuses a replay of Dopamine's whose actions are vectors.

  Args:
    path: their file, for messages.
    dtype: of an action.
    shape: of an action.

  Raises:
    ReplaySettingError: an action is a vector.
  """
  if shape and dtype.kind == 'f':
    raise ReplaySettingError(
      f'The actions of {path} are vectors: of such replays, those of our own '
      'runs alone are read. Let the teacher play '
      "(RunnerWithTeacher.teacher_data='collected')."
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
