"""A game as a caller gives it: a name, an environment, or what makes one."""

import re
from collections.abc import Callable
from typing import Any

import gymnasium as gym

from reincarnating_rl.envs import games, single
from reincarnating_rl.envs.family import Game
from reincarnating_rl.support.errors import UserError, name_of
from reincarnating_rl.support.game_names import OWN, split_module

AnyGame = str | gym.Env | Callable[[], gym.Env]
"""A full name; one environment, in which all is played; or what makes one."""

_UNUSUAL = re.compile(r'[^\w.-]+')
_VERSION = re.compile(r'-v[0-9]+$', re.ASCII)


class _Borrowed(gym.Env):
  """An environment of the caller's, wrappers and all, which stays as it is.

  Gymnasium sets the specification of what its registry makes, and so would
  change the caller's own.
  """

  def __init__(self, environment: gym.Env, *, turn: list[Any] | None) -> None:
    """Takes the environment.

    Args:
      environment: of the caller.
      turn: shared by all who play in it; the one who has begun the newest
        episode is in it. None if nobody else does: then `close` closes it.
    """
    self._environment, self._turn = environment, turn
    self.observation_space = environment.observation_space
    self.action_space = environment.action_space
    self.render_mode = environment.render_mode

  def __getattr__(self, name: str) -> Any:
    """Returns what only the caller's environment has."""
    if name.startswith('_'):
      raise AttributeError(name)
    return getattr(self._environment.unwrapped, name)

  def reset(self, **settings: Any) -> tuple[Any, dict[str, Any]]:
    """See `gymnasium.Env.reset`."""
    if self._turn is not None:
      self._turn[:] = [self]
    return self._environment.reset(**settings)

  def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
    """See `gymnasium.Env.step`.

    Raises:
      UserError: somebody else has begun an episode since.
    """
    if self._turn is not None and self._turn[-1:] != [self]:
      raise UserError(
        'game is one environment, and another episode has begun in it before '
        'this one has ended: for several at a time (Runner.num_environments) '
        'give a function that makes one.'
      )
    return self._environment.step(action)

  def render(self) -> Any:
    """See `gymnasium.Env.render`."""
    return self._environment.render()

  def close(self) -> None:
    """Frees what was made here alone."""
    if self._turn is None:
      self._environment.close()


def name_of_game(game: AnyGame) -> str:
  """Returns the full name by which all rooms of the package make a game.

  Args:
    game: of the caller. One that is no name is registered with Gymnasium,
      behind `OWN`, for as long as the program runs; whoever has the same name
      was registered before.

  Raises:
    UserError: it is no game.
  """
  if isinstance(game, str):
    return game
  if isinstance(game, gym.vector.VectorEnv):
    raise UserError(
      'game is a vector environment: give one environment, or a function that '
      'makes one.'
    )
  if isinstance(game, gym.Env):
    turn: list[Any] = []
    return _register(game, lambda: _Borrowed(game, turn=turn))
  if not callable(game):
    raise UserError(
      f'game is {game!r}: give a name, a gymnasium.Env, or a function that '
      'makes one.'
    )
  first = _made(game)
  try:
    return _register(first, lambda: _Borrowed(_made(game), turn=None))
  finally:
    first.close()


def _made(factory: Callable[[], Any]) -> gym.Env:
  environment = factory()
  if not isinstance(environment, gym.Env):
    raise UserError(
      f'game is {name_of(factory)}, which makes a '
      f'{type(environment).__name__}: it must make a gymnasium.Env.'
    )
  return environment


def _register(environment: gym.Env, create: Callable[[], gym.Env]) -> str:
  told = single.name_of(environment)
  name = _UNUSUAL.sub('-', told.removeprefix(OWN))
  if not _VERSION.search(name):
    name += '-v0'
  name = f'{OWN}{name}'
  gym.registry.pop(name, None)
  gym.register(
    name, entry_point=create, order_enforce=False, disable_env_checker=True
  )
  return name


def may_be_made(name: Any) -> bool:
  """Whether a game is made because a file names it.

  What only its caller can make is none. Nor is what a module registers: it
  would be imported, and a stranger may have written the file.
  """
  is_plain = isinstance(name, str) and split_module(name)[0] is None
  return is_plain and not name.startswith(OWN)


def given(game: AnyGame | None) -> list[str]:
  """Returns 'game', if a run that is resumed has to be given it."""
  return [] if game is None or isinstance(game, str) else ['game']


def lanes_of(game: AnyGame) -> int | None:
  """Returns how many episodes can be played side by side; None for any."""
  return 1 if isinstance(game, gym.Env) else None


def create(game: AnyGame, **settings: Any) -> Game:
  """Makes a game.

  Args:
    game: of the caller.
    **settings: of its family's `create`.

  Raises:
    UserError: there is no such game, or a setting makes no sense.
  """
  lanes = lanes_of(game)
  if lanes is not None:
    settings['num_vector_environments'] = lanes
  return games.create_game(name_of_game(game), **settings)


def bindings(game: AnyGame) -> list[str]:
  """Returns what gin makes the same game of.

  Args:
    game: of the caller.
  """
  name, lanes = name_of_game(game), lanes_of(game)
  family = games.family_of(name)
  told = [f'create_game.kind = {family.name!r}']
  if family.only is None:
    short = name.removeprefix(family.prefix)
    told.append(f'{family.gin_name}.game_name = {short!r}')
  if lanes is not None:
    told.append(f'{family.gin_name}.num_vector_environments = {lanes}')
  return told
