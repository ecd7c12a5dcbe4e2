"""A replay's copy in the device's memory, beside the replay."""

import chex
import jax
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.device_copy import DeviceCopy
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore

SHAPE, CAPACITY = (2,), 40
NAMES, VECTORS = Discrete(2), Continuous((-1.0,) * 3, (1.0,) * 3)


def make_store(kind=FrameStore, actions=NAMES, **settings):
  return kind(
    **{'policy_size': 2, 'gamma': 0.9, 'n_step': 3} | settings,
    capacity=CAPACITY,
    observation_shape=SHAPE,
    observation_dtype=np.float32,
    actions=actions,
    batch_size=16,
    seed=0,
  )


def play(store, steps, seed=0):
  """Adds steps of episodes, some of which are cut."""
  rng = np.random.default_rng(seed)
  for _ in range(steps):
    terminal = rng.random() < 0.1
    action = rng.integers(2)
    if isinstance(store.settings.actions, Continuous):
      action = rng.uniform(-1, 1, 3)
    store.add(
      Transition(
        rng.normal(size=SHAPE).astype(np.float32),
        action,
        rng.normal(),
        terminal,
        terminal or rng.random() < 0.1,
      )
    )


def assert_same(store, copy):
  """Compares a batch of each."""
  drawn = store.draw()
  expected = store.gather(drawn.keys)._replace(
    importance_weight=store.importance_weights(drawn)
  )
  found = jax.jit(copy.gather)(copy.up_to_date(), copy.drawn(drawn))
  chex.assert_trees_all_equal_dtypes(found, expected)
  chex.assert_trees_all_close(found, expected, rtol=1e-5, atol=1e-6)
  chex.assert_trees_all_equal(
    *(x._replace(reward=0, discount=0, second=0) for x in (found, expected))
  )


@pytest.mark.parametrize('num_lanes', [1, 3])
@pytest.mark.parametrize('kind', [FrameStore, PrioritizedFrameStore])
def test_batches_are_the_replays(kind, num_lanes):
  store = make_store(kind, num_lanes=num_lanes, stack_size=2, second_n_step=4)
  copy = DeviceCopy(store)
  for steps in (25, 1, 7, 60, 2):  # Round the ring, and more than a ring.
    play(store, steps, seed=steps)
    if kind is PrioritizedFrameStore:
      keys = store.draw().keys
      store.update(keys, td_losses=np.abs(np.sin(keys)))
    assert_same(store, copy)


def test_vectors_are_copied_too():
  store = make_store(actions=VECTORS, stack_size=1)
  play(store, 30)
  assert_same(store, DeviceCopy(store))


def test_labels_may_come_after_the_steps():
  store = make_store()
  copy = DeviceCopy(store)
  play(store, 20)
  copy.up_to_date()
  play(store, 5)
  keys = store.unlabelled()
  store.label(keys, np.arange(2.0 * len(keys)).reshape(-1, 2))
  found = copy.up_to_date().columns.teacher_policy
  np.testing.assert_array_equal(found, store.columns['teacher_policy'])
  assert_same(store, copy)


def test_a_replay_that_begins_again_is_copied_anew():
  store = make_store()
  copy = DeviceCopy(store)
  play(store, 30, seed=1)
  for steps in (30, 35, 20):  # As many as before, more and fewer.
    copy.up_to_date()
    store.clear()
    play(store, steps, seed=steps)
    found = copy.up_to_date().columns.reward[:steps]
    np.testing.assert_array_equal(found, store.columns['reward'][:steps])
  assert_same(store, copy)


def test_few_programs_copy_any_number_of_steps():
  store = make_store()
  copy = DeviceCopy(store)
  for steps in (1, 2, 3, 4, 5, 6, 7, 8, 30, 39, 60):
    play(store, steps)
    copy.up_to_date()
  assert copy._write._cache_size() <= 7  # 1, 2, 4, ... 64.
