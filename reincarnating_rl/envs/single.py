"""One seeded environment, with what Dopamine's `Runner` asks of it."""

from typing import Any

import gymnasium as gym
import numpy as np

from reincarnating_rl.envs import answers, mujoco_drawing
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.support import errors

# In Gymnasium's info: an end for a learner alone.
LIFE_LOST = 'reincarnating_rl.life_lost'


class Environment:
  """A Gymnasium environment behind Dopamine's interface.

  Terminals and time-outs are separate: `step` returns `is_terminal` only if the
  task itself ended, or a life of it that counts as a task. `game_over` is True
  once the task is over or has timed out; until then, `step` may be called.

  All games are behind one, but for lanes of Atari's, whose emulator knows whole
  numbers alone. So what a game answers is checked here.

  Attributes:
    actions: of the game.
    name: of the game, for messages.
    observation_space: Box of uint8 or float32, `[*O]`.
    action_meanings: the emulator's names of the actions, in order; None if the
      environment has none.
    game_over: whether no episode is under way.
    truncated: whether the time limit alone ended the episode.
  """

  def __init__(self, environment: gym.Env, name: str | None = None) -> None:
    """Wraps `environment`.

    Args:
      environment: with Discrete actions from 0, or a Box of them with bounds;
        and a Box of observations.
      name: of the game, for messages; None for that of its registry or class.

    Raises:
      UserError: the actions or the observations are of another kind.
    """
    observations = environment.observation_space
    self.name = name or name_of(environment)
    if not isinstance(observations, gym.spaces.Box):
      raise errors.UserError(
        f'{self.name} has the observations {observations}: they must be a '
        'Box. gymnasium.wrappers.FlattenObservation may make one.'
      )
    self._environment = environment
    self.actions = actions_of(environment.action_space, self.name)
    self._action_space = environment.action_space
    self.observation_space = observations
    if observations.dtype not in (np.uint8, np.float32):
      self.observation_space = gym.spaces.Box(
        -np.inf, np.inf, observations.shape, np.float32
      )
    self.action_meanings = _action_meanings(environment)
    self.game_over = True
    self.truncated = False
    self._seed: int | None = None
    self._steps = 0

  @property
  def action_names(self) -> tuple[str, ...]:
    """What the A actions are called, or the D components of one."""
    if isinstance(self.actions, Discrete):
      numbers, told = range(self.actions.number), self.action_meanings
    else:
      numbers = range(1, self.actions.size + 1)
      told = mujoco_drawing.actuator_names(self._environment.unwrapped)
    if told is not None and len(told) == len(numbers) and all(told):
      return told
    return tuple(f'action {i}' for i in numbers)

  def reset(self, seed: int | None = None) -> np.ndarray:
    """Starts an episode.

    Args:
      seed: makes the episode a function of the seed and the actions; None
        continues the random numbers of the last episode.

    Returns:
      The first observation, `[*O]`.

    Raises:
      GameError: it is not of `observation_space`, or not finite.
    """
    observation, _ = self._environment.reset(seed=seed)
    self._seed, self._steps = seed, 0
    self.game_over = self.truncated = False
    return self._cast(observation)

  def step(
    self, action: np.ndarray | int
  ) -> tuple[np.ndarray, float, bool, dict[str, Any]]:
    """Acts once.

    Args:
      action: a number below A, or `[D]` in [-1, 1].

    Returns:
      The observation `[*O]`, the raw reward, whether the task ended here (a
      time-out is not an end) and Gymnasium's info. Do not use the observation
      after an episode's last step. Where a life ended and `game_over` is False,
      it is the first of the next.

    Raises:
      GameError: the observation is not of `observation_space`, or not finite;
        or the reward is not one number that float32 can hold.
    """
    self._steps += 1
    observation, reward, terminated, truncated, info = self._environment.step(
      self._of_game(action)
    )
    self.game_over = bool(terminated or truncated)
    self.truncated = self.game_over and not terminated
    is_terminal = bool(terminated or info.get(LIFE_LOST))
    return self._cast(observation), self._number(reward), is_terminal, info

  def draw(self) -> np.ndarray:
    """Draws the state that the game is in.

    Returns:
      [H, W, 3] uint8.

    Raises:
      UserError: the game cannot draw itself.
    """
    try:
      drawn = self._environment.render()
    except (NotImplementedError, gym.error.Error, ImportError) as error:
      raise self._undrawn(f' ({errors.first_line(error)})') from error
    if not isinstance(drawn, np.ndarray) or drawn.shape[2:] != (3,):
      raise self._undrawn()
    return drawn.astype(np.uint8)

  def close(self) -> None:
    """Frees what the environment holds."""
    self._environment.close()

  def _of_game(self, action: np.ndarray | int) -> np.ndarray | int:
    if isinstance(self.actions, Discrete):
      return int(action)
    space = self._action_space
    within = self.actions.to_game(np.asarray(action, np.float32))
    within = within.reshape(space.shape).astype(space.dtype, copy=False)
    # What is rounded may lie beyond.
    return np.minimum(np.maximum(within, space.low), space.high)

  def _cast(self, observation: Any) -> np.ndarray:
    try:
      return answers.observation(observation, self.observation_space)
    except answers.WrongAnswer as wrong:
      raise self._error(wrong) from wrong.__cause__

  def _number(self, reward: Any) -> float:
    try:
      return answers.reward(reward)
    except answers.WrongAnswer as wrong:
      raise self._error(wrong) from wrong.__cause__

  def _undrawn(self, reason: str = '') -> errors.UserError:
    return errors.UserError(
      f'{self.name} cannot draw itself{reason}: let its render() return an '
      'array [height, width, 3] where its render mode is rgb_array.'
    )

  def _error(self, wrong: answers.WrongAnswer) -> errors.GameError:
    what, rule = wrong.args
    seed = '' if self._seed is None else f' with seed {self._seed}'
    return errors.GameError(
      f'{self.name} answers with {what} at step {self._steps} of an episode'
      f'{seed}: {rule}, so mend the game.'
    )


def actions_of(space: gym.Space, name: str) -> Actions:
  """Returns the actions of a game of Gymnasium.

  Args:
    space: of the game's actions.
    name: of the game, for messages.

  Raises:
    UserError: they are neither Discrete from 0 nor vectors with bounds.
  """
  if isinstance(space, gym.spaces.Discrete) and space.start == 0:
    return Discrete(int(space.n))
  if isinstance(space, gym.spaces.Box) and space.dtype.kind == 'f':
    bounds = space.low, space.high
    try:
      return Continuous(*(tuple(x.ravel().tolist()) for x in bounds))
    except ValueError as error:
      raise errors.UserError(
        f'{name} has the actions {space}: their {error}. '
        'gymnasium.wrappers.TransformAction may set others.'
      ) from error
  raise errors.UserError(
    f'{name} has the actions {space}: they must be Discrete ones that '
    'start at 0, or a Box of floats with bounds.'
  )


def name_of(environment: gym.Env) -> str:
  """Returns the name of an environment of Gymnasium, for messages."""
  spec = environment.spec
  return spec.id if spec else type(environment.unwrapped).__name__


def _action_meanings(environment: gym.Env) -> tuple[str, ...] | None:
  told = getattr(environment.unwrapped, 'get_action_meanings', None)
  return told and tuple(told())
