"""The one place where names of pure rooms are registered with gin."""

import gin

from reincarnating_rl.envs import games
from reincarnating_rl.learner import schedules
from reincarnating_rl.networks import (
  minatar_networks,
  mlp_networks,
  q_networks,
  quantile_networks,
  rainbow_networks,
)
from reincarnating_rl.support import errors
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.foreign import layers

gin.external_configurable(schedules.linear_epsilon, module='schedules')
gin.external_configurable(
  schedules.linear_epsilon_after_warmup, module='schedules'
)
# Dopamine's NatureDQNNetwork is left to Dopamine. Names that both have are
# told apart by `@networks.` and `@reincarnation_networks.`.
for network in (
  q_networks.CompactDQNNetwork,
  mlp_networks.MLPDQNNetwork,
  q_networks.ImpalaDQNNetwork,
  rainbow_networks.NatureRainbowNetwork,
  rainbow_networks.ImpalaRainbowNetwork,
  mlp_networks.MLPRainbowNetwork,
  mlp_networks.MLPQuantileNetwork,
  mlp_networks.MLPImplicitQuantileNetwork,
  quantile_networks.QuantileNetwork,
  quantile_networks.ImplicitQuantileNetwork,
  minatar_networks.MinAtarDQNNetwork,
  minatar_networks.MinAtarRainbowNetwork,
  minatar_networks.MinAtarImpalaDQNNetwork,
  minatar_networks.MinAtarImpalaRainbowNetwork,
  minatar_networks.MinAtarQuantileNetwork,
  minatar_networks.MinAtarImplicitQuantileNetwork,
):
  gin.external_configurable(network, module='reincarnation_networks')
create_teacher = gin.external_configurable(
  factory.create_teacher,
  module='teachers',
  allowlist=[
    *('temperature', 'network', 'vmax'),
    *('layers', 'action_meanings', 'policy', 'policy_epsilon'),
  ],
)
gin.external_configurable(layers.Layers, module='teachers')

# Our environment takes the gin name of Dopamine's, which is never called here:
# bindings written for Dopamine then mean what they say.
with gin.config.interactive_mode():
  create_atari_game = gin.external_configurable(
    games.create_atari_game,
    name='create_atari_environment',
    module='dopamine.discrete_domains.atari_lib',
    denylist=['atari_roms_path'],
  )
create_minatar_game = gin.external_configurable(
  games.create_minatar_game, name='create_minatar_environment', module='games'
)
create_balloon_game = gin.external_configurable(
  games.create_balloon_game, name='create_balloon_environment', module='games'
)
create_gymnasium_game = gin.external_configurable(
  games.create_gymnasium_game,
  name='create_gymnasium_environment',
  module='games',
)


@gin.configurable(module='games', denylist=['atari_roms_path'])
def create_game(
  kind: str = 'atari', *, atari_roms_path: str | None = None
) -> games.Game:
  """Makes the game of an experiment.

  Args:
    kind: 'atari', 'minatar', 'balloon' or 'gymnasium'; which of its games, and
      how it is played, `create_KIND_environment` sets.
    atari_roms_path: directory of Atari's ROMs; None for ale-py's own.

  Raises:
    UserError: there is no such kind or game.
  """
  kinds = {
    'atari': lambda: create_atari_game(atari_roms_path=atari_roms_path),
    'minatar': create_minatar_game,
    'balloon': create_balloon_game,
    'gymnasium': create_gymnasium_game,
  }
  if kind not in kinds:
    raise errors.UserError(
      f'create_game.kind is {kind!r}: choose one of {", ".join(kinds)}.'
    )
  return kinds[kind]()
