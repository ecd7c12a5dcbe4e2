"""Episode statistics from columns, compared with the loaded steps."""

import os

import numpy as np
import pytest

from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.importers.loading import StepColumns
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.errors import DamagedFileError
from tests.importers import legacy_dumps, saved


def summary(folder):
  return data_summary.summarize(external_replay.choose(folder).read_columns())


def test_whole_episodes_of_a_dump(tmp_path):
  # Rewards are a quarter of the slot: 2-4, then 7-9; 12 is still open.
  legacy_dumps.write(tmp_path, legacy_dumps.DUMP)
  found = summary(tmp_path)
  assert found == data_summary.DataSummary(
    steps=7,
    episodes=2,
    terminals=1,
    mean_return=(2.25 + 6.0) / 2,
    mean_length=3.0,
    least_reward=0.5,
    largest_reward=3.0,
    largest_action=3,
    tells_time_outs=True,
  )
  assert not found.may_be_clipped


def test_without_a_list_of_ends_cut_episodes_are_joined(tmp_path):
  unlisted = dict(legacy_dumps.DUMP)
  del unlisted['episode_end_indices']
  legacy_dumps.write(tmp_path, unlisted)
  found = summary(tmp_path)
  assert (found.episodes, found.mean_return) == (1, 2.25)
  assert not found.tells_time_outs


@pytest.mark.parametrize('start', ['xx', '00'])
def test_the_oldest_episode_of_a_ring_that_wrapped_is_cut(tmp_path, start):
  # Without frames, two idle steps at the ring's end look like padding.
  text = f'{start}xT00xxT00x'
  attributes = legacy_dumps.arrays(text, add_count=2 * len(text))
  legacy_dumps.write(tmp_path, attributes)
  found = summary(tmp_path)
  assert (found.episodes, found.terminals, found.mean_length) == (1, 1, 3.0)
  assert found.mean_return == (6 + 7 + 8) / 4


def test_no_whole_episode(tmp_path):
  legacy_dumps.write(tmp_path, legacy_dumps.arrays('00xxx?'))
  found = summary(tmp_path)
  assert (found.episodes, found.mean_return, found.mean_length) == (
    *(0, None, None),
  )
  assert found.steps == 3


@pytest.mark.parametrize(
  ('reward', 'is_clipped'), [((-1, 1), True), ((-2, 0), False), ((0, 2), False)]
)
def test_rewards_that_may_be_clipped(reward, is_clipped):
  columns = StepColumns(
    np.zeros(2, int), np.array(reward), np.zeros(2, bool), np.arange(2)
  )
  assert data_summary.summarize(columns).may_be_clipped == is_clipped


@pytest.mark.parametrize(
  ('name', 'shape', 'dtype', 'stack_size'),
  [
    ('dopamine_4_0_6_pong_replay', (84, 84), np.uint8, 4),
    ('dopamine_4_0_6_cartpole', (4,), np.float32, 1),
  ],
)
def test_columns_match_the_loaded_steps(
  fixtures, name, shape, dtype, stack_size
):
  replay = external_replay.choose(os.path.join(fixtures, name))
  store = FrameStore(
    actions=Discrete(6),
    capacity=6000,
    observation_shape=shape,
    observation_dtype=dtype,
    stack_size=stack_size,
    seed=0,
  )
  steps = replay.load(store).steps
  columns = replay.read_columns()
  for column in ('action', 'reward', 'terminal'):
    np.testing.assert_array_equal(
      getattr(columns, column), store.columns[column][:steps]
    )
  # The oldest episode's start is gone in both.
  np.testing.assert_array_equal(
    columns.episode_step, store.columns['episode_step'][:steps]
  )
  assert columns.episode_step[0] > 0


@pytest.mark.parametrize('steps', [40, 700])
def test_a_run_segment_by_segment(tmp_path, monkeypatch, steps):
  monkeypatch.setattr('reincarnating_rl.replay.segment_log.SEGMENT_STEPS', 16)
  store, told = saved.make(), []
  saved.fill(store, steps)
  saved.write(tmp_path, store)
  replay = external_replay.choose(tmp_path)
  columns = replay.read_columns(lambda *at: told.append(at))
  kept = min(steps, 300)
  want = store.read(steps - kept, steps)
  for name in StepColumns.arrays():
    np.testing.assert_array_equal(getattr(columns, name), want[name])
  assert told[-1] == (kept, kept) and len(told) > 2
  # Only episodes whose start and end are stored count.
  starts = np.flatnonzero(want['episode_step'] == 0)
  ends = np.flatnonzero(want['terminal'])
  found = data_summary.summarize(columns)
  assert found.episodes == found.terminals == np.sum(ends >= starts[0])


def test_columns_of_a_damaged_replay(tmp_path):
  legacy_dumps.write(tmp_path / 'old', legacy_dumps.DUMP)
  legacy_dumps.path(tmp_path / 'old', '$store$_reward').write_bytes(b'cut')
  with pytest.raises(DamagedFileError, match='reward'):
    external_replay.choose(tmp_path / 'old').read_columns()
  store = saved.make()
  saved.fill(store, 30)
  (segment,) = saved.write(tmp_path / 'run', store)['segments']
  path = tmp_path / 'run' / 'replay_student' / segment['file']
  path.write_bytes(path.read_bytes()[:-1])
  with pytest.raises(DamagedFileError, match=segment['file']):
    external_replay.choose(tmp_path / 'run').read_columns()
