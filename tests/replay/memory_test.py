import gc
import tracemalloc

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.memory import ReusedMemory
from reincarnating_rl.replay.mixed_replay import MixedReplay

_SHAPE = (32, 40, 40)


@pytest.mark.parametrize('dtype', [np.uint8, np.float32, bool, '<u4'])
@pytest.mark.parametrize('shape', [(), (0, 3), (5,), (3, 77, 91), (8, 5000)])
def test_arrays_are_those_of_numpy(shape, dtype):
  found, expected = ReusedMemory().empty(shape, dtype), np.empty(shape, dtype)
  assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
  assert found.flags.c_contiguous
  assert found.flags.writeable


def test_memory_is_used_again_once_the_last_view_has_gone():
  memory = ReusedMemory()
  array = memory.empty(_SHAPE, np.uint8)
  where, view = array.ctypes.data, array[3:, ::2].T.view(np.int8)
  del array
  other = memory.empty(_SHAPE, np.uint8)
  assert other.ctypes.data != where
  del view
  assert memory.empty(_SHAPE, np.uint8).ctypes.data == where


def test_what_a_device_array_shares_is_not_overwritten():
  memory = ReusedMemory()
  array = memory.empty(_SHAPE, np.uint8)
  array[:] = 7
  where, on_device = array.ctypes.data, jax.device_put(array)
  # Else this test would show nothing.
  assert on_device.unsafe_buffer_pointer() == where
  del array
  for _ in range(3):
    memory.empty(_SHAPE, np.uint8)[:] = 9
  assert np.all(np.asarray(on_device) == 7)
  del on_device
  gc.collect()
  assert where in {memory.empty(_SHAPE, np.uint8).ctypes.data for _ in range(2)}


@jax.jit
def _slow(x):
  """Reads `x` again and again, the last time long after the call."""

  def body(i, total):
    return total + jnp.sin(x.astype(jnp.float32) + i).sum()

  return jax.lax.fori_loop(0, 30, body, 0.0)


def test_what_a_running_program_reads_is_not_overwritten():
  memory = ReusedMemory()
  expected = _slow(np.full(_SHAPE, 7, np.uint8))
  for _ in range(5):
    array = memory.empty(_SHAPE, np.uint8)
    array[:] = 7
    found = _slow(array)
    del array
    for i in range(8):
      memory.empty(_SHAPE, np.uint8)[:] = 100 + i
    assert found == expected


def filled_store(frames=60):
  rng = np.random.default_rng(0)
  store = FrameStore(
    capacity=50,
    observation_shape=(60, 60),
    actions=Discrete(3),
    batch_size=16,
    seed=1,
  )
  for i in range(frames):
    frame = rng.integers(0, 256, (60, 60), np.uint8)
    store.add(Transition(frame, i % 3, 0.0, i % 17 == 16, i % 17 == 16))
  return store


def test_a_batch_that_is_kept_stays_as_it_was():
  store = filled_store()
  kept = [store.sample(with_sample_metadata=True) for _ in range(5)]
  for _ in range(20):
    store.sample()
  for batch, drawn in kept:
    again = store.gather(drawn.keys)
    jax.tree.map(np.testing.assert_array_equal, batch, again)


@pytest.mark.parametrize('mixed', [False, True])
def test_samples_take_no_new_memory(mixed):
  source = store = filled_store()
  if mixed:
    source = MixedReplay(store, ratio=0.5, batch_size=16, seed=0)
    source.teacher = filled_store()
  for _ in range(40):  # All sizes of a mixed batch's parts.
    source.sample()
  tracemalloc.start()
  try:
    for _ in range(5):
      batch = source.sample()
    _, peak = tracemalloc.get_traced_memory()
  finally:
    tracemalloc.stop()
  assert peak < batch.state.nbytes / 4
