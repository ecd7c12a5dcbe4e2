"""The network of a student that begins as its teacher is."""

import functools

import gin

from reincarnating_rl.agents.reincarnation import ReincarnationMixin
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.teachers.description import NETWORKS


def tell_student(student: type[ReincarnationMixin], teacher: Teacher) -> None:
  """Has the next student take its teacher's network, unless gin names one.

  A teacher of another kind, or of a network from outside the package, is left
  to the student to refuse or to fit.

  Args:
    student: the class of the student.
    teacher: whose lineage tells its network.
  """
  configurable, name = student.network_parameter.split('.')
  told = gin.get_bindings(configurable, resolve_references=False)
  lineage = teacher.lineage
  network = NETWORKS.get(lineage.get('network'))
  if (
    network is None
    or name in told
    or lineage.get('agent') != student.teacher_kind
  ):
    return
  made = functools.partial(network, **lineage['network_fields'])
  with gin.unlock_config():
    gin.bind_parameter(student.network_parameter, made)
