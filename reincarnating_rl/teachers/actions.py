"""Which of a teacher's actions are those of the game."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.setting_types import Range
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  OtherGameError,
  TeacherError,
)

FULL = 'full'
NONE = -1  # The number of an action that the game does not have.
Meanings = str | tuple[str, ...] | tuple[Annotated[int, Range(least=NONE)], ...]
"""What a user declares: names, 'full', or numbers of the game's actions."""
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


def declared(
  teacher: Meanings, game: Sequence[str] | None, number: int
) -> ActionMap:
  """Finds the actions of a game by what a user declares.

  Args:
    teacher: see `action_map`; or which of the game's actions each of the
      teacher's is, by its number, and `NONE` for one that the game lacks.
    game: what the game's actions mean, in its order; None if it does not tell.
    number: of the game's actions.

  Raises:
    TeacherError: see `action_map`; or numbers are not those of all actions.
  """
  numbers = [x for x in teacher if isinstance(x, int)]
  if isinstance(teacher, str) or not numbers:
    return action_map(teacher, game)
  if sorted(x for x in teacher if x != NONE) != [*range(number)]:
    raise TeacherError(
      f'create_teacher.action_meanings is {teacher}: give each number from 0 '
      f"to {number - 1}, the game's actions, once, in the teacher's order, and "
      f'{NONE} for what the game lacks.'
    )
  indices = tuple(map(teacher.index, range(number)))
  return ActionMap(tuple(map(str, teacher)), indices)


def written(
  teacher: Sequence[str], game: Sequence[str] | None, number: int
) -> ActionMap | None:
  """Finds the actions of a game by what a manifest says of a teacher's.

  Args:
    teacher: the meanings of an `ActionMap`, which numbers may be.
    game: see `declared`.
    number: see `declared`.

  Returns:
    Where they are; None where they are the game's own, or it does not tell.

  Raises:
    TeacherError: see `declared`.
  """
  if all(re.fullmatch(r'-?\d{1,9}', meaning) for meaning in teacher):
    return declared(tuple(map(int, teacher)), game, number)
  if not game or tuple(teacher) == tuple(game):
    return None
  return action_map(teacher, game)


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
