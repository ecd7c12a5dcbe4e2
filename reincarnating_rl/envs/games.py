"""A game as an experiment needs it: one to train in, many to measure in."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from reincarnating_rl.envs import single, vector
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.envs.vector import VectorEnvironment


class Game(NamedTuple):
  """Makes environments of one game, equal under equal seeds and actions."""

  name: str
  create_environment: Callable[[], Environment]
  create_vector_environment: Callable[[], VectorEnvironment]


def create_atari_game(
  game_name: str,
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
  """
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
  )


def create_gymnasium_game(name: str, num_vector_environments: int = 8) -> Game:
  """A game of Gymnasium's registry, such as `CartPole-v1`.

  Args:
    name: of the registry.
    num_vector_environments: episodes played side by side in evaluation.

  Returns:
    The game.
  """
  create = functools.partial(single.create_gymnasium_environment, name)

  def create_vector() -> VectorEnvironment:
    return vector.LoopVectorEnvironment(
      [create() for _ in range(num_vector_environments)]
    )

  return Game(name, create, create_vector)
