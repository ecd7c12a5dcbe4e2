"""Names of games, as this project, Gymnasium and others write them."""

import re

# What names of Gymnasium's registry have besides the game.
_VARIANT = re.compile(r'(NoFrameskip|Deterministic)?(-v[0-9]+)?$', re.ASCII)


OWN = 'own/'
"""Before the name of a game that a caller of the API has made."""


def split_module(name: str) -> tuple[str | None, str]:
  """Splits `module:Name-v0` into the module that registers it and the rest.

  Args:
    name: of a game; None stands for the module of a name without one.
  """
  module, colon, rest = name.rpartition(':')
  return (module or None, rest) if colon else (None, name)


def without_variant(name: str) -> str:
  """Returns 'Pong' for Pong, ALE/Pong-v5 and PongNoFrameskip-v4."""
  return _VARIANT.sub('', split_module(name)[1].removeprefix('ALE/'))


def plain_name(name: str) -> str:
  """Returns 'pong' for Pong, ALE/Pong-v5 and PongNoFrameskip-v4.

  Another game of the same name stays another: 'minatar-spaceinvaders' is that
  of MinAtar/space_invaders and MinAtar/SpaceInvaders-v1. The module that
  registers a game is no part of its name, nor is who has made it.
  """
  plain = without_variant(name.removeprefix(OWN)).removeprefix('ALE-')
  return plain.replace('/', '-').replace('_', '').lower()
