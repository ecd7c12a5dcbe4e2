"""Whether a student is one for a game."""

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.single import Environment
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
  names = {agent: name for name, agent in AGENTS.items()}
  fit = [
    name
    for agent, name in names.items()
    if agent.method is student.method and agent.kind.actions == actions.kind
  ]
  raise UserError(
    f'--agent {names[student]} learns {student.kind.actions} actions, and '
    f'{environment.name} has {actions}: choose --agent {" or ".join(fit)}.'
  )
