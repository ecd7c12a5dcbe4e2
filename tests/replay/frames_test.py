import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest

from reincarnating_rl.replay import frames


@pytest.mark.parametrize('size', [1, 2, 3, 4, 5, 8, 16])
@pytest.mark.parametrize('dtype', [np.uint8, np.int8, bool, np.float32])
def test_interleave_is_a_contiguous_moveaxis(size, dtype):
  x = np.random.default_rng(0).integers(0, 256, (size, 3, 4, 5)).astype(dtype)
  found = frames.interleave(x)
  assert found.flags.c_contiguous
  assert found.dtype == dtype
  np.testing.assert_array_equal(found, np.moveaxis(x, 0, -1))


def test_memory_is_aligned_and_zero():
  for shape in ((3,), (5, 7), (4, 84, 84)):
    x = frames.aligned_zeros(shape, np.dtype(np.float32))
    assert x.ctypes.data % 64 == 0
    assert x.shape == shape
    assert not x.any()


def test_stacks_are_zero_only_before_the_episode():
  observation = np.array([7, 8, 1, 2, 3], np.uint8)
  episode_step = np.array([4, 5, 0, 1, 2], np.int32)
  found = frames.stacks(observation, episode_step, np.array([3, 4, 0]), 3)
  # The last one wraps around the ring.
  np.testing.assert_array_equal(found, [[0, 1, 2], [1, 2, 3], [2, 3, 7]])


def test_zeros_in_a_file_are_memory_that_a_device_shares(tmp_path):
  array = frames.zeros_in_file((3, 5, 5), np.dtype(np.uint8), str(tmp_path))
  assert not array.any() and not list(tmp_path.iterdir())  # It has no name.
  array[1] = 7
  shared = jax.device_put(array)
  assert shared.unsafe_buffer_pointer() == array.ctypes.data
  assert int(shared.sum()) == 7 * 25


LARGE = """
import sys
import jax, numpy as np
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.frame_store import FrameStore

folder, in_file = sys.argv[1:]
count, shape = 6000, (250, 250)
store = FrameStore(
  capacity=count, observation_shape=shape, observation_dtype=np.uint8,
  actions=Discrete(2), policy_size=2, stack_size=4, n_step=1, gamma=0.9,
  seed=0,
)
if in_file == 'True':
  store.keep_frames_in_file(folder)
def anonymous():
  lines = open('/proc/self/status').read().splitlines()
  return next(int(l.split()[1]) for l in lines if l.startswith('RssAnon'))

before = anonymous()
for i in range(60):
  frame = np.full((100, *shape), i, np.uint8)
  store.add_episode(
    frame, np.zeros(100, np.int32), np.zeros(100, np.float32),
    terminal=True, teacher_policy=np.zeros((100, 2), np.float32),
  )
view = device_view.device_view(store)
slots = store.slots(store.sample_keys((2, 32)))
batch = device_view.gather(view, slots[0], stack_size=4)
np.testing.assert_array_equal(
  np.asarray(batch.state)[:, 0, 0, -1], slots[0] // 100
)
print((anonymous() - before) * 1024 / (count * 250 * 250))
"""


@pytest.mark.soak
@pytest.mark.parametrize('in_file', [True, False])
def test_frames_may_be_larger_than_memory(tmp_path, in_file):
  """What the kernel cannot take back is not theirs."""
  done = subprocess.run(
    [sys.executable, '-c', LARGE, str(tmp_path), str(in_file)],
    cwd=pathlib.Path(__file__).parents[2],
    stdout=subprocess.PIPE,
    text=True,
    env=os.environ | {'JAX_PLATFORMS': 'cpu'},
    check=True,
  )
  taken = float(done.stdout)  # Of their size.
  # Compiled programs take some memory, too.
  assert taken < 0.5 if in_file else taken > 0.9, taken
