"""A student's network where a game of Gymnasium's shows images."""

from reincarnating_rl.api import games
from reincarnating_rl.api.games import AnyGame
from reincarnating_rl.envs import facts
from reincarnating_rl.envs.games import GAMES, family_of
from reincarnating_rl.networks.registry import NETWORKS
from reincarnating_rl.students import StudentKind
from reincarnating_rl.support.errors import UserError

# Of bytes, which they divide by 255; by kind of student.
_OF_PIXELS = {
  'dqn': 'ImpalaDQNNetwork',
  'rainbow': 'ImpalaRainbowNetwork',
  'quantile': 'QuantileNetwork',
  'implicit_quantile': 'ImplicitQuantileNetwork',
}
# Which take numbers as they are.
_OF_NUMBERS = GAMES['minatar'].networks
_MOST_CHANNELS = 4  # Of a colour image.


def bindings(kind: StudentKind, game: AnyGame) -> list[str]:
  """Returns the binding of a network, where the family's own is for vectors.

  Args:
    kind: of the student.
    game: that it plays.

  Raises:
    UserError: the images have their channels first, or there is no network of
      images for this kind.
  """
  if family_of(games.name_of_game(game)).name != 'gymnasium':
    return []
  known = facts.of_game(games.create(game))
  shape = known.observation_shape
  if len(shape) == 1:
    return []
  if len(shape) == 3 and shape[0] <= _MOST_CHANNELS < shape[2]:
    raise UserError(
      f'{known.name} shows images {shape}, channels first: put them last, with '
      'gymnasium.wrappers.TransformObservation.'
    )
  names = _OF_PIXELS if known.observation_dtype == 'uint8' else _OF_NUMBERS
  if len(shape) > 3 or kind.name not in names:
    raise UserError(
      f'{known.name} has observations of the shape {shape}, and {kind.title} '
      "no network for them: give one, network='@...'."
    )
  return [f'{kind.network_parameter} = {NETWORKS[names[kind.name]].reference}']
