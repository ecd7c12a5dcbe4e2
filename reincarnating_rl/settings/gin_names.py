"""The one place where names of pure rooms are registered with gin."""

import re
from collections.abc import Callable
from typing import Annotated

import gin

from reincarnating_rl.envs import games
from reincarnating_rl.envs.family import Game, GameFamily
from reincarnating_rl.learner import schedules
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.networks import registry
from reincarnating_rl.support.errors import UserError, check_choice
from reincarnating_rl.support.setting_types import OneOf
from reincarnating_rl.teachers import clone, factory
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
    *('policy_fingerprint', 'observation_statistics', 'observation_map'),
  ],
)
gin.external_configurable(layers.Layers, module='teachers')
make_clone_settings = gin.external_configurable(
  clone.CloneSettings, name='Clone', module='teachers'
)


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


TEACHER, STUDENT = 'teacher', 'student'
"""Scopes of gin, as in `teacher/create_atari_environment.fire_on_reset = True`;
a setting without a scope is of both."""


def roles(family: GameFamily) -> set[str]:
  """Returns the roles for which gin binds how a game of a family is played.

  Args:
    family: of the game.

  Raises:
    UserError: a binding is of another scope, which nobody enters.
  """
  pattern = re.compile(
    rf'^(\w[\w/]*)/(?:[\w.]+\.)?{family.gin_name}\.', re.MULTILINE
  )
  scopes = set(pattern.findall(gin.config_str()))
  for scope in sorted(scopes):
    check_choice(f'The scope of {family.gin_name}', scope, (TEACHER, STUDENT))
  return scopes


def create_games(*, atari_roms_path: str | None = None) -> Game:
  """Makes the game of an experiment, as the student plays it.

  Args:
    atari_roms_path: directory of Atari's ROMs; None for ale-py's own.

  Returns:
    The game; its `for_teacher` is set where gin has the teacher play otherwise.

  Raises:
    UserError: there is no such kind or game, a scope is neither role, or the
      two do not play the same game with the same actions.
  """
  game = create_game(atari_roms_path=atari_roms_path)
  kind = gin.get_bindings('create_game').get('kind', games.DEFAULT)
  family = games.family_named(kind)
  made = {STUDENT: game, TEACHER: game}
  for role in roles(family):
    with gin.config_scope(role):
      made[role] = create_game(atari_roms_path=atari_roms_path)
  student, teacher = made[STUDENT], made[TEACHER]
  if teacher is student:
    return student
  if student.name != teacher.name:
    raise UserError(
      f'The teacher plays {teacher.name} and the student {student.name}: bind '
      f'{family.gin_name}.game_name alike for both.'
    )
  actions = _actions(teacher), _actions(student)
  if actions[0] != actions[1]:
    raise UserError(
      f'The teacher plays with {actions[0]} and the student with '
      f'{actions[1]}: set teacher/{family.gin_name}.full_action_set and '
      f'student/{family.gin_name}.full_action_set alike; a teacher of all 18 '
      "actions plays with fewer by create_teacher.action_meanings = 'full'."
    )
  return student._replace(for_teacher=teacher)


def _actions(game: Game) -> Actions:
  environment = game.create_environment()
  try:
    return environment.actions
  finally:
    environment.close()


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
