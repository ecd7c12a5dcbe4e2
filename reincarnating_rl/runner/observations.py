"""What a student and its teacher see, by the game and by gin."""

from typing import Any

import numpy as np

from reincarnating_rl.agents import gin_forwarding
from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.students import StudentKind
from reincarnating_rl.students.kind import BASE
from reincarnating_rl.support.errors import UserError


def game_settings(
  kind: StudentKind, environment: Environment, stack_size: int
) -> dict[str, Any]:
  """Returns the settings of a student that its game tells, and gin does not.

  Args:
    kind: of the student.
    environment: of the game.
    stack_size: S.

  Raises:
    UserError: gin has observations of another shape.
  """
  space = environment.observation_space
  given = _bound(kind, 'observation_shape', space.shape)
  if tuple(given) != space.shape:
    raise UserError(
      f'{kind.gin_names[0]}.observation_shape is {given}, but the game gives '
      f'{space.shape}: leave it out.'
    )
  settings = {
    'observation_shape': space.shape,
    'observation_dtype': np.dtype(space.dtype).name,
    'stack_size': stack_size,
  }
  bound = set().union(*map(gin_forwarding.bound_names, kind.gin_names))
  return {name: x for name, x in settings.items() if name not in bound}


def stack_size(game: Game, kind: StudentKind | None = None) -> int:
  """Returns S, observations in a state: the student's, or else the game's.

  Args:
    game: that is played.
    kind: of the student; None where there is none.
  """
  return _bound(kind, 'stack_size', game.stack_size)


def _bound(kind: StudentKind | None, name: str, default: Any) -> Any:
  for owner in kind.gin_names if kind else (BASE,):
    default = gin_forwarding.bound(f'{owner}.{name}', default)
  return default
