import functools

import jax
import numpy as np
import pytest
from hypothesis import given, settings

from reincarnating_rl.replay.device_view import (
  device_view,
  gather,
)
from reincarnating_rl.replay.frame_store import FrameStore
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


def assert_same(store):
  keys = np.array(sorted(set(store.sample_keys(200))))
  expected = store.gather(keys)
  arrays = device_view(store)
  size = store.settings.stack_size
  program = jax.jit(functools.partial(gather, stack_size=size))
  found = program(arrays, store.slots(keys).astype(np.int32))
  for name, value in expected._asdict().items():
    assert getattr(found, name).dtype == value.dtype, name
    np.testing.assert_array_equal(getattr(found, name), value, name)


@settings(max_examples=10, deadline=None)
@given(stores(num_actions=2), histories)
def test_equals_the_host(make_store, history):
  store = make_store()
  oracle = Oracle(store)
  for step in history:
    oracle.run(*step)
  label(store)
  if len(store):
    assert_same(store)


def test_every_way_round_the_ring():
  """Short episodes at the seam: each element comes to lie across it."""
  store = FrameStore(
    capacity=12, observation_shape=(2,), n_step=2, num_actions=2, seed=0
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
    for name, value in expected._asdict().items():
      np.testing.assert_array_equal(getattr(found, name), value, name)


@pytest.fixture(params=[30, 200], ids=['wrapped', 'not wrapped'])
def store(request):
  store = FrameStore(
    capacity=request.param,
    observation_shape=(84, 84),
    n_step=3,
    num_actions=2,
    seed=0,
  )
  oracle = Oracle(store)
  for end in (TERMINAL, TIME_OUT, TERMINAL, OPEN):
    oracle.run(20, end, False)
  label(store)
  return store


def test_frames_as_of_atari(store):
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
