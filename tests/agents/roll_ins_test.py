"""Whose actions a student takes in several environments."""

import numpy as np

from reincarnating_rl.agents.roll_ins import TeacherBegins
from reincarnating_rl.methods.settings import JSRLSettings
from tests.toys import LEFT, RIGHT

STATES = np.arange(3, dtype=np.float32).reshape(3, 1, 1)


class GoesLeft:
  """A student who counts by its key how often it has been asked."""

  def act_in_lanes(self, params, states, key, epsilons):
    actions = np.full(len(states), LEFT)
    actions.flags.writeable = False  # As JAX's are.
    return key + 1, actions


def test_the_teacher_acts_where_an_episode_is_its():
  asked = []

  def goes_right(states, keys):
    asked.append((states, keys))
    return np.full(len(states), RIGHT), None

  actor = TeacherBegins(
    GoesLeft(), goes_right, JSRLSettings(), seed=0, num_lanes=3
  )
  actor._left = [2, 0, 1]
  key, taken = 0, []
  for _ in range(3):
    key, actions = actor.act_in_lanes({}, STATES, key, np.zeros(3))
    taken.append(actions.tolist())
  assert taken == [[RIGHT, LEFT, RIGHT], [RIGHT, LEFT, LEFT], [LEFT] * 3]
  assert (actor._left, actor.steps, key) == ([0, 0, 0], 3, 3)
  # It sees all states, with bits of their own, and is not asked in vain.
  assert len(asked) == 2
  for states, bits in asked:
    np.testing.assert_array_equal(states, STATES)
    assert bits.shape == (3, 2) and len({tuple(row) for row in bits}) == 3


def test_a_student_is_not_asked_where_all_episodes_are_the_teachers():
  actor = TeacherBegins(
    None,
    lambda states, keys: (np.full(len(states), RIGHT), None),
    JSRLSettings(),
    seed=0,
    num_lanes=3,
  )
  actor._left = [1, 3, 2]
  key, actions = actor.act_in_lanes({}, STATES, 7, np.zeros(3))
  assert (key, actions.tolist()) == (7, [RIGHT] * 3)
  assert (actor._left, actor.steps) == ([0, 2, 1], 3)
