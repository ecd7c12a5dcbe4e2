"""Stores become rings and come back."""

import chex
import jax
import numpy as np
import pytest

from reincarnating_rl.fleet import mirror
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore

SHAPE = (3, 2)


def store_of(kind):
  return kind(
    capacity=20, observation_shape=SHAPE, n_step=2, stack_size=2,
    actions=Discrete(2), policy_size=2, seed=0,
  )  # fmt: skip


def transitions(begin, end):
  rng = np.random.default_rng(0)
  frames = rng.integers(0, 2, (100, *SHAPE), np.uint8)
  for i in range(begin, end):
    over = i % 7 == 6
    yield Transition(frames[i], i % 3, float(i), over and i % 2 == 0, over)


def assert_equal(one, other):
  assert one.state_dict() == other.state_dict()
  np.testing.assert_array_equal(one.element_keys(), other.element_keys())
  chex.assert_trees_all_equal(one.arrays(), other.arrays())
  steps = one.oldest_step, one.next_step
  chex.assert_trees_all_equal(one.read(*steps), other.read(*steps))


@pytest.mark.parametrize('kind', [FrameStore, PrioritizedFrameStore])
@pytest.mark.parametrize('begin', [0, 13, 30])
def test_a_ring_goes_on_from_a_store_and_comes_back(kind, begin):
  expected, store = store_of(kind), store_of(kind)
  for transition in transitions(0, begin):
    expected.add(transition)
    store.add(transition)
  functions = mirror.functions_of(store, is_binary=True)
  ring = mirror.ring_of(store, functions)
  add = jax.jit(functions.add)
  for step, transition in enumerate(transitions(begin, 35), begin):
    expected.add(transition)
    ring = add(ring, step, transition)
  ring = functions.label(ring, np.arange(30, 35), np.ones((5, 2)))
  expected.columns['teacher_policy'][[10, 11, 12, 13, 14]] = 1.0
  expected.labelled = 35
  ring = jax.device_get(ring)
  mirror.fill(store, ring, functions, step=35, labelled=35)
  assert_equal(store, expected)
  # Elements that have left may still be there.
  again = mirror.ring_of(store, functions)._replace(elements=0)
  chex.assert_trees_all_equal(again, ring._replace(elements=0))


def test_only_what_is_new_is_read_again():
  store = store_of(FrameStore)
  for transition in transitions(0, 10):
    store.add(transition)
  functions = mirror.functions_of(store, is_binary=True)
  ring = mirror.ring_of(store, functions)
  store.columns['reward'][:10] = -1.0
  mirror.fill(store, ring, functions, step=10, labelled=0)
  assert (store.columns['reward'][:10] == -1.0).all()
