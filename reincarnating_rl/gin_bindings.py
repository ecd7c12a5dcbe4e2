"""The one place where names of pure rooms are registered with gin."""

import gin

from reincarnating_rl import schedules
from reincarnating_rl.envs import games
from reincarnating_rl.networks import q_networks, rainbow_networks
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.foreign import layers

gin.external_configurable(schedules.linear_epsilon, module='schedules')
gin.external_configurable(
  schedules.linear_epsilon_after_warmup, module='schedules'
)
# Dopamine's NatureDQNNetwork is left to Dopamine. The two ImpalaDQNNetworks are
# told apart by `@networks.` and `@reincarnation_networks.`.
for network in (
  q_networks.CompactDQNNetwork,
  q_networks.MLPDQNNetwork,
  q_networks.ImpalaDQNNetwork,
  rainbow_networks.NatureRainbowNetwork,
  rainbow_networks.ImpalaRainbowNetwork,
  rainbow_networks.MLPRainbowNetwork,
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
