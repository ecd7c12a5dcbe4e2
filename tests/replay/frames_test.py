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
