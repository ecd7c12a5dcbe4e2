"""The tasks of the DeepMind Control Suite (Tassa et al. 2018), as a family."""

import functools
import importlib
from typing import Any

import gymnasium as gym
import numpy as np
from absl import logging

from reincarnating_rl.envs import control_suite, mujoco_drawing
from reincarnating_rl.envs.family import Game, GameFamily, spread
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.support import errors
from reincarnating_rl.support.setting_types import PositiveInt

_PREFIX = 'dm_control/'


class ControlTask(gym.Env):
  """A task of the suite.

  Observations are the task's arrays, one after the other in the task's order.
  An episode is a function of the seed and the actions.

  The suite ends an episode with a discount of 0 where the task has ended, and
  with 1 where its time is up: the first is a terminal, the second a
  truncation. An episode whose physics diverge is truncated too, since nobody
  knows what would have followed.
  """

  def __init__(self, task_name: str) -> None:
    """Makes the task.

    Args:
      task_name: domain and task, such as `walker-walk`.

    Raises:
      UserError: there is no such task, or the suite is not installed.
    """
    control_suite.check_name(task_name)
    self._name = task_name
    # The number makes equal models; each episode has a seed of its own.
    self._task = control_suite.import_module('suite').load(
      *task_name.split('-', 1), task_kwargs={'random': 0}
    )
    # Terrain goes to OpenGL at each reset, if there is any.
    self._task.physics._make_rendering_contexts = lambda: None
    self._diverged = control_suite.import_module('rl.control').PhysicsError
    self._camera: mujoco_drawing.Camera | None = None
    self._seen = _flat(self._task.reset())
    self.action_space = _box(self._task.action_spec())
    self.observation_space = gym.spaces.Box(
      -np.inf, np.inf, self._seen.shape, np.float32
    )

  def reset(
    self, *, seed: int | None = None, options: dict[str, Any] | None = None
  ) -> tuple[np.ndarray, dict[str, Any]]:
    """See `gymnasium.Env.reset`."""
    del options
    if seed is not None:
      self._task.task.random.seed(seed)
    self.close()  # The camera has the terrain of the last episode.
    self._seen = _flat(self._task.reset())
    return self._seen, {}

  def step(
    self, action: np.ndarray
  ) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
    """See `gymnasium.Env.step`."""
    try:
      step = self._task.step(action)
    except self._diverged as error:
      logging.warning(
        'An episode of %s%s is cut, for its physics have diverged: %s',
        *(_PREFIX, self._name, errors.first_line(error)),
      )
      return self._seen, 0.0, False, True, {}
    self._seen = _flat(step)
    terminated = step.last() and step.discount == 0.0
    truncated = step.last() and not terminated
    return self._seen, step.reward, terminated, truncated, {}

  def render(self) -> np.ndarray:
    """Draws what the task's first camera sees: `[H, W, 3]` uint8.

    Raises:
      UserError: MuJoCo cannot draw here.
    """
    physics = self._task.physics
    if self._camera is None:
      self._camera = mujoco_drawing.Camera(physics.model.ptr)
    return self._camera.draw(physics.data.ptr)

  def close(self) -> None:
    """Frees what draws."""
    if self._camera is not None:
      self._camera.close()
      self._camera = None


def _flat(step: Any) -> np.ndarray:
  arrays = [np.ravel(array) for array in step.observation.values()]
  return np.concatenate(arrays, dtype=np.float32, casting='same_kind')


def _box(spec: Any) -> gym.spaces.Box:
  """Returns the actions; MuJoCo's largest number stands for no bound."""
  most = importlib.import_module('mujoco').mjMAXVAL
  low = np.where(spec.minimum <= -most, -np.inf, spec.minimum)
  high = np.where(spec.maximum >= most, np.inf, spec.maximum)
  return gym.spaces.Box(low, high, dtype=spec.dtype)


def create_control_environment(task_name: str) -> Environment:
  """A task as an experiment plays it; see `ControlTask`.

  Args:
    task_name: domain and task, such as `walker-walk`.

  Returns:
    The environment.

  Raises:
    UserError: there is no such task, the suite is not installed, or the task's
      actions have no bounds.
  """
  return Environment(ControlTask(task_name), f'{_PREFIX}{task_name}')


def create_control_game(
  game_name: str = 'walker-walk',
  num_vector_environments: PositiveInt = 8,
  *,
  num_processes: PositiveInt | None = 1,
) -> Game:
  """A task of the DeepMind Control Suite; see `ControlTask`.

  Args:
    game_name: domain and task, such as `humanoid-run`. The full name is
      `dm_control/humanoid-run`.
    num_vector_environments: episodes played side by side in evaluation.
    num_processes: that play them. None is one a core; 1 is this process. It
      does not affect results.

  Returns:
    The game.

  Raises:
    UserError: there is no such task, or the suite is not installed.
  """
  control_suite.check_name(game_name)
  create = functools.partial(create_control_environment, game_name)
  name = f'{_PREFIX}{game_name}'
  return spread(name, create, num_vector_environments, num_processes)


def _exists(name: str) -> bool:
  try:
    return name.removeprefix(_PREFIX) in control_suite.names()
  except control_suite.MissingSuiteError:
    return True  # To make it says what is missing.


FAMILY = GameFamily(
  name='control',
  summary='the DeepMind Control Suite',
  example=f'{_PREFIX}walker-walk',
  matches=lambda name: name.startswith(_PREFIX),
  exists=_exists,
  create=create_control_game,
  gin_name='create_control_environment',
  prefix=_PREFIX,
  steps_per_second=40,  # Of the simulation, in most tasks.
  actions=(Continuous.kind,),
  networks={},
)
