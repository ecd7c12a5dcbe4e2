"""What a student and its teacher see, by the game and by gin."""

import gin
import numpy as np

# Its bindings are those of all students.
from dopamine.jax.agents.dqn import dqn_agent  # noqa: F401

from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.errors import UserError


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
  told = gin.get_bindings('JaxDQNAgent')
  given = told.get('observation_shape', space.shape)
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
    for name in settings.keys() - told.keys():
      gin.bind_parameter(f'JaxDQNAgent.{name}', settings[name])


def stack_size(game: Game) -> int:
  """Returns S, observations in a state: the student's, or else the game's."""
  return gin.get_bindings('JaxDQNAgent').get('stack_size', game.stack_size)
