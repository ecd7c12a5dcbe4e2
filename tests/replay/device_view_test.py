import functools

import chex
import jax
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.device_view import device_view, gather
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.monte_carlo import monte_carlo_returns
from tests.fuzzing import fuzz
from tests.replay.replay_oracle import (
  OPEN,
  TERMINAL,
  TIME_OUT,
  Oracle,
  histories,
  stores,
)


def label(store):
  keys = store.unlabelled()
  store.label(keys, np.stack([keys, -keys], -1).astype(np.float32))


def assert_same(store, *, monte_carlo=False):
  keys = np.array(sorted(set(store.sample_keys(200))))
  arrays = device_view(store, monte_carlo=monte_carlo)
  size = store.settings.stack_size
  program = jax.jit(functools.partial(gather, stack_size=size))
  slots = store.slots(keys).astype(np.int32)
  found = program(arrays, slots)
  expected = store.gather(keys)
  if monte_carlo:
    returns = monte_carlo_returns(store)[slots]
    expected = expected._replace(monte_carlo_return=returns)
  chex.assert_trees_all_equal_dtypes(found, expected)
  chex.assert_trees_all_equal(found, expected)


@fuzz(stores(policy_size=2), histories, quick=6, soak=100)
def test_equals_the_host(make_store, history):
  store = make_store()
  oracle = Oracle(store)
  for step in history:
    oracle.run(*step)
  label(store)
  if len(store):
    assert_same(store)
    assert_same(store, monte_carlo=True)


def test_an_empty_store():
  store = FrameStore(
    capacity=9,
    observation_shape=(2,),
    actions=Discrete(2),
    second_n_step=3,
    seed=0,
  )
  arrays = device_view(store, monte_carlo=True)
  assert arrays.second.reward.shape == arrays.monte_carlo_return.shape == (0,)


def test_every_position_on_the_ring():
  """Each element of short episodes wraps around the ring's end once."""
  store = FrameStore(
    capacity=12,
    observation_shape=(2,),
    n_step=2,
    actions=Discrete(2),
    policy_size=2,
    second_n_step=3,
    seed=0,
  )
  program = jax.jit(functools.partial(gather, stack_size=4))
  oracle = Oracle(store)
  for end in (TIME_OUT, TERMINAL, OPEN) * 8:
    oracle.run(4, end, False)
    oracle.store.truncate_episode()
    keys = np.resize(sorted(oracle.elements()), 12)
    if store.next_step < 12:
      continue
    expected = store.gather(keys)
    found = program(device_view(store), store.slots(keys).astype(np.int32))
    chex.assert_trees_all_equal(found, expected)


@pytest.fixture(params=[30, 200], ids=['wrapped', 'not wrapped'])
def store(request):
  store = FrameStore(
    capacity=request.param,
    observation_shape=(84, 84),
    n_step=3,
    actions=Discrete(2),
    policy_size=2,
    seed=0,
  )
  oracle = Oracle(store)
  for end in (TERMINAL, TIME_OUT, TERMINAL, OPEN):
    oracle.run(20, end, False)
  label(store)
  return store


def test_atari_frames(store):
  assert_same(store)


def test_the_frames_are_not_copied_on_the_cpu(store):
  arrays = device_view(store)
  assert (
    arrays.observation.unsafe_buffer_pointer()
    == store.columns['observation'].ctypes.data
  )
  assert len(arrays.observation) == min(80, store.settings.capacity)


def test_slots_of_many_batches_can_be_scanned(store):
  keys = store.sample_keys((5, 8))
  arrays = device_view(store)

  def body(carry, slots):
    return carry, gather(arrays, slots, stack_size=4).reward

  _, rewards = jax.lax.scan(body, 0, store.slots(keys).astype(np.int32))
  expected = [store.gather(row).reward for row in keys]
  np.testing.assert_array_equal(rewards, expected)
