"""The games of the Arcade Learning Environment, as a family."""

import functools

from reincarnating_rl.envs import atari_environments, atari_roms
from reincarnating_rl.envs.family import Game, GameFamily, check_lanes

_STACK_SIZE = 4  # Of Mnih et al. 2015, and of every Dopamine agent.


def create_atari_game(
  game_name: str = 'Pong',
  sticky_actions: bool = True,
  num_vector_environments: int = 16,
  *,
  atari_roms_path: str | None = None,
) -> Game:
  """An Atari game after Machado et al. 2018.

  Args:
    game_name: in CamelCase, such as `MsPacman`; a name of Gymnasium's registry,
      such as `ALE/MsPacman-v5`, means the same.
    sticky_actions: repeat the action before with probability 0.25, per frame.
    num_vector_environments: episodes played side by side in evaluation.
    atari_roms_path: directory of `.bin` files; None for ale-py's own.

  Returns:
    The game. A missing ROM is an error once an environment is made.

  Raises:
    UserError: there is no such game, or `num_vector_environments` is less than
      1.
  """
  check_lanes(num_vector_environments)
  game_name = atari_roms.canonical_name(game_name)
  return Game(
    game_name,
    functools.partial(
      atari_environments.create_atari_environment,
      game_name,
      sticky_actions,
      atari_roms_path=atari_roms_path,
    ),
    functools.partial(
      atari_environments.AtariVectorEnvironment,
      game_name,
      num_vector_environments,
      sticky_actions,
      atari_roms_path=atari_roms_path,
    ),
    _STACK_SIZE,
  )


def _exists(name: str) -> bool:
  try:
    atari_roms.canonical_name(name)
  except atari_roms.UnknownGameError:
    return False
  return True


FAMILY = GameFamily(
  name='atari',
  summary='Atari 2600',
  example='Pong',
  matches=lambda name: True,  # The last entry takes all other names.
  exists=_exists,
  create=create_atari_game,
  # Dopamine's own function of this name is never called here. So bindings that
  # were written for Dopamine keep their meaning.
  gin_name='create_atari_environment',
  gin_module='dopamine.discrete_domains.atari_lib',
  flags=('atari_roms_path',),
  stack_size=_STACK_SIZE,
  max_steps_per_episode=atari_environments.MAX_FRAMES_PER_EPISODE
  // atari_environments.FRAME_SKIP,
  networks={
    'dqn': 'NatureDQNNetwork',
    'rainbow': 'NatureRainbowNetwork',
    'quantile': 'QuantileNetwork',
    'implicit_quantile': 'ImplicitQuantileNetwork',
  },
)
