"""Labelling: every state once, in few sizes of batch."""

import numpy as np
import pytest

from reincarnating_rl.agents import labelling
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.errors import DivergedError


class SumTeacher:
  """Its logits say which state they are of."""

  def __init__(self):
    self.sizes = []

  def policy_logits(self, states):
    self.sizes.append(len(states))
    total = states.sum(axis=(1, 2))
    return np.stack([total, -total], axis=1).astype(np.float32)


@pytest.mark.parametrize(
  ('count', 'sizes'),
  [(0, []), (3, [4]), (8, [4, 4]), (600, [256, 256] + [4] * 22)],
)
def test_every_state_is_labelled_with_its_own_logits(count, sizes):
  store = FrameStore(
    capacity=1000,
    observation_shape=(1,),
    observation_dtype=np.int32,
    stack_size=2,
    actions=Discrete(2),
    policy_size=2,
    seed=0,
  )
  for i in range(count):
    store.add(Transition(np.array([i], np.int32), 0, 0.0, False))
  teacher = SumTeacher()
  labelling.label(store, teacher, chunk=4)
  assert teacher.sizes == sizes
  steps = np.arange(count)
  expected = steps + np.maximum(steps - 1, 0)
  np.testing.assert_array_equal(
    store.columns['teacher_policy'][:count], np.stack([expected, -expected], 1)
  )
  labelling.label(store, teacher, chunk=4)
  assert teacher.sizes == sizes


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_logits_that_are_not_finite_are_refused(bad):
  store = FrameStore(
    capacity=9,
    observation_shape=(1,),
    observation_dtype=np.int32,
    actions=Discrete(2),
    policy_size=2,
    seed=0,
  )
  for _ in range(4):
    store.add(Transition(np.zeros(1, np.int32), 0, 0.0, False))

  class NoTeacher:
    def policy_logits(self, states):
      return np.full((len(states), 2), bad, np.float32)

  with pytest.raises(
    DivergedError, match="The teacher's policy is not of finite"
  ):
    labelling.label(store, NoTeacher(), chunk=4)
