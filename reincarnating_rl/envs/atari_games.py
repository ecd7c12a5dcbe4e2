"""The games of the Arcade Learning Environment, as a family."""

import functools

from reincarnating_rl.envs import atari_environments, atari_roms
from reincarnating_rl.envs.atari_lives import Openings
from reincarnating_rl.envs.family import Game, GameFamily, looped
from reincarnating_rl.support.setting_types import NonNegativeInt, PositiveInt

_STACK_SIZE = 4  # Of Mnih et al. 2015, and of every Dopamine agent.

_MAY_WAIT_FOR_FIRE = (
  'All episodes timed out. Games such as Breakout wait for FIRE, and an agent '
  'that was trained with FIRE on reset never presses it: '
  'create_atari_environment.fire_on_reset = True presses it.'
)


def create_atari_game(
  game_name: str = 'Pong',
  sticky_actions: bool = True,
  num_vector_environments: PositiveInt = 16,
  full_action_set: bool = False,
  fire_on_reset: bool = False,
  terminal_on_life_loss: bool = False,
  noop_starts: NonNegativeInt = 0,
  *,
  atari_roms_path: str | None = None,
) -> Game:
  """An Atari game after Machado et al. 2018.

  Args:
    game_name: in CamelCase, such as `MsPacman`; a name of Gymnasium's registry,
      such as `ALE/MsPacman-v5`, means the same.
    sticky_actions: repeat the action before with probability 0.25, per frame.
    num_vector_environments: episodes played side by side in evaluation.
    full_action_set: all 18 actions in place of the game's minimal set.
    fire_on_reset: see `Openings`. With any of these three, lanes are played one
      after the other.
    terminal_on_life_loss: see `Openings`.
    noop_starts: see `Openings`.
    atari_roms_path: directory of `.bin` files; None for ale-py's own.

  Returns:
    The game. A missing ROM is an error once an environment is made.

  Raises:
    UserError: there is no such game, or a number is too small.
  """
  game_name = atari_roms.canonical_name(game_name)
  openings = Openings(
    fire_on_reset=fire_on_reset,
    terminal_on_life_loss=terminal_on_life_loss,
    noop_starts=noop_starts,
  )
  common = {
    'sticky_actions': sticky_actions,
    'full_action_set': full_action_set,
    'atari_roms_path': atari_roms_path,
  }
  create = functools.partial(
    atari_environments.create_atari_environment,
    game_name,
    openings=openings,
    **common,
  )
  game = looped(game_name, create, num_vector_environments, _STACK_SIZE)
  if openings == Openings():
    create_lanes = functools.partial(
      atari_environments.AtariVectorEnvironment, game_name, **common
    )
    game = game._replace(
      create_vector_environment=functools.partial(
        create_lanes, num_vector_environments
      ),
      create_lanes=create_lanes,
    )
  return game._replace(
    if_all_time_out=None if fire_on_reset else _MAY_WAIT_FOR_FIRE
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
