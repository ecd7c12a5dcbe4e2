"""Records what somebody plays, a human or a script, as data of a teacher."""

import atexit
import os
import time
from typing import Any

import gymnasium as gym
import numpy as np

from reincarnating_rl.envs import single
from reincarnating_rl.importers.data import export, npz
from reincarnating_rl.importers.data.export import Export
from reincarnating_rl.learner.actions import Continuous, are_alike
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import GameError, UserError

SUFFIX = '.npz'
_PAUSE = 20.0  # At least so many times what a write takes, between two.
_OTHER = 'choose another path'


def record(environment: gym.Env, path: str | os.PathLike[str]) -> 'Recorder':
  """Records all that is played in an environment.

  ```
  env = record(gymnasium.make('CartPole-v1'), 'mine.npz')
  ```

  Play in `env` as in any environment, and name the file with
  `--teacher_replay_dir`. A file that is there goes on.

  The file is written whole after an episode, by `close`, and when Python ends,
  after Ctrl-C too. Where writing takes long, it waits for some episodes.

  Args:
    environment: of Gymnasium, with observations of one array, and with actions
      that are Discrete from 0 or a Box with bounds.
    path: of the file, NAME.npz.

  Returns:
    The environment to play in.

  Raises:
    UserError: it is no such environment, or the file cannot be written or is of
      another game.
  """
  return Recorder(environment, path)


class Recorder(gym.Wrapper):
  """See `record`.

  An episode ends as the environment says: `terminated` or `truncated`. One that
  is left by `reset` is cut there. One under way at the end of the file is told
  by no flag, so readers know that it is not whole.
  """

  def __init__(
    self, environment: gym.Env, path: str | os.PathLike[str]
  ) -> None:
    """See `record`."""
    super().__init__(environment)
    self._path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    name = single.name_of(environment)
    self._actions = single.actions_of(environment.action_space, name)
    space = environment.observation_space
    if not isinstance(space, gym.spaces.Box):
      raise UserError(
        f'{name} has the observations {type(space).__name__}: a recording has '
        'one array a step. gymnasium.wrappers.FlattenObservation makes that.'
      )
    if not self._path.endswith(SUFFIX):
      raise UserError(f'{path} is no name of a recording: end it in {SUFFIX}.')
    files.check_file(self._path, 'path')
    self._shape = tuple(space.shape)
    self._done = [self._continued()] if os.path.exists(self._path) else []
    self._rows: list[tuple[Any, ...]] = []
    self._observation: np.ndarray | None = None
    self._is_written, self._next_write = True, 0.0
    atexit.register(self.write)

  def reset(self, **settings: Any) -> tuple[Any, dict[str, Any]]:
    """Starts an episode; one that is under way is cut."""
    observation, info = super().reset(**settings)
    if self._rows:
      self._rows[-1] = (*self._rows[-1][:-1], True)
      self._end()
    self._observation = _finite(observation, 'an observation')
    return observation, info

  def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
    """Acts once, and records it.

    Raises:
      UserError: the action is none of the game's.
      GameError: the game answers with what is not finite.
    """
    taken = self._checked(action)
    following, reward, ends, is_cut, info = super().step(action)
    told = float(_finite(reward, 'a reward')), bool(ends), bool(is_cut)
    seen = _finite(following, 'an observation')
    self._rows.append((self._observation, taken, *told))
    self._is_written, self._observation = False, seen
    if ends or is_cut:
      self._end()
      if time.monotonic() >= self._next_write:
        self.write()
    return following, reward, ends, is_cut, info

  def close(self) -> None:
    """Writes the file, and closes the environment."""
    self.write()
    atexit.unregister(self.write)
    super().close()

  def write(self) -> None:
    """Writes all that was played; nothing where it is written.

    Raises:
      UnwritableError: it cannot.
    """
    if self._is_written:
      return
    began = time.monotonic()
    parts = [*self._done, *([self._columns()] if self._rows else [])]
    arrays = {
      name: np.concatenate([part[name] for part in parts])
      for name in npz.COLUMNS
    }
    made = Export(arrays | export.told_of(self._actions), 0)
    export.write(self._path, made, _OTHER)
    self._is_written = True
    ended = time.monotonic()
    self._next_write = ended + _PAUSE * (ended - began)

  def _end(self) -> None:
    self._done.append(self._columns())
    self._rows = []

  def _columns(self) -> dict[str, np.ndarray]:
    """Returns the rows of the episode as arrays."""
    columns = map(np.array, zip(*self._rows, strict=True))
    return dict(zip(npz.COLUMNS, columns, strict=True))

  def _checked(self, action: Any) -> np.ndarray:
    """Returns an action as it is stored."""
    if self._observation is None:
      raise UserError('Call reset before step: an episode has to begin.')
    if not isinstance(self._actions, Continuous):
      taken = np.int64(np.asarray(action).item())
      is_right = 0 <= taken < self._actions.number
    else:
      taken = np.array(action, np.float32).reshape(-1)
      low, high = np.float32(self._actions.low), np.float32(self._actions.high)
      is_right = taken.shape == low.shape and bool(
        np.all((taken >= low) & (taken <= high))
      )
    if not is_right:
      raise UserError(
        f'{action} is none of the {self._actions} of the game: act within '
        'them, or put gymnasium.wrappers.ClipAction around the recording.'
      )
    return taken

  def _continued(self) -> dict[str, np.ndarray]:
    """Reads the file that is there; what was under way in it was cut."""
    steps = npz.read(self._path)
    if (
      not are_alike(steps.actions, self._actions)
      or steps.observation_shape != self._shape
    ):
      raise UserError(
        f'{self._path} has observations {steps.observation_shape} and '
        f'{steps.actions}, and this game {self._shape} and {self._actions}: '
        f'{_OTHER}.'
      )
    if {*steps.partial} - {steps.entries - 1 - int(steps.episode_step[-1])}:
      raise UserError(
        f'{self._path} marks episodes that are not whole, which a recording '
        f'cannot: {_OTHER}.'
      )
    cut = steps.is_last & ~steps.terminal
    cut[-1] = not steps.terminal[-1]
    columns = (
      steps.observations(0, steps.entries),
      *(steps.action, steps.reward, steps.terminal, cut),
    )
    return dict(zip(npz.COLUMNS, columns, strict=True))


def _finite(value: Any, what: str) -> np.ndarray:
  """Returns a copy, for the game may use its memory again."""
  copied = np.array(value)
  if not np.isfinite(copied).all():
    raise GameError(
      f'The game answers with {what} that is not finite, of which nothing can '
      'be learnt: mend the game. What was played before is recorded.'
    )
  return copied
