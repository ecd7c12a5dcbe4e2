"""What a teacher's actions are in a game, as a function of the user."""

import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.errors import TeacherError
from tests.teachers import observation_maps_test as maps

STATES = maps.STATES[:, :2]


def make(folder, number=2, **settings):
  return maps.make(folder, size=2, number=number, **settings)


def joined(logits):
  """The game's first action is either of the teacher's first two."""
  return jnp.stack([jnp.logaddexp(logits[0], logits[1]), logits[2]])


# As of a game whose actions have names, and by none.
@pytest.mark.parametrize(
  'about', [{}, {'game': {'name': 'x', 'actions': ['a', 'b', 'c']}}]
)
def test_actions_are_joined(about, tmp_path):
  folder = maps.write(tmp_path, about)
  logits = np.asarray(make(folder, number=3).policy_logits(STATES))
  teacher = make(
    folder, action_meanings=joined, game_actions=('z', 'c'), game_name='y'
  )
  assert teacher.num_actions == 2
  found = np.asarray(teacher.policy_logits(STATES))
  np.testing.assert_allclose(
    found[:, 0], np.logaddexp(logits[:, 0], logits[:, 1]), rtol=1e-5
  )
  np.testing.assert_array_equal(found[:, 1], logits[:, 2])
  # Who is fine-tuned has to have the teacher's own actions.
  assert teacher.lineage['actions'] == 'joined'


def test_as_many_actions_in_another_order(tmp_path):
  folder = maps.write(tmp_path)
  logits = np.asarray(make(folder, number=3).policy_logits(STATES))
  turned = make(folder, number=3, action_meanings=lambda logits: logits[::-1])
  np.testing.assert_array_equal(turned.policy_logits(STATES), logits[:, ::-1])


@pytest.mark.parametrize(
  ('function', 'message'),
  [
    (lambda logits: logits, r"<lambda> must make the game's 2 .* \(3,\)"),
    (lambda logits: logits[:2] / 0.0, 'not all finite'),
    (lambda logits: logits.missing, "no attribute 'missing'"),
    (
      lambda logits: [float(x) for x in logits[1:]],
      'ConcretizationTypeError|Abstract',
    ),
  ],
)
def test_functions_that_make_no_sense(function, message, tmp_path):
  with pytest.raises(TeacherError, match=message) as error:
    make(maps.write(tmp_path), action_meanings=function)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize(
  ('agent', 'actions', 'message'),
  [
    ('random', Continuous((-1.0,), (1.0,)), 'the random one has none: leave'),
    ('auto', Continuous((-1.0,), (1.0,)), 'is joined, and the game has'),
  ],
)
def test_where_it_is_of_no_use(agent, actions, message, tmp_path):
  with pytest.raises(TeacherError, match=message):
    factory.create_teacher(
      agent,
      tmp_path,
      actions=actions,
      observation_shape=(2,),
      stack_size=1,
      action_meanings=joined,
    )
