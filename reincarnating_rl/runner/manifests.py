"""What a checkpoint tells of a game and a network to whoever reads it later."""

from typing import Any

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.games import Game
from reincarnating_rl.learner.actions import Continuous, as_json
from reincarnating_rl.teachers.description import BOUNDS, ENTRY, GAME, MODULE


def of_student(game: Game, environment: Any, agent: Student) -> dict[str, Any]:
  """Returns what a checkpoint tells whoever takes the student for a teacher.

  Args:
    game: that is played.
    environment: of the game.
    agent: the student.
  """
  told = snapshot.description(agent)
  return of_game(game, environment) | ({ENTRY: told._asdict()} if told else {})


def of_game(game: Game, environment: Any) -> dict[str, Any]:
  """Returns what a checkpoint tells of its game.

  Args:
    game: that is played.
    environment: of the game.
  """
  played = {'name': game.name, 'actions': environment.action_meanings}
  if isinstance(environment.actions, Continuous):
    played[BOUNDS] = as_json(environment.actions)
  if game.module is not None:
    played[MODULE] = game.module
  return {GAME: played}
