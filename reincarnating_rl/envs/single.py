"""One seeded environment, with what Dopamine's `Runner` asks of it."""

import pathlib
from typing import Any

import ale_py
import gymnasium as gym
import numpy as np
from gymnasium import wrappers

from reincarnating_rl.envs import atari_games
from reincarnating_rl.support import errors

# Thirty minutes of play (Machado et al. 2018, Table 5).
MAX_FRAMES_PER_EPISODE = 108_000
FRAME_SKIP = 4
SCREEN_SIZE = 84
STICKINESS = 0.25


class Environment:
  """A Gymnasium environment behind Dopamine's interface.

  Terminals and time-outs stay apart: `step` says `is_terminal` only where the
  task itself ended, while `game_over` is set by either.

  Attributes:
    action_space: Discrete.
    observation_space: Box of uint8 or float32, `[*O]`.
    action_meanings: of the actions in order, as the emulator calls them; None
      where the environment does not say.
    game_over: whether no episode is under way.
    truncated: whether the episode ended by its time limit alone.
  """

  def __init__(self, environment: gym.Env) -> None:
    """Wraps `environment`.

    Args:
      environment: with Discrete actions from 0 and a Box of observations.

    Raises:
      UserError: the actions or the observations are of another kind.
    """
    actions, observations = (
      environment.action_space,
      environment.observation_space,
    )
    if not isinstance(actions, gym.spaces.Discrete) or actions.start != 0:
      raise errors.UserError(
        f'{environment} has actions {actions}; value-based agents need '
        'Discrete ones that start at 0.'
      )
    if not isinstance(observations, gym.spaces.Box):
      raise errors.UserError(
        f'{environment} has observations {observations}; they must be a Box, '
        'for which gymnasium.wrappers.FlattenObservation may help.'
      )
    self._environment = environment
    self.action_space = actions
    self.observation_space = observations
    if observations.dtype not in (np.uint8, np.float32):
      self.observation_space = gym.spaces.Box(
        -np.inf, np.inf, observations.shape, np.float32
      )
    self.action_meanings = _action_meanings(environment)
    self.game_over = True
    self.truncated = False

  def reset(self, seed: int | None = None) -> np.ndarray:
    """Starts an episode.

    Args:
      seed: makes the episode a function of the seed and the actions; None goes
        on with the random numbers of the episode before.

    Returns:
      The first observation, `[*O]`.
    """
    observation, _ = self._environment.reset(seed=seed)
    self.game_over = self.truncated = False
    return self._cast(observation)

  def step(self, action: int) -> tuple[np.ndarray, float, bool, dict[str, Any]]:
    """Acts once.

    Args:
      action: in [0, action_space.n).

    Returns:
      The observation `[*O]`, the raw reward, whether the task ended here (a
      time-out is not an end) and Gymnasium's info. The observation after the
      last step of an episode is not to be used.
    """
    observation, reward, terminated, truncated, info = self._environment.step(
      int(action)
    )
    self.game_over = bool(terminated or truncated)
    self.truncated = self.game_over and not terminated
    return self._cast(observation), float(reward), bool(terminated), info

  def close(self) -> None:
    """Frees what the environment holds."""
    self._environment.close()

  def _cast(self, observation: Any) -> np.ndarray:
    return np.asarray(observation, self.observation_space.dtype)


def _action_meanings(environment: gym.Env) -> tuple[str, ...] | None:
  told = getattr(environment.unwrapped, 'get_action_meanings', None)
  return told and tuple(told())


class _PlainSeed(gym.Wrapper):
  """Hands the seed to the emulator as it is.

  `AtariEnv` would derive one from it, negative half of the time, and negative
  ones are what the vectorised emulator ignores.
  """

  def __init__(self, environment: gym.Env, rom: pathlib.Path) -> None:
    super().__init__(environment)
    self._rom = rom

  def reset(
    self, *, seed: int | None = None, options: dict[str, Any] | None = None
  ) -> tuple[np.ndarray, dict[str, Any]]:
    if seed is not None:
      emulator = self.unwrapped.ale
      emulator.setInt('random_seed', seed)
      emulator.loadROM(self._rom)  # Only then the emulator heeds the seed.
    return self.env.reset(options=options)


def create_atari_environment(
  game_name: str,
  sticky_actions: bool = True,
  *,
  atari_roms_path: str | None = None,
  max_frames_per_episode: int = MAX_FRAMES_PER_EPISODE,
) -> Environment:
  """An Atari game after Machado et al. 2018, preprocessed as Dopamine does.

  Frames are skipped, the last two pooled, and shrunk to grey `[84, 84]` uint8;
  the end of a life is not a terminal. All frames but the one after an
  episode's last step, which nobody uses, equal those of Dopamine's
  `AtariPreprocessing` bit for bit.

  Args:
    game_name: in CamelCase, such as `MsPacman`.
    sticky_actions: repeat the action before with probability 0.25, per frame.
    atari_roms_path: directory of `.bin` files; None for ale-py's own.
    max_frames_per_episode: where a time-out ends the episode.

  Returns:
    The environment, with the game's minimal set of actions.

  Raises:
    UnknownGameError: there is no such game.
    RomError: the ROM is missing or wrong.
  """
  rom = atari_games.rom_file(game_name, atari_roms_path)
  ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
  with atari_games.rom_directory(atari_roms_path):
    # Grey, since the observation itself is thrown away and RGB costs more.
    game = ale_py.AtariEnv(
      atari_games.rom_id(game_name),
      obs_type='grayscale',
      frameskip=1,
      repeat_action_probability=STICKINESS if sticky_actions else 0.0,
      max_num_frames_per_episode=max_frames_per_episode,
    )
  return Environment(
    wrappers.AtariPreprocessing(
      _PlainSeed(game, rom),
      noop_max=0,
      frame_skip=FRAME_SKIP,
      screen_size=SCREEN_SIZE,
    )
  )


def create_gymnasium_environment(name: str) -> Environment:
  """An environment of Gymnasium's registry, such as `CartPole-v1`.

  Args:
    name: of the registry; `module:Name-v0` imports `module` first.

  Returns:
    The environment, with its registered time limit as a truncation.

  Raises:
    UserError: it is unknown, lacks a dependency, or has actions or
      observations that value-based agents cannot use.
  """
  try:
    return Environment(gym.make(name))
  except (gym.error.Error, ModuleNotFoundError) as error:
    message = ' '.join(str(error).split())
    if 'Box2D is not installed' in message:
      # Gymnasium's own advice brings a second pygame.
      message = "pip install -e '.[box2d]' first."
    raise errors.UserError(
      f'Cannot make the Gymnasium environment {name!r}: {message}'
    ) from error
