"""Which of a teacher's actions are those of the game."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  OtherGameError,
  TeacherError,
)

FULL = 'full'
# The Arcade Learning Environment's, in its order (Bellemare et al. 2013).
_DIRECTIONS = 'UP RIGHT LEFT DOWN UPRIGHT UPLEFT DOWNRIGHT DOWNLEFT'.split()
ALE_MEANINGS = (
  *('NOOP', 'FIRE', *_DIRECTIONS),
  *(f'{direction}FIRE' for direction in _DIRECTIONS),
)


class ActionMap(NamedTuple):
  """Where the actions of a game are among those of a teacher."""

  meanings: tuple[str, ...]  # of the teacher's actions, in its order
  indices: tuple[int, ...]  # into them, one for each action of the game


def action_map(
  teacher: str | Sequence[str], game: Sequence[str] | None
) -> ActionMap:
  """Finds the actions of a game among those of a teacher.

  Args:
    teacher: what the teacher's actions mean, in its order; or 'full', all 18 of
      the Arcade Learning Environment.
    game: what the game's actions mean, in its order; None if it does not tell.

  Returns:
    Where they are; what else the teacher can do is left out.

  Raises:
    TeacherError: a meaning is unknown or declared twice, or the game tells
      none.
    MismatchedTeacherError: the game has an action that the teacher lacks.
  """
  if game is None:
    raise TeacherError(
      'The game does not tell what its actions mean; leave out '
      'create_teacher.action_meanings and give a teacher of the same actions.'
    )
  meanings = ALE_MEANINGS if teacher == FULL else teacher
  if isinstance(meanings, str):
    raise TeacherError(
      f'create_teacher.action_meanings is {teacher!r}; give {FULL!r} or a '
      "tuple of meanings in the teacher's order, such as ('NOOP', 'FIRE')."
    )
  unknown = [m for m in meanings if m not in {*ALE_MEANINGS, *game}]
  twice = [m for m, count in Counter(meanings).items() if count > 1]
  if unknown or twice:
    wrong = f'has {twice[0]!r} twice' if twice else f'has {unknown[0]!r}'
    raise TeacherError(
      f'create_teacher.action_meanings {wrong}; the meanings are: '
      f'{", ".join(dict.fromkeys((*ALE_MEANINGS, *game)))}.'
    )
  missing = [m for m in game if m not in meanings]
  if missing:
    raise MismatchedTeacherError(
      f'The teacher lacks the action {missing[0]} of the game, by '
      f'create_teacher.action_meanings ({", ".join(meanings)}); correct them, '
      'or give a teacher that has all actions of the game.'
    )
  indices = tuple(list(meanings).index(meaning) for meaning in game)
  return ActionMap(tuple(meanings), indices)


def indices_of(
  found: ActionMap | None, *, teacher: int, game: int, source: str
) -> tuple[int, ...]:
  """Returns which of a teacher's actions the game has, in the game's order.

  Args:
    found: the actions' meanings, if they were declared.
    teacher: number of actions of the teacher.
    game: number of actions of the game.
    source: the teacher's file, for messages.

  Raises:
    OtherGameError: nothing was declared and the numbers differ.
    MismatchedTeacherError: another number of actions was declared.
  """
  if found is None:
    if teacher == game:
      return tuple(range(game))
    raise OtherGameError(
      f'The teacher of {source} has {teacher} actions, but the game has '
      f"{game}; declare what the teacher's mean, in its order, with "
      f"create_teacher.action_meanings ({FULL!r} for ALE's 18), or give a "
      'teacher of this game.',
      actions=Discrete(teacher),
    )
  if len(found.meanings) != teacher or len(found.indices) != game:
    raise MismatchedTeacherError(
      f'The teacher of {source} has {teacher} actions and the game {game}, but '
      f'create_teacher.action_meanings has {len(found.meanings)}, of which '
      f'{len(found.indices)} are those of the game; declare one meaning for '
      "each of the teacher's."
    )
  return found.indices
