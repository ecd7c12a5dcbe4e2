"""What a teacher's actions are in a game, as a function of the user."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp

from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import first_line, name_of
from reincarnating_rl.teachers import user_functions
from reincarnating_rl.teachers.actions import Meanings
from reincarnating_rl.teachers.errors import TeacherError

Function = Callable[[Array], Array]
"""`logits[A'] of the teacher -> logits[A] of the game's actions`, by JAX."""
Setting = Meanings | Function


class ActionFunction(NamedTuple):
  """From what a teacher says of its actions to logits of the game's."""

  name: str
  function: Function


def make(function: Function, *, teacher: int, game: int) -> ActionFunction:
  """Tries a function.

  Args:
    function: of the user.
    teacher: number of actions of the teacher.
    game: number of actions of the game.

  Raises:
    TeacherError: it does not make logits of the game's actions.
  """
  name = name_of(function)
  try:
    made = user_functions.tried(function, jnp.zeros(teacher))
    if made.shape != (game,):
      raise ValueError(f'it makes an array of the shape {made.shape}')
  except Exception as error:  # It is the user's code.
    raise TeacherError(
      f"create_teacher.action_meanings = {name} must make the game's {game} "
      f"logits of the teacher's {teacher}: {first_line(error)[:150]}"
    ) from error
  return ActionFunction(name, function)
