"""The games of MinAtar (Young & Tian 2019), as a family."""

import difflib
import functools
import importlib
from typing import Any

import gymnasium as gym
import numpy as np

from reincarnating_rl.envs.family import Game, GameFamily, looped
from reincarnating_rl.envs.programs import GameProgram
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.support import errors
from reincarnating_rl.support.setting_types import PositiveInt

GAMES = ('asterix', 'breakout', 'freeway', 'seaquest', 'space_invaders')
# The six actions of every game, in MinAtar's order, as the Arcade Learning
# Environment calls them: a teacher of all six declares these.
MEANINGS = ('NOOP', 'LEFT', 'UP', 'RIGHT', 'DOWN', 'FIRE')
_PREFIX = 'MinAtar/'
MAX_STEPS_PER_EPISODE = 5000
STICKINESS = 0.1


class UnknownMinAtarGameError(errors.UserError):
  """There is no MinAtar game of that name."""


def check_name(game_name: str) -> None:
  """Refuses a name that no game has.

  Args:
    game_name: in snake_case, such as `space_invaders`.

  Raises:
    UnknownMinAtarGameError: with the nearest right name.
  """
  if game_name in GAMES:
    return
  folded = str(game_name).lower().replace('-', '_')
  near = difflib.get_close_matches(folded, GAMES, n=1)
  hint = f' Did you mean {near[0]!r}?' if near else ''
  raise UnknownMinAtarGameError(
    f'There is no MinAtar game {game_name!r}: choose one of {", ".join(GAMES)}.'
    f'{hint}'
  )


class MinAtarGame(gym.Env):
  """A MinAtar game with its minimal set of actions.

  Observations are `[10, 10, C]` uint8 of zeros and ones, a channel for each
  kind of object; C differs between games. An episode is a function of the seed
  and the actions: the game and the sticky actions draw on one generator.

  Only its clock ends Freeway, at 2,501 steps. That is a truncation, because
  states do not show the clock.
  """

  def __init__(
    self,
    game_name: str,
    sticky_actions: bool = True,
    max_steps_per_episode: int = MAX_STEPS_PER_EPISODE,
  ) -> None:
    """Makes the game.

    Args:
      game_name: one of `GAMES`.
      sticky_actions: repeat the action before with probability 0.1.
      max_steps_per_episode: where a time-out ends the episode.

    Raises:
      UserError: there is no such game, or MinAtar is not installed.
    """
    check_name(game_name)
    self._game = _import_minatar().Environment(
      game_name,
      sticky_action_prob=STICKINESS if sticky_actions else 0.0,
    )
    self._game.seed(0)  # From here on, the game draws on its generator too.
    self._actions = self._game.minimal_action_set()
    self._max_steps = max_steps_per_episode
    self._ends_by_clock = game_name == 'freeway'
    self._steps = 0
    self.action_space = gym.spaces.Discrete(len(self._actions))
    self.observation_space = gym.spaces.Box(
      0, 1, tuple(self._game.state_shape()), np.uint8
    )

  def get_action_meanings(self) -> list[str]:
    """Returns what the actions mean, in their order."""
    return [MEANINGS[action] for action in self._actions]

  def reset(
    self, *, seed: int | None = None, options: dict[str, Any] | None = None
  ) -> tuple[np.ndarray, dict[str, Any]]:
    """See `gymnasium.Env.reset`."""
    del options
    if seed is not None:
      # As `Environment.seed`, which takes ten times as long.
      self._game.random.seed(seed)
    self._game.last_action = 0  # MinAtar lets it outlive the episode.
    self._game.reset()
    self._steps = 0
    return self._observe(), {}

  def step(
    self, action: int
  ) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
    """See `gymnasium.Env.step`."""
    reward, over = self._game.act(self._actions[action])
    self._steps += 1
    terminated = over and not self._ends_by_clock
    truncated = not terminated and (over or self._steps >= self._max_steps)
    return self._observe(), reward, terminated, truncated, {}

  def render(self) -> np.ndarray:
    """Draws the board as MinAtar does: `[10, 10, 3]` uint8."""
    state = self._game.state()
    # Of the objects in one place, the one of the last channel is seen.
    seen = np.amax(state * np.arange(1, state.shape[2] + 1), axis=2)
    return _palette(state.shape[2])[seen]

  def _observe(self) -> np.ndarray:
    return self._game.state().view(np.uint8)


@functools.cache
def _palette(num_channels: int) -> np.ndarray:
  """Returns MinAtar's colours `[1 + C, 3]`: black, then one a channel."""
  import matplotlib

  places = np.linspace(0, 1, num_channels + 2)[1:-1]
  colors = matplotlib.colormaps['cubehelix'](places, bytes=True)[:, :3]
  return np.concatenate([np.zeros((1, 3), np.uint8), colors])


def _import_minatar() -> Any:
  try:
    # Imported late, because it imports libraries for drawing.
    return importlib.import_module('minatar')
  except ModuleNotFoundError as error:
    raise errors.UserError(
      "MinAtar is not installed: pip install -e '.[minatar]'."
    ) from error


def create_minatar_game(
  game_name: str = 'breakout',
  sticky_actions: bool = True,
  num_vector_environments: PositiveInt = 16,
  *,
  max_steps_per_episode: PositiveInt = MAX_STEPS_PER_EPISODE,
) -> Game:
  """A game of MinAtar (Young & Tian 2019); see `MinAtarGame`.

  Args:
    game_name: in snake_case, such as `space_invaders`. The full name is
      `MinAtar/space_invaders`.
    sticky_actions: repeat the action before with probability 0.1.
    num_vector_environments: episodes played side by side in evaluation.
    max_steps_per_episode: where a time-out ends the episode.

  Returns:
    The game.

  Raises:
    UnknownMinAtarGameError: there is no such game.
  """
  check_name(game_name)

  def create() -> Environment:
    return Environment(
      MinAtarGame(game_name, sticky_actions, max_steps_per_episode),
      f'{_PREFIX}{game_name}',
    )

  def create_program() -> GameProgram:
    # Imported late, because it imports JAX.
    from reincarnating_rl.envs import minatar_programs

    return minatar_programs.create(
      game_name,
      sticky_actions=sticky_actions,
      max_steps=max_steps_per_episode,
      lanes=num_vector_environments,
    )

  game = looped(f'{_PREFIX}{game_name}', create, num_vector_environments)
  return game._replace(program=create_program)


FAMILY = GameFamily(
  name='minatar',
  summary='MinAtar',
  example='MinAtar/breakout',
  matches=lambda name: name.startswith(_PREFIX),
  exists=lambda name: name.removeprefix(_PREFIX) in GAMES,
  create=create_minatar_game,
  gin_name='create_minatar_environment',
  steps_per_second=10,
  prefix=_PREFIX,
  max_steps_per_episode=MAX_STEPS_PER_EPISODE,
  networks={
    'dqn': 'MinAtarDQNNetwork',
    'rainbow': 'MinAtarRainbowNetwork',
    'quantile': 'MinAtarQuantileNetwork',
    'implicit_quantile': 'MinAtarImplicitQuantileNetwork',
  },
)
