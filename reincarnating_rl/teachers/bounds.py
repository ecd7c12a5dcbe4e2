"""Whether a teacher's actions are within the bounds of the game's."""

from reincarnating_rl.learner.actions import Actions, Continuous
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  OtherGameError,
)


def unit(size: int) -> Continuous:
  """Returns vectors of D within [-1, 1], for a game that nobody knows."""
  return Continuous((-1.0,) * size, (1.0,) * size)


def check(teacher: Continuous, game: Actions, source: str) -> None:
  """Refuses a teacher whose actions are not those of the game.

  Args:
    teacher: its actions.
    game: the game's.
    source: the teacher's file, for messages.

  Raises:
    OtherGameError: the game's are discrete, or of another size.
    MismatchedTeacherError: they are within other bounds.
  """
  check_size(teacher.size, game, source, teacher)
  if not teacher.has_bounds_of(game):
    raise MismatchedTeacherError(
      f'The teacher of {source} has {teacher}, but the game has {game}; give a '
      'teacher of this game.'
    )


def check_size(
  size: int, game: Actions, source: str, teacher: Continuous | None = None
) -> None:
  """Refuses a teacher whose actions are not vectors as long as the game's.

  Args:
    size: D, of the teacher.
    game: the game's actions.
    source: the teacher's file, for messages.
    teacher: its actions, if its file tells their bounds.

  Raises:
    OtherGameError: they are others.
  """
  if isinstance(game, Continuous) and game.size == size:
    return
  raise OtherGameError(
    f'The actions of the teacher of {source} are vectors of {size}, but the '
    f'game has {game}; give a teacher of this game.',
    actions=teacher or unit(size),
    knows_bounds=teacher is not None,
  )
