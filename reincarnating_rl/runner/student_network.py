"""A student's network where gin binds none: the teacher's, or the game's."""

import functools
from typing import Any

import gin

from reincarnating_rl.agents import gin_forwarding
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs import games
from reincarnating_rl.networks.registry import GIN_MODULE, NETWORKS
from reincarnating_rl.students import StudentKind
from reincarnating_rl.teachers.base import Teacher


def of_teacher(student: type[Student], teacher: Teacher | None) -> Any | None:
  """Returns what makes the network of a student that begins as its teacher is.

  Args:
    student: a class of `AGENTS`.
    teacher: whose lineage tells its network.

  Returns:
    None for other students, and where gin binds one. A teacher of another kind,
    or of a network from outside the package, is left to the student to refuse
    or to fit.
  """
  if teacher is None or not student.method.starts_from_teacher:
    return None
  kind, lineage = student.kind, teacher.lineage
  network = NETWORKS.get(lineage.get('network'))
  is_bound = 'network' in gin_forwarding.bound_names(kind.gin_name)
  if network is None or is_bound or lineage.get('agent') != kind.name:
    return None
  fields = lineage['network_fields']
  if network.gin_module != GIN_MODULE:
    return functools.partial(network.module, **fields)
  name = network.reference.removeprefix('@')
  # As a binding of the network counts, so does one of a field.
  fields = {
    field: value
    for field, value in fields.items()
    if field not in gin_forwarding.bound_names(name)
  }
  return functools.partial(gin.get_configurable(name), **fields)


def of_game(kind: StudentKind) -> Any | None:
  """Returns the network that fits the game that gin names.

  Args:
    kind: of the student.

  Returns:
    None where gin binds one, or the game has none for this kind.
  """
  if 'network' in gin_forwarding.bound_names(kind.gin_name):
    return None
  family = games.family_named(
    gin_forwarding.bound('create_game.kind', games.DEFAULT)
  )
  if kind.name not in family.networks:
    return None
  reference = NETWORKS[family.networks[kind.name]].reference
  return gin.get_configurable(reference.removeprefix('@'))
