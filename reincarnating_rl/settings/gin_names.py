"""The one place where names of pure rooms are registered with gin."""

from collections.abc import Callable
from typing import Annotated

import gin

from reincarnating_rl.envs import games
from reincarnating_rl.envs.family import Game, GameFamily
from reincarnating_rl.learner import schedules
from reincarnating_rl.networks import registry
from reincarnating_rl.support.setting_types import OneOf
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.foreign import layers

gin.external_configurable(schedules.linear_epsilon, module='schedules')
gin.external_configurable(
  schedules.linear_epsilon_after_warmup, module='schedules'
)
# Names that Dopamine has too are told apart by `@networks.` and
# `@reincarnation_networks.`.
for network in registry.NETWORKS.values():
  if network.gin_module == registry.GIN_MODULE:
    gin.external_configurable(network.module, module=registry.GIN_MODULE)
create_teacher = gin.external_configurable(
  factory.create_teacher,
  module='teachers',
  allowlist=[
    *('temperature', 'network', 'vmax'),
    *('layers', 'action_meanings', 'policy', 'policy_epsilon', 'acts'),
    'observation_statistics',
  ],
)
gin.external_configurable(layers.Layers, module='teachers')


def _create_by_gin(family: GameFamily) -> Callable[..., Game]:
  """Has gin know how games of a family are made."""
  # An entry may take the name of a function of Dopamine's.
  with gin.config.interactive_mode():
    return gin.external_configurable(
      family.create,
      name=family.gin_name,
      module=family.gin_module,
      denylist=list(family.flags) or None,
    )


_CREATE = {name: _create_by_gin(family) for name, family in games.GAMES.items()}
create_atari_game = _CREATE[games.DEFAULT]


@gin.configurable(module='games', denylist=['atari_roms_path'])
def create_game(
  kind: Annotated[str, OneOf(lambda: sorted(games.GAMES))] = games.DEFAULT,
  *,
  atari_roms_path: str | None = None,
) -> Game:
  """Makes the game of an experiment.

  Args:
    kind: a key of `games.GAMES`; which of its games, and how it is played, gin
      sets by the name that its entry gives, `create_KIND_environment`.
    atari_roms_path: directory of Atari's ROMs; None for ale-py's own.

  Raises:
    UserError: there is no such game.
  """
  family = games.family_named(kind)
  return _CREATE[kind](**family.taken(atari_roms_path=atari_roms_path))
