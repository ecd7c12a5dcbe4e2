"""The table of games: one entry a family, each made in a file of its own."""

from typing import Any

from reincarnating_rl.envs import (
  atari_games,
  balloon_games,
  control_games,
  gymnasium_games,
  minatar_games,
)
from reincarnating_rl.envs.family import Game as Game
from reincarnating_rl.envs.family import GameFamily

# A name belongs to the first family that matches it.
GAMES: dict[str, GameFamily] = {
  family.name: family
  for family in (
    balloon_games.FAMILY,
    minatar_games.FAMILY,
    control_games.FAMILY,
    gymnasium_games.FAMILY,
    atari_games.FAMILY,
  )
}
DEFAULT = atari_games.FAMILY.name


def family_named(kind: str) -> GameFamily:
  """Returns the family that gin sets.

  Args:
    kind: value of `create_game.kind`, a key of `GAMES`.
  """
  return GAMES[kind]


def family_of(name: str) -> GameFamily:
  """Returns the family of a full name, even if there is no such game.

  Args:
    name: such as `Pong`, `MinAtar/breakout`, `Balloon` or `CartPole-v1`.
  """
  return next(family for family in GAMES.values() if family.matches(name))


def is_known(name: str) -> bool:
  """Says whether there is a game of that full name, of any family."""
  return family_of(name).exists(name)


def create_game(
  name: str, *, atari_roms_path: str | None = None, **settings: Any
) -> Game:
  """Makes a game by its full name.

  Args:
    name: such as `Pong`, `MinAtar/breakout`, `Balloon` or `CartPole-v1`.
    atari_roms_path: of an Atari game; others ignore it.
    **settings: other parameters of its family's `create`.

  Returns:
    The game.

  Raises:
    UserError: there is no such game, or a setting makes no sense.
  """
  family = family_of(name)
  flags = family.taken(atari_roms_path=atari_roms_path)
  return family.create_by_name(name, **flags, **settings)
