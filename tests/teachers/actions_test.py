"""Actions of a teacher and of a game."""

import ale_py
import pytest

from reincarnating_rl.teachers.actions import (
  ALE_MEANINGS,
  ActionMap,
  action_map,
  indices_of,
)
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)


def test_all_actions_are_in_ales_order():
  names = {action.value: action.name for action in ale_py.Action}
  assert list(ALE_MEANINGS) == [names[i] for i in range(18)]


def test_a_games_actions_among_all():
  pong = ('NOOP', 'FIRE', 'RIGHT', 'LEFT', 'RIGHTFIRE', 'LEFTFIRE')
  found = action_map('full', pong)
  assert found == ActionMap(ALE_MEANINGS, (0, 1, 3, 4, 11, 12))
  assert action_map(('a', 'b'), ('b', 'a')).indices == (1, 0)


@pytest.mark.parametrize(
  ('teacher', 'game', 'message'),
  [
    (('NOOP', 'FIRE'), ('NOOP', 'UP'), 'lacks the action UP of the game'),
    (('NOOP', 'NOOP'), ('NOOP',), "has 'NOOP' twice"),
    (('NOOP', 'FRIE'), ('NOOP',), "has 'FRIE'; the meanings are: NOOP, FIRE"),
    ('all', ('NOOP',), "is 'all'; give 'full' or a tuple"),
    ('full', None, 'does not tell what its actions mean'),
  ],
)
def test_maps_that_make_no_sense(teacher, game, message):
  with pytest.raises(TeacherError, match=message) as error:
    action_map(teacher, game)
  assert '\n' not in str(error.value)


def test_numbers_of_actions_must_agree():
  sizes = {'game': 2, 'source': 'x.pt'}
  assert indices_of(None, teacher=2, **sizes) == (0, 1)
  found = ActionMap(('a', 'b', 'c'), (2, 0))
  assert indices_of(found, teacher=3, **sizes) == (2, 0)
  with pytest.raises(MismatchedTeacherError, match='x.pt has 3.* game has 2'):
    indices_of(None, teacher=3, **sizes)
  with pytest.raises(MismatchedTeacherError, match='has 3, of which 2 are'):
    indices_of(found, teacher=4, **sizes)
  with pytest.raises(MismatchedTeacherError, match='and the game 1'):
    indices_of(found, teacher=3, **sizes | {'game': 1})
