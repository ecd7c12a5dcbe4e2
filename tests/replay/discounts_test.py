"""Discounts of two replays of the same episodes."""

import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore


def test_each_replay_has_its_own_discount():
  """The official code used the teacher's gamma on the student's replay."""
  expected = {
    # 1 + 2g and g^2; 2 + 3g, terminal; 3, terminal.
    0.5: ([2.0, 3.5, 3.0], [0.25, 0.0, 0.0]),
    0.25: ([1.5, 2.75, 3.0], [0.0625, 0.0, 0.0]),
  }
  stores = {
    gamma: FrameStore(
      capacity=10,
      observation_shape=(2,),
      stack_size=1,
      n_step=2,
      gamma=gamma,
      actions=Discrete(2),
      policy_size=2,
      seed=0,
    )
    for gamma in expected
  }
  for store in stores.values():
    frames = np.arange(6, dtype=np.uint8).reshape(3, 2)
    rewards = np.array([1.0, 2.0, 3.0], np.float32)
    store.add_episode(frames, np.zeros(3, np.int32), rewards, terminal=True)
  # Afterwards, so that a discount shared by both would show.
  for gamma, (rewards, discounts) in expected.items():
    batch = stores[gamma].gather(np.arange(3))
    assert batch.reward.tolist() == pytest.approx(rewards)
    assert batch.discount.tolist() == pytest.approx(discounts)
