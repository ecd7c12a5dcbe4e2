"""The games of Gymnasium's registry, as a family."""

import contextlib
import functools
import importlib
import re

import gin
import gymnasium as gym

from reincarnating_rl.envs import atari_roms, mujoco_drawing
from reincarnating_rl.envs.family import Game, GameFamily, looped
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.support import errors, game_names
from reincarnating_rl.support.setting_types import PositiveInt

# What Gymnasium says where our extra is missing. Its own advice brings a second
# pygame, or a MuJoCo that the DeepMind Control Suite cannot work with.
_EXTRAS = {
  'Box2D is not installed': 'box2d',
  'MuJoCo is not installed': 'control',
  "No module named 'imageio'": 'control',
  "No module named 'glfw'": 'control',
}
_VERSION = re.compile(r'-v[0-9]+$', re.ASCII)


def create_gymnasium_environment(
  name: str, *, is_drawn: bool = False
) -> Environment:
  """An environment of Gymnasium's registry, such as `CartPole-v1`.

  Args:
    name: of the registry; `module:Name-v0` imports `module` first, which
      registers `Name-v0`.
    is_drawn: whether it shall be able to draw itself.

  Returns:
    The environment, with its registered time limit as a truncation.

  Raises:
    UserError: it is unknown or lacks a dependency, or its actions or
      observations are of a kind that no student learns.
  """
  module, plain = game_names.split_module(name)
  try:
    if module is not None:
      _import(module)
    return Environment(_make_drawn(plain) if is_drawn else gym.make(plain))
  except (gym.error.Error, ImportError) as error:
    message = ' '.join(str(error).split())
    if module is None and isinstance(error, gym.error.UnregisteredEnv):
      message += f" A game of one's own is named MODULE:{name}."
    for missing, extra in _EXTRAS.items():
      if missing in message:
        message = f"pip install -e '.[{extra}]' first."
    raise errors.UserError(
      f'Cannot make the Gymnasium environment {name!r}: {message}'
    ) from error


def _make_drawn(name: str) -> gym.Env:
  try:
    made = gym.make(name, render_mode='rgb_array')
  except TypeError:  # It has no such argument; it may draw itself all the same.
    return gym.make(name)
  if hasattr(made.unwrapped, 'mujoco_renderer'):
    # Its own choice ends in a fatal error where there is no display.
    mujoco_drawing.choose_backend()
  return made


def create_gymnasium_game(
  game_name: str = 'CartPole-v1', num_vector_environments: PositiveInt = 8
) -> Game:
  """A game of Gymnasium's registry, such as `CartPole-v1`.

  Args:
    game_name: of the registry; `module:Name-v0` is `Name-v0`, and imports
      `module` first.
    num_vector_environments: episodes played side by side in evaluation.

  Returns:
    The game. An unknown name is an error once an environment is made.

  Raises:
    UserError: it is one of Atari's games.
  """
  if not _matches(game_name) and atari_roms.is_named(game_name):
    raise errors.UserError(
      f"{game_name} is one of Atari's games: bind create_game.kind = 'atari' "
      f'and create_atari_environment.game_name = {game_name!r}.'
    )
  module, name = game_names.split_module(game_name)
  create = functools.partial(create_gymnasium_environment, game_name)
  game = looped(name, create, num_vector_environments)
  return game._replace(
    module=module,
    max_steps_per_episode=_registered_limit(module, name),
    create_drawn_environment=functools.partial(create, is_drawn=True),
  )


def _import(module: str) -> None:
  # It may register names with gin, after the configuration was read.
  with gin.unlock_config():
    importlib.import_module(module)


def _registered_limit(module: str | None, name: str) -> int | None:
  """Returns where the registry ends an episode; None if it does not say."""
  if module is not None:
    with contextlib.suppress(ImportError):  # An error once one is made.
      _import(module)
  registered = gym.registry.get(name)
  return registered and registered.max_episode_steps


def _matches(name: str) -> bool:
  module, plain = game_names.split_module(name)
  registered = gym.registry.get(plain)
  # Atari's games are in Gymnasium's registry too, with other observations.
  if registered is not None:
    return 'ale_py' not in str(registered.entry_point)
  if module is not None:
    return True
  is_versioned = _VERSION.search(name) is not None
  return is_versioned and not atari_roms.is_named(name)


FAMILY = GameFamily(
  name='gymnasium',
  summary="Gymnasium's registry, observations that are vectors",
  example='CartPole-v1',
  matches=_matches,
  # The module is not imported: who has named the game may be a stranger.
  exists=lambda name: game_names.split_module(name)[1] in gym.registry,
  create=create_gymnasium_game,
  gin_name='create_gymnasium_environment',
  actions=('discrete', 'continuous'),
  steps_per_second=50,
  networks={
    'dqn': 'MLPDQNNetwork',
    'rainbow': 'MLPRainbowNetwork',
    'quantile': 'MLPQuantileNetwork',
    'implicit_quantile': 'MLPImplicitQuantileNetwork',
  },
)
