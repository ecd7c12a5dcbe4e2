"""What a teacher's actions are in a game, as a function of the user."""

import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.teachers import action_functions, factory
from reincarnating_rl.teachers.errors import TeacherError
from tests.teachers import observation_maps_test as maps

STATES = maps.STATES[:, :2]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """A teacher of three actions, whose names its manifest has."""
  place = tmp_path_factory.mktemp('teacher')
  return maps.write(place, {'game': {'name': 'x', 'actions': ['a', 'b', 'c']}})


def make(folder, number=2, **settings):
  return maps.make(folder, size=2, number=number, **settings)


def joined(logits):
  """The game's first action is either of the teacher's first two."""
  return jnp.stack([jnp.logaddexp(logits[0], logits[1]), logits[2]])


def test_actions_are_joined(folder):
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
  # There may be as many, in another order.
  turned = make(folder, number=3, action_meanings=lambda x: x[::-1])
  np.testing.assert_array_equal(turned.policy_logits(STATES), logits[:, ::-1])


@pytest.mark.parametrize(
  ('function', 'message'),
  [
    (lambda logits: logits, r"<lambda> must make the game's 2 .* \(3,\)"),
    (lambda logits: logits[:2] / 0.0, 'not all finite'),
    (lambda logits: logits.missing, "no attribute 'missing'"),
    (lambda logits: [float(x) for x in logits[1:]], 'concrete value'),
  ],
)
def test_functions_that_make_no_sense(function, message):
  with pytest.raises(TeacherError, match=message) as error:
    action_functions.make(function, teacher=3, game=2)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize(
  ('agent', 'message'),
  [
    ('random', 'the random one has none: leave'),
    ('auto', 'is joined, and the game has'),
  ],
)
def test_where_it_is_of_no_use(agent, message, folder):
  with pytest.raises(TeacherError, match=message):
    factory.create_teacher(
      agent,
      folder,
      actions=Continuous((-1.0,), (1.0,)),
      observation_shape=(2,),
      stack_size=1,
      action_meanings=joined,
    )
