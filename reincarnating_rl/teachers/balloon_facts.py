"""What teachers of the balloon know of their game, which they do not import."""

from reincarnating_rl.learner.actions import Actions, Discrete
from reincarnating_rl.teachers.errors import MismatchedTeacherError

GAME = 'Balloon'
ACTIONS = ('DOWN', 'STAY', 'UP')
STATE_SHAPE = (1099, 1)
GAME_ACTIONS = Discrete(len(ACTIONS))


def check_game(
  agent: str, actions: Actions, state_shape: tuple[int, ...]
) -> None:
  """Refuses a game that is not the balloon's.

  Args:
    agent: name of the teacher, for messages.
    actions: of the game.
    state_shape: (*O, S), of one of its states.

  Raises:
    MismatchedTeacherError: it has other states or actions.
  """
  if (actions, state_shape) != (GAME_ACTIONS, STATE_SHAPE):
    raise MismatchedTeacherError(
      f'The {agent} teacher has {len(ACTIONS)} actions and states of shape '
      f'{STATE_SHAPE}, and the game has {actions} and {state_shape}: bind '
      "create_game.kind = 'balloon', and no stack_size but 1."
    )
