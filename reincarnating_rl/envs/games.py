"""A game as an experiment needs it: one to train in, many to measure in."""

import functools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium as gym

from reincarnating_rl.envs import (
  atari_games,
  balloon_games,
  minatar_games,
  process_vector,
  single,
  vector,
)
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.envs.vector import VectorEnvironment
from reincarnating_rl.support.errors import UserError

MINATAR = 'MinAtar/'
_VERSION = re.compile(r'-v[0-9]+$', re.ASCII)
_ATARI_STACK_SIZE = 4  # Of Mnih et al. 2015, and of every Dopamine agent.


class Game(NamedTuple):
  """Makes environments of one game, equal under equal seeds and actions.

  `stack_size` is how many observations make a state where nobody says
  otherwise: one, unless a single one hides which way things move.
  """

  name: str
  create_environment: Callable[[], Environment]
  create_vector_environment: Callable[[], VectorEnvironment]
  stack_size: int = 1


def create_atari_game(
  game_name: str = 'Pong',
  sticky_actions: bool = True,
  num_vector_environments: int = 16,
  *,
  atari_roms_path: str | None = None,
) -> Game:
  """An Atari game after Machado et al. 2018.

  Args:
    game_name: in CamelCase, such as `MsPacman`.
    sticky_actions: repeat the action before with probability 0.25, per frame.
    num_vector_environments: episodes played side by side in evaluation.
    atari_roms_path: directory of `.bin` files; None for ale-py's own.

  Returns:
    The game; the ROM is looked for when an environment is made.

  Raises:
    UserError: `num_vector_environments` is less than 1.
  """
  _check_lanes(num_vector_environments)
  return Game(
    game_name,
    functools.partial(
      single.create_atari_environment,
      game_name,
      sticky_actions,
      atari_roms_path=atari_roms_path,
    ),
    functools.partial(
      vector.AtariVectorEnvironment,
      game_name,
      num_vector_environments,
      sticky_actions,
      atari_roms_path=atari_roms_path,
    ),
    _ATARI_STACK_SIZE,
  )


def create_minatar_game(
  game_name: str = 'breakout',
  sticky_actions: bool = True,
  num_vector_environments: int = 16,
  *,
  max_steps_per_episode: int = minatar_games.MAX_STEPS_PER_EPISODE,
) -> Game:
  """A game of MinAtar (Young & Tian 2019); see `minatar_games.MinAtarGame`.

  Args:
    game_name: in snake_case, such as `space_invaders`; the game's own name is
      this with `MinAtar/` before it.
    sticky_actions: repeat the action before with probability 0.1.
    num_vector_environments: episodes played side by side in evaluation.
    max_steps_per_episode: where a time-out ends the episode.

  Returns:
    The game.

  Raises:
    UnknownMinAtarGameError: there is no such game.
    UserError: `num_vector_environments` is less than 1.
  """
  minatar_games.check_name(game_name)

  def create() -> Environment:
    return Environment(
      minatar_games.MinAtarGame(
        game_name, sticky_actions, max_steps_per_episode
      )
    )

  return _looped(f'{MINATAR}{game_name}', create, num_vector_environments)


def create_gymnasium_game(
  game_name: str = 'CartPole-v1', num_vector_environments: int = 8
) -> Game:
  """A game of Gymnasium's registry, such as `CartPole-v1`.

  Args:
    game_name: of the registry.
    num_vector_environments: episodes played side by side in evaluation.

  Returns:
    The game; whether there is one is seen when an environment is made.

  Raises:
    UserError: `num_vector_environments` is less than 1.
  """
  create = functools.partial(single.create_gymnasium_environment, game_name)
  return _looped(game_name, create, num_vector_environments)


def create_balloon_game(
  num_vector_environments: int = 10,
  *,
  num_processes: int | None = None,
  max_steps_per_episode: int = balloon_games.MAX_STEPS_PER_EPISODE,
) -> Game:
  """The Balloon Learning Environment; see `balloon_games.BalloonGame`.

  Args:
    num_vector_environments: episodes played side by side in evaluation.
    num_processes: that play them; None for one a core, 1 for none beside this
      one. It changes no result.
    max_steps_per_episode: where a time-out ends the episode.

  Returns:
    The game; what it needs is looked for when an environment is made.

  Raises:
    UserError: a number of environments or processes is less than 1.
  """
  create = functools.partial(
    balloon_games.create_balloon_environment, max_steps_per_episode
  )
  game = _looped(balloon_games.NAME, create, num_vector_environments)
  if process_vector.process_count(num_vector_environments, num_processes) == 1:
    return game
  return game._replace(
    create_vector_environment=functools.partial(
      process_vector.ProcessVectorEnvironment,
      create,
      num_vector_environments,
      num_processes,
    )
  )


def _check_lanes(number: int) -> None:
  if number < 1:
    raise UserError(
      f'num_vector_environments is {number}: it must be at least 1.'
    )


def _looped(name: str, create: Callable[[], Environment], lanes: int) -> Game:
  _check_lanes(lanes)

  def create_vector() -> VectorEnvironment:
    return vector.LoopVectorEnvironment([create() for _ in range(lanes)])

  return Game(name, create, create_vector)


def kind_of(name: str) -> str:
  """Says which kind of game a name is of, whether or not there is one.

  Args:
    name: such as `Pong`, `MinAtar/breakout`, `Balloon` or `CartPole-v1`.

  Returns:
    'atari', 'minatar', 'balloon' or 'gymnasium'.
  """
  if name == balloon_games.NAME:
    return 'balloon'
  if name.startswith(MINATAR):
    return 'minatar'
  # Atari's games are in Gymnasium's registry too, with other observations.
  registered = gym.registry.get(name)
  is_atari = registered and 'ale_py' in str(registered.entry_point)
  if is_atari or name.startswith('ALE/') or not _VERSION.search(name):
    return 'atari'
  return 'gymnasium'


def is_known(name: str) -> bool:
  """Says whether there is a game of that name, of any kind."""
  kind = kind_of(name)
  if kind == 'balloon':
    return True
  if kind == 'minatar':
    return name.removeprefix(MINATAR) in minatar_games.GAMES
  if kind == 'gymnasium':
    return name in gym.registry
  try:
    atari_games.rom_id(name)
  except atari_games.UnknownGameError:
    return False
  return True


def create_game(
  name: str, *, atari_roms_path: str | None = None, **settings: Any
) -> Game:
  """Makes a game of any kind.

  Args:
    name: such as `Pong`, `MinAtar/breakout`, `Balloon` or `CartPole-v1`.
    atari_roms_path: of an Atari game, as `create_atari_game` takes it.
    **settings: that the function of its kind takes besides.

  Returns:
    The game.

  Raises:
    UnknownMinAtarGameError: there is no such game.
    UserError: its settings make none.
  """
  kind = kind_of(name)
  if kind == 'minatar':
    return create_minatar_game(name.removeprefix(MINATAR), **settings)
  if kind == 'balloon':
    return create_balloon_game(**settings)
  if kind == 'gymnasium':
    return create_gymnasium_game(name, **settings)
  return create_atari_game(name, atari_roms_path=atari_roms_path, **settings)
