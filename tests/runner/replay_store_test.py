"""Replays that are read whole, and what of them is a step."""

import json

import numpy as np
import pytest

from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.segment_log import SegmentLog
from reincarnating_rl.runner import cloning, replay_store
from tests.importers import dopamine41_played, saved


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


def test_with_a_stack_of_1_a_lost_start_is_told(tmp_path):
  played = dopamine41_played.Played([(9, True)] * 3, stack=1, capacity=20)
  store, _ = played.load(tmp_path, stack_size=1)
  assert store.columns['episode_step'][0] == 1


def test_what_a_replay_lacks_outlives_a_run(tmp_path):
  """A student's replay may begin as its teacher's, and then goes on."""
  played = dopamine41_played.Played([(8, False)] * 3, n_step=3)
  own, _ = played.load(tmp_path / 'theirs', n_step=3, capacity=60)
  lacking = (5, 6, 7, 13, 14, 15, 21, 22, 23)
  assert own.without_action == lacking and own.partial == (0, 8, 16)
  play(own, [3, 2])
  saved.write(tmp_path / 'run', own)
  replay = external_replay.choose(tmp_path / 'run')
  again = dopamine41_played.make(n_step=1)
  assert replay.load(again, newest=25).steps == 25
  # Of n-step returns, other states have a next one: none begins there.
  found = np.flatnonzero(~again.has_action)
  np.testing.assert_array_equal(found, np.subtract(lacking, 4)[:9])
  assert not {*again.element_keys()} & {*found} and len(again) == 15
  assert len(data_summary.whole_returns(replay.read_columns())) == 2
  # A run that is resumed knows it, too, until the ring has come round.
  log = SegmentLog(str(tmp_path / 'log'))
  resumed = dopamine41_played.make(n_step=3, capacity=60)
  log.load(resumed, json.loads(json.dumps(log.save(own))))
  assert resumed.state_dict() == own.state_dict()
  play(resumed, [39])
  assert resumed.state_dict()['without_action'] == [*lacking[3:]]
  assert resumed.state_dict()['partial'] == [8, 16]
  play(resumed, [60])
  assert not resumed.state_dict().keys() & {'partial', 'without_action'}


def play(store, lengths):
  for length in lengths:
    store.add_episode(
      np.ones((length, 3, 1), np.uint8),
      np.zeros(length, int),
      np.zeros(length, np.float32),
      terminal=True,
    )
