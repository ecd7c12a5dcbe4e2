"""The games of Gymnasium's registry, as a family."""

import functools
import re

import gymnasium as gym

from reincarnating_rl.envs.family import Game, GameFamily, looped
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.support import errors
from reincarnating_rl.support.setting_types import PositiveInt

_VERSION = re.compile(r'-v[0-9]+$', re.ASCII)


def create_gymnasium_environment(name: str) -> Environment:
  """An environment of Gymnasium's registry, such as `CartPole-v1`.

  Args:
    name: of the registry; `module:Name-v0` imports `module` first.

  Returns:
    The environment, with its registered time limit as a truncation.

  Raises:
    UserError: it is unknown or lacks a dependency, or value-based agents
      cannot use its actions or observations.
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


def create_gymnasium_game(
  game_name: str = 'CartPole-v1', num_vector_environments: PositiveInt = 8
) -> Game:
  """A game of Gymnasium's registry, such as `CartPole-v1`.

  Args:
    game_name: of the registry.
    num_vector_environments: episodes played side by side in evaluation.

  Returns:
    The game. An unknown name is an error once an environment is made.
  """
  create = functools.partial(create_gymnasium_environment, game_name)
  return looped(game_name, create, num_vector_environments)


def _matches(name: str) -> bool:
  # Atari's games are in Gymnasium's registry too, with other observations.
  registered = gym.registry.get(name)
  is_atari = registered and 'ale_py' in str(registered.entry_point)
  if is_atari or name.startswith('ALE/'):
    return False
  return _VERSION.search(name) is not None


FAMILY = GameFamily(
  name='gymnasium',
  summary="Gymnasium's registry, observations that are vectors",
  example='CartPole-v1',
  matches=_matches,
  exists=lambda name: name in gym.registry,
  create=create_gymnasium_game,
  gin_name='create_gymnasium_environment',
  networks={
    'dqn': 'MLPDQNNetwork',
    'rainbow': 'MLPRainbowNetwork',
    'quantile': 'MLPQuantileNetwork',
    'implicit_quantile': 'MLPImplicitQuantileNetwork',
  },
)
