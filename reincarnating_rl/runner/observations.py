"""What a student and its teacher see, by the game and by gin."""

import copy
from typing import Any

import gin
import numpy as np

# Its bindings are those of all students.
from dopamine.jax.agents.dqn import dqn_agent  # noqa: F401

from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.support.errors import UserError


def tell_student(environment: Environment, stack_size: int) -> None:
  """Has the next student take a game's observations.

  They are set where Dopamine's configurations set them, for the constructors of
  its agents do not all hand them on.

  Args:
    environment: of the game.
    stack_size: S, unless gin says otherwise.

  Raises:
    UserError: gin has observations of another shape.
  """
  space = environment.observation_space
  given = _bound('observation_shape', space.shape)
  if tuple(given) != space.shape:
    raise UserError(
      f'JaxDQNAgent.observation_shape is {given}, but the game gives '
      f'{space.shape}: leave it out.'
    )
  settings = {
    'observation_shape': space.shape,
    'observation_dtype': np.dtype(space.dtype).name,
    'stack_size': stack_size,
  }
  with gin.unlock_config():
    for name, value in settings.items():
      gin.bind_parameter(f'JaxDQNAgent.{name}', _bound(name, value))


def stack_size(game: Game) -> int:
  """Returns S, observations in a state: the student's, or else the game's."""
  return _bound('stack_size', game.stack_size)


def _bound(name: str, default: Any) -> Any:
  # One by one: to ask for all of them would make the network, too.
  try:
    value = gin.query_parameter(f'JaxDQNAgent.{name}')
  except ValueError:
    return default
  return copy.deepcopy(value)  # Which is how gin looks up a macro.
