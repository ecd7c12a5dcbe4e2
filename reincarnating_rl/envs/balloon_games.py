"""Station keeping in the Balloon Learning Environment (Greaves et al. 2021)."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from reincarnating_rl.compat import balloon_compat
from reincarnating_rl.envs.family import Game, GameFamily, spread
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.setting_types import PositiveInt

NAME = 'Balloon'
# In the order of the environment's commands.
MEANINGS = ('DOWN', 'STAY', 'UP')
MAX_STEPS_PER_EPISODE = 960  # Two days, of three minutes a step.
TIME_OUT = 'time_out'
# Why an episode ended, in the words of the environment's own evaluation.
FAILURES = ('out_of_power', 'envelope_burst', 'zeropressure')


class BalloonGame(gym.Env):
  """A balloon that goes up or down to find winds that keep it near a station.

  Observations are `[1099]` float32: 16 of the balloon, then uncertainty,
  bearing and magnitude of the wind at 361 pressures. The reward of a step is 1
  within 50 km of the station and falls off outside. An episode is a function of
  the seed and the actions. It equals that of the environment's own evaluation
  under the same seed. It ends if power runs out, the envelope bursts or
  pressure falls to zero. The end of the second day is a time-out, because no
  state shows it.

  Attributes:
    action_space: `MEANINGS`.
    observation_space: with the bounds that the environment declares.
  """

  def __init__(
    self, max_steps_per_episode: int = MAX_STEPS_PER_EPISODE
  ) -> None:
    """Makes the game. The first one in a process takes seconds to compile.

    Args:
      max_steps_per_episode: where a time-out ends the episode.

    Raises:
      UserError: the Balloon Learning Environment is not installed.
    """
    environment = balloon_compat.load()
    with on_cpu():
      self._game = environment.BalloonEnv(seed=0)
    space = self._game.observation_space
    self._max_steps = max_steps_per_episode
    self._infos: list[dict[str, Any]] = []  # of the start, and of each step
    self.action_space = gym.spaces.Discrete(len(MEANINGS))
    self.observation_space = gym.spaces.Box(space.low, space.high)

  def get_action_meanings(self) -> list[str]:
    """Returns what the actions mean, in their order."""
    return list(MEANINGS)

  def reset(
    self, *, seed: int | None = None, options: dict[str, Any] | None = None
  ) -> tuple[np.ndarray, dict[str, Any]]:
    """See `gymnasium.Env.reset`; the info is that of `step`."""
    del options
    with on_cpu():
      if seed is not None:
        self._game.seed(seed)
      observation = self._game.reset()
    self._infos = [self._info('')]
    return observation, self._infos[0]

  def step(
    self, action: int
  ) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
    """See `gymnasium.Env.step`.

    Args:
      action: index of `MEANINGS`.

    Returns:
      As Gymnasium says. The info, after the step: `within_radius`, of 50 km;
      `x_km` and `y_km` from the station; `pressure` and `superpressure` in
      pascals; `altitude` in metres; `battery_soc`, the charge in [0, 1];
      `acs_power` in watts; `elapsed_seconds`; `end`, why the episode ended:
      one of `FAILURES`, `TIME_OUT`, or empty while it goes on.
    """
    observation, reward, terminated, told = self._game.step(int(action))
    truncated = not terminated and len(self._infos) >= self._max_steps
    end = TIME_OUT if truncated else ''
    end = next((failure for failure in FAILURES if told[failure]), end)
    self._infos.append(info := self._info(end))
    return observation, float(reward), bool(terminated), truncated, info

  def render(self) -> np.ndarray:
    """Draws the flight so far: [H, W, 3] uint8."""
    # Imported late, because it imports a library for drawing.
    from reincarnating_rl.envs import balloon_picture

    return balloon_picture.draw(self._infos)

  def _info(self, end: str) -> dict[str, Any]:
    state = self._game.get_simulator_state()
    balloon = state.balloon_state
    height = state.atmosphere.at_pressure(balloon.pressure).height
    distance = np.linalg.norm([balloon.x.meters, balloon.y.meters])
    return {
      'within_radius': bool(distance <= self._game.radius.meters),
      'x_km': float(balloon.x.kilometers),
      'y_km': float(balloon.y.kilometers),
      'pressure': float(balloon.pressure),
      'altitude': float(height.meters),
      'battery_soc': float(balloon.battery_soc),
      'acs_power': float(balloon.acs_power.watts),
      'superpressure': float(balloon.superpressure),
      'elapsed_seconds': balloon.time_elapsed.total_seconds(),
      'end': end,
    }


def create_balloon_environment(
  max_steps_per_episode: int = MAX_STEPS_PER_EPISODE,
) -> Environment:
  """The game as an experiment plays it.

  Args:
    max_steps_per_episode: where a time-out ends the episode.

  Returns:
    The environment.

  Raises:
    UserError: the Balloon Learning Environment is not installed.
  """
  return Environment(BalloonGame(max_steps_per_episode), NAME)


class Flight(NamedTuple):
  """An episode of `T` steps, as an evaluation reports it."""

  seed: int
  rewards: np.ndarray  # [T] float64
  infos: list[dict[str, Any]]  # T of them, see `BalloonGame.step`

  @property
  def return_(self) -> float:
    """Undiscounted sum of the rewards."""
    return float(self.rewards.sum())

  @property
  def time_within_radius(self) -> float:
    """Fraction of the steps after which the balloon was within 50 km."""
    return float(np.mean([info['within_radius'] for info in self.infos]))

  @property
  def end(self) -> str:
    """Why it ended: one of `FAILURES`, or `TIME_OUT`."""
    return self.infos[-1]['end']


def fly(
  game: BalloonGame, choose_action: Callable[[np.ndarray], int], seed: int
) -> Flight:
  """Plays an episode, as the environment's own evaluation does.

  Args:
    game: an episode under way is abandoned.
    choose_action: from an observation `[1099]` to an action.
    seed: of the episode; the environment's suites are the first N from 0 on.

  Returns:
    The flight.

  Raises:
    GameError: an observation or a reward is not finite.
  """
  environment = Environment(game, NAME)
  observation = environment.reset(seed)
  rewards, infos = [], []
  while not infos or not infos[-1]['end']:
    observation, reward, _, info = environment.step(choose_action(observation))
    rewards.append(reward)
    infos.append(info)
  return Flight(seed, np.array(rewards), infos)


def on_cpu() -> Any:
  """Keeps the environment's random numbers on the CPU, so results are equal."""
  import jax

  try:
    (device, *_) = jax.local_devices(backend='cpu')
  except RuntimeError as error:  # JAX_PLATFORMS leaves it out.
    raise UserError(
      'The balloon is simulated on the CPU, and JAX_PLATFORMS excludes it: set '
      'JAX_PLATFORMS=cuda,cpu.'
    ) from error
  return jax.default_device(device)


def create_balloon_game(
  num_vector_environments: PositiveInt = 10,
  *,
  num_processes: PositiveInt | None = None,
  max_steps_per_episode: PositiveInt = MAX_STEPS_PER_EPISODE,
) -> Game:
  """The Balloon Learning Environment; see `BalloonGame`.

  Args:
    num_vector_environments: episodes played side by side in evaluation.
    num_processes: that play them. None is one a core; 1 is this process. It
      does not affect results.
    max_steps_per_episode: where a time-out ends the episode.

  Returns:
    The game. A missing package is an error once an environment is made.
  """
  create = functools.partial(create_balloon_environment, max_steps_per_episode)
  return spread(NAME, create, num_vector_environments, num_processes)


FAMILY = GameFamily(
  name='balloon',
  summary='the Balloon Learning Environment',
  example=NAME,
  matches=lambda name: name == NAME,
  exists=lambda name: True,
  create=create_balloon_game,
  gin_name='create_balloon_environment',
  only=NAME,
  max_steps_per_episode=MAX_STEPS_PER_EPISODE,
  networks={
    'dqn': 'MLPDQNNetwork',
    'rainbow': 'MLPRainbowNetwork',
    'quantile': 'MLPQuantileNetwork',
    'implicit_quantile': 'MLPImplicitQuantileNetwork',
  },
)
