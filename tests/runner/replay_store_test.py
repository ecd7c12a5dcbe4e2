"""Replays that are read whole, and what of them is a step."""

import numpy as np
import pytest

from reincarnating_rl.importers import external_replay
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.runner import cloning, replay_store
from tests.importers import dopamine41_played


@pytest.mark.parametrize('newest', [None, 1_000_000])
def test_all_that_dopamine_41_has_finds_room(newest, tmp_path):
  # With one observation in a state, each episode has a frame more.
  played = dopamine41_played.Played([(3, True)] * 12, stack=1)
  played.save(tmp_path)
  replay = external_replay.choose(tmp_path)
  store = replay_store.read(
    replay,
    observation_shape=(3, 1),
    stack_size=1,
    actions=Discrete(0),
    policy_size=0,
    newest=newest,
  )
  assert len(store) == 24 and store.next_step == 36
  np.testing.assert_array_equal(store.has_action, [True, True, False] * 12)
  # A clone learns from what the player did, and is held to that.
  split = cloning._split(store, 0.25, np.random.default_rng(0))
  steps = np.sort(np.concatenate(split))
  np.testing.assert_array_equal(steps, np.flatnonzero(store.has_action))
