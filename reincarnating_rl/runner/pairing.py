"""Whether a student is one for a game, and for a teacher of data alone."""

from collections.abc import Callable

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.methods.method import Method
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.support.errors import UserError


def check(student: type[Student] | None, environment: Environment) -> None:
  """Refuses a student of other actions than the game's.

  Args:
    student: a class of `AGENTS`; None where there is none.
    environment: of the game.

  Raises:
    UserError: naming the students that fit.
  """
  actions = environment.actions
  if student is None or student.kind.actions == actions.kind:
    return
  # Some methods are for one kind of actions alone.
  fit = _of(student.method, actions) or _of(METHODS['qdagger'], actions)
  raise UserError(
    f'--agent {_name(student)} learns {student.kind.actions} actions, and '
    f'{environment.name} has {actions}: choose --agent {" or ".join(fit)}.'
  )


def check_policy(student: type[Student], data: str) -> None:
  """Refuses a student who needs a policy, where there are data alone.

  Args:
    student: a class of `AGENTS`.
    data: what there is.

  Raises:
    UserError: naming the students who need none.
  """
  if student.method.takes_data_alone:
    return
  fit = _names(
    lambda agent: (
      agent.kind is student.kind
      and agent.method.takes_data_alone
      and agent.method.needs_teacher
    )
  )
  raise UserError(
    f"--agent {_name(student)} needs its teacher's policy, and the {data}, "
    f'has none: name one with --teacher_checkpoint_dir, {_or_clone(student)}or '
    f'choose --agent {" or ".join(fit)}.'
  )


def _or_clone(student: type[Student]) -> str:
  if student.method.starts_from_teacher:
    return ''
  return 'clone the data with --teacher_agent clone, '


def check_clone(student: type[Student]) -> None:
  """Refuses a student who needs more than the policy that a clone is.

  Args:
    student: a class of `AGENTS`.

  Raises:
    UserError: it would go on with the clone's values, of which there are none.
  """
  if not student.method.starts_from_teacher:
    return
  pretrained = _names(
    lambda agent: (
      agent.kind is student.kind and agent.method is METHODS['pretrained']
    )
  )
  raise UserError(
    f'--agent {_name(student)} goes on with the values of its teacher, and a '
    f'clone has a policy alone: train --agent {pretrained[0]} on the data '
    'first, whose --base_dir is then the --teacher_checkpoint_dir.'
  )


def _of(method: Method, actions: Actions) -> list[str]:
  """Returns the agents of a method that learn some actions."""
  return _names(
    lambda agent: agent.method is method and agent.kind.actions == actions.kind
  )


def _name(student: type[Student]) -> str:
  """Returns a student's key in `AGENTS`."""
  (name,) = _names(lambda agent: agent is student)
  return name


def _names(fits: Callable[[type[Student]], bool]) -> list[str]:
  """Returns the agents that fit, in the order of `AGENTS`."""
  return [name for name, agent in AGENTS.items() if fits(agent)]
