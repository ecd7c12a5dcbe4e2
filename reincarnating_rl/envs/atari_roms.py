"""Names and ROM files of the Atari games."""

import contextlib
import difflib
import io
import os
import pathlib
import re
from collections.abc import Iterator

import gymnasium as gym
from ale_py import registration, roms

from reincarnating_rl.support import errors, game_names

_RAM = re.compile(r'-ram(NoFrameskip|Deterministic)?(-v[0-9]+)?$', re.ASCII)


class UnknownGameError(errors.UserError):
  """There is no Atari game of that name."""


class RomError(errors.UserError):
  """A ROM file is missing or is not the one that the emulator knows."""


def _rom_ids() -> dict[str, str]:
  """The emulator's name of each game that one player can play."""
  names = {
    registration.rom_id_to_name(rom): rom for rom in roms.get_all_rom_ids()
  }
  return {
    name: rom for name, rom in names.items() if f'ALE/{name}-v5' in gym.registry
  }


def canonical_name(game_name: str) -> str:
  """The name of the game that a name of Gymnasium's registry means.

  Args:
    game_name: such as `MsPacman`, `ALE/MsPacman-v5` or
      `MsPacmanNoFrameskip-v4`, of any version. How the game is played does not
      follow from it.

  Returns:
    The name in CamelCase, `MsPacman`.

  Raises:
    UnknownGameError: no such game; the message has the nearest right name.
  """
  known = _rom_ids()
  plain = game_names.without_variant(game_name)
  if plain in known:
    return plain
  of_ram = game_names.without_variant(_RAM.sub('', game_name))
  if of_ram in known:
    raise UnknownGameError(
      f'{game_name!r} shows the memory of the machine, and games are played '
      f'from the screen: give {of_ram!r}.'
    )
  letters = ''.join(c for c in plain.lower() if c.isalnum())
  folded = {name.lower(): name for name in known}
  near = difflib.get_close_matches(letters, folded, n=1)
  hint = (
    f'did you mean {folded[near[0]]!r}?'
    if near
    else "names are written like 'Pong' or 'SpaceInvaders'."
  )
  raise UnknownGameError(f'There is no Atari game {game_name!r}; {hint}')


def is_named(game_name: str) -> bool:
  """Says whether a name means one of these games, be it one that is refused.

  Args:
    game_name: see `canonical_name`.
  """
  return game_names.without_variant(_RAM.sub('', game_name)) in _rom_ids()


def rom_id(game_name: str) -> str:
  """The emulator's name of a game, `ms_pacman` for `MsPacman`.

  Args:
    game_name: see `canonical_name`.

  Returns:
    The name in snake_case.

  Raises:
    UnknownGameError: see `canonical_name`.
  """
  return _rom_ids()[canonical_name(game_name)]


@contextlib.contextmanager
def rom_directory(path: str | None) -> Iterator[None]:
  """Has ale-py take its ROMs from `path` while an environment is made.

  Args:
    path: directory of `.bin` files; None for those that come with ale-py.

  Yields:
    Nothing.

  Raises:
    RomError: the directory does not exist.
  """
  if path is None:
    yield
    return
  if not os.path.isdir(path):
    raise RomError(f'atari_roms_path {path!r} is not a directory.')
  variable = 'ALE_ROMS_DIR'
  before = os.environ.get(variable)
  os.environ[variable] = path
  try:
    # ale-py prints the directory at every look-up.
    with contextlib.redirect_stdout(io.StringIO()):
      yield
  finally:
    if before is None:
      del os.environ[variable]
    else:
      os.environ[variable] = before


def rom_file(
  game_name: str, atari_roms_path: str | None = None
) -> pathlib.Path:
  """The ROM file of a game, its checksum verified.

  Args:
    game_name: in CamelCase.
    atari_roms_path: directory of `.bin` files; None for ale-py's own.

  Returns:
    The path of the file.

  Raises:
    UnknownGameError: there is no such game.
    RomError: the directory or the file is missing, or the checksum is wrong.
  """
  rom = rom_id(game_name)
  try:
    with rom_directory(atari_roms_path):
      return roms.get_rom_path(rom)
  except FileNotFoundError as error:
    raise RomError(
      f'There is no {rom}.bin, the ROM of {game_name}, in '
      f'{atari_roms_path!r}; add it, or unset atari_roms_path to play the '
      'ROMs that come with ale-py.'
    ) from error
  except OSError as error:
    message = ' '.join(str(error).split())
    raise RomError(f'The ROM of {game_name} is unusable: {message}') from error
