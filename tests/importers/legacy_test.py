"""Legacy replays in our store: only correct transitions of Dopamine."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.importers import legacy, legacy_files
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.replay.segment_log import SegmentLog
from reincarnating_rl.replay.settings import ReplaySettingError
from reincarnating_rl.support.errors import DamagedFileError
from tests.fuzzing import fuzz
from tests.importers import legacy_dumps
from tests.importers.legacy_dumps import DUMP, load, make
from tests.importers.legacy_oracle import (
  Played,
  blacks,
  histories,
  keys,
  restarts,
  sizes,
)


def left_out(padding=0, stale=0, older=0, unknown=0):
  return {
    'blank steps before episodes': padding,
    'steps whose episodes may have begun before': unknown,
    'slots not yet written': stale,
    'older steps': older,
  }


def _told(size, restarts, is_listed):
  """Without padding, only listed ends show cuts."""
  return ((), True) if size['stack'] == 1 else (restarts, is_listed)


@fuzz(
  histories,
  sizes(),
  st.booleans(),
  restarts,
  st.booleans(),
  *(st.integers(1, 5), st.integers(1, 3)),
)
def test_elements_match_a_plain_list(
  tmp_path, history, size, is_open, restarts, is_listed, stack_size, n_step
):
  restarts, is_listed = _told(size, restarts, is_listed)
  played = Played(history, is_open=is_open, restarts=restarts, **size)
  store, report = played.load(
    tmp_path, is_listed, stack_size=stack_size, n_step=n_step
  )
  expected = played.elements(stack_size, n_step, is_listed)
  assert len(store) == store.add_count == len(expected)
  key_of = keys(store)
  for episode, t in expected:
    want = played.element(episode, t, stack_size, n_step)
    batch = store.gather(np.array([key_of[episode, t]]))
    np.testing.assert_array_equal(batch.state[0], want[0])
    assert (batch.action[0], batch.is_terminal[0]) == (want[1], want[3])
    np.testing.assert_allclose(batch.reward[0], want[2], rtol=1e-5, atol=1e-6)
    if not want[3]:
      np.testing.assert_array_equal(batch.next_state[0], want[4])
  unwritten = report.left_out['slots not yet written']
  gone = sum(report.left_out.values()) - unwritten
  assert len(played.stored()) == report.steps + gone
  assert report.steps == store.next_step


def _as_key(state, action, reward, is_terminal, next_state):
  after = None if is_terminal else next_state.tobytes()
  return state.tobytes(), int(action), round(float(reward), 4), after


@fuzz(
  histories,
  sizes(),
  blacks(),
  restarts,
  st.booleans(),
  *(st.integers(1, 5), st.integers(1, 3)),
)
def test_no_element_is_wrong_despite_black_frames(
  tmp_path, history, size, black, restarts, is_listed, stack_size, n_step
):
  restarts, is_listed = _told(size, restarts, is_listed)
  played = Played(history, restarts=restarts, black=black, **size)
  try:
    store, _ = played.load(
      tmp_path, is_listed, stack_size=stack_size, n_step=n_step
    )
  except DamagedFileError as error:
    assert 'all steps are padding' in str(error)
    assert not any(add and add not in black for add in played.stored())
    return
  right = {
    _as_key(*played.element(episode, t, stack_size, n_step))
    for episode, length in enumerate(played.lengths)
    for t in range(length)
    if played.terminal[episode] or length - t > n_step
  }
  drawn = np.unique(store.sample_keys(1000)) if len(store) else []
  for key in drawn:
    batch = store.gather(np.array([key]))
    parts = (batch.state, batch.action, batch.reward)
    parts += (batch.is_terminal, batch.next_state)
    assert _as_key(*(part[0] for part in parts)) in right


@fuzz(histories, sizes(), st.booleans(), st.booleans())
def test_matches_dopamines_samples(tmp_path, history, size, is_open, is_listed):
  """Compares all samples of Dopamine that do not touch padding."""
  if size['stack'] == 1:
    is_listed = True  # Nothing else tells of a time-out then.
  played = Played(history, is_open=is_open, **size)
  store, _ = played.load(tmp_path, is_listed, n_step=size['n_step'])
  buffer, key_of = played.buffer, keys(store)
  slot_of = {played.slot(*step): step for step in key_of if step[0] >= 0}
  ours = set(played.elements(size['stack'], size['n_step']))
  for slot in range(size['capacity']):
    if slot in slot_of and buffer.is_valid_transition(slot):
      assert slot_of[slot] in ours
  for episode, t in ours:
    slot = played.slot(episode, t)
    if not buffer.is_full() and slot + size['n_step'] >= buffer.cursor():
      continue  # It would look up a next state that was never added.
    state, action, reward, after, _, _, terminal, _ = (
      buffer.sample_transition_batch(1, [slot])
    )
    batch = store.gather(np.array([key_of[episode, t]]))
    np.testing.assert_array_equal(batch.state, state)
    np.testing.assert_array_equal(batch.action, action)
    np.testing.assert_allclose(batch.reward, reward, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(batch.is_terminal, terminal)
    if not terminal[0]:
      np.testing.assert_array_equal(batch.next_state, after)
  assert len(store) == len(ours)


@pytest.mark.parametrize(
  ('name', 'kept', 'report'),
  [
    ('pong_replay', 36, (4991, 4, 2, 2, left_out(padding=9))),
    # Of the first episode, the start was overwritten.
    ('cartpole', 200, (600, 60, 60, 0, left_out())),
  ],
)
def test_matches_samples_of_the_old_library(fixtures, name, kept, report):
  folder = os.path.join(fixtures, f'dopamine_4_0_6_{name}')
  info = legacy_files.inspect(legacy_files.choose(legacy_files.find(folder)))
  store = make(
    capacity=info.capacity,
    observation_shape=info.observation_shape,
    observation_dtype=info.observation_dtype,
    stack_size=info.stack_size,
    n_step=info.n_step,
  )
  _, found = load(folder, store)
  assert found == report
  starts = store.columns['episode_step'][: found.steps] == 0
  assert np.count_nonzero(starts) == found.episodes - 1 and not starts[0]
  with np.load(os.path.join(folder, 'expected_transitions.npz')) as file:
    expected = dict(file)
  ends = {1848, 2908, 1245} if name == 'pong_replay' else set()
  padding = {end + k for end in ends for k in (1, 2, 3)}
  slots = [(info.cursor + i) % info.capacity for i in range(info.capacity)]
  key_of = {s: i for i, s in enumerate(s for s in slots if s not in padding)}
  at = [i for i, slot in enumerate(expected['indices']) if slot in key_of]
  assert len(at) == kept
  batch = store.gather(
    np.array([key_of[slot] for slot in expected['indices'][at]])
  )
  for column, value in (
    ('state', batch.state),
    ('action', batch.action),
    ('reward', batch.reward),
    ('terminal', batch.is_terminal),
  ):
    np.testing.assert_array_equal(value, expected[column][at], column)
  alive = ~batch.is_terminal
  np.testing.assert_array_equal(
    batch.next_state[alive], expected['next_state'][at][alive]
  )


def test_a_report_accounts_for_each_slot(tmp_path):
  legacy_dumps.write(tmp_path, DUMP)
  store, report = load(tmp_path)
  assert report == (7, 3, 1, 2, left_out(padding=6, stale=2))
  assert report.describe() == (
    '7 steps of 3 episodes (1 ended and 2 were cut); 6 blank steps before '
    'episodes left out; 2 slots not yet written left out'
  )
  assert store.columns['terminal'][:7].tolist() == [0, 0, 1, 0, 0, 0, 0]
  assert store.add_count == len(store) == 5
  assert store.labelled == 0


def test_unwritten_slots_may_hold_anything(tmp_path):
  action = DUMP['$store$_action'].astype(np.int64)
  action[-2:] = -(2**62)
  frames = DUMP['$store$_observation'].copy()
  frames[-1] = 0
  assert np.isnan(DUMP['$store$_reward'][-2:]).all()
  changed = {'$store$_action': action, '$store$_observation': frames}
  legacy_dumps.write(tmp_path, DUMP | changed)
  assert load(tmp_path)[1].steps == 7


def test_other_types_that_dopamine_allows(tmp_path):
  """Integer rewards, and terminals of other true values."""
  changed = {
    '$store$_reward': DUMP['$store$_terminal'].astype(np.int32) * 1000,
    '$store$_terminal': DUMP['$store$_terminal'] * 2,
  }
  legacy_dumps.write(tmp_path, DUMP | changed)
  columns = load(tmp_path)[0].columns
  assert columns['reward'][:4].tolist() == [0.0, 0.0, 1000.0, 0.0]
  assert columns['terminal'].view(np.uint8)[:4].tolist() == [0, 0, 1, 0]
  raw = legacy_dumps.npy(DUMP['$store$_terminal'].astype(bool))
  raw = raw[:-15] + changed['$store$_terminal'].tobytes()
  legacy_dumps.write(tmp_path, {'$store$_terminal': raw})
  columns = load(tmp_path)[0].columns
  assert columns['terminal'].view(np.uint8)[:4].tolist() == [0, 0, 1, 0]


def test_capacity_and_newest(tmp_path):
  """Dopamine's buffer wraps silently at a smaller capacity."""
  legacy_dumps.write(tmp_path, legacy_dumps.arrays('00xxxxT00xxE00x'))
  small = make(capacity=8, stack_size=2)
  _, report = load(tmp_path, make(capacity=9, stack_size=2))
  assert report.steps == 9
  for newest in (None, 9):
    with pytest.raises(ReplaySettingError, match='9 steps.* capacity of 8'):
      load(tmp_path, small, newest=newest)
    assert (len(small), small.next_step) == (0, 0)
  _, report = load(tmp_path, small, newest=8)
  assert report == (8, 3, 1, 2, left_out(padding=6, older=1))
  # The frame before the oldest one is gone, so no element begins there.
  assert set(small.sample_keys(99)) == {1, 2, 3, 4, 5} and len(small) == 5
  with pytest.raises(ReplaySettingError, match='newest'):
    load(tmp_path, small, newest=0)


def test_progress_reaches_the_end(tmp_path, monkeypatch):
  monkeypatch.setattr(legacy.legacy_columns, '_CHUNK_BYTES', 8)
  legacy_dumps.write(tmp_path, DUMP)
  told = []
  store, _ = load(tmp_path, progress=lambda *at: told.append(at))
  done, total = zip(*told, strict=True)
  assert set(total) == {30} and done[-1] == 30
  assert list(done) == sorted(set(done)) and len(done) == 10
  monkeypatch.undo()
  for name, column in load(tmp_path)[0].columns.items():
    np.testing.assert_array_equal(column, store.columns[name], name)


def test_a_loaded_replay_is_labelled_saved_and_continued(tmp_path):
  legacy_dumps.write(tmp_path / 'dump', DUMP)
  store = make(PrioritizedFrameStore, actions=Discrete(4), policy_size=4)
  store.add_episode(
    np.ones((40, 2), np.uint8), np.zeros(40, int), np.zeros(40), terminal=True
  )
  store.label(store.unlabelled(), np.ones((40, 4)))
  load(tmp_path / 'dump', store)
  assert store.unlabelled().tolist() == list(range(7))
  assert not store.gather(np.arange(7)).teacher_policy.any()
  drawn = store.sample(99, with_sample_metadata=True)[1]
  assert set(drawn.keys) == {0, 1, 2, 3, 4}
  store.label(store.unlabelled(), np.full((7, 4), 2.0))
  log = SegmentLog(str(tmp_path / 'log'))
  manifest = log.save(store)
  again = make(PrioritizedFrameStore, actions=Discrete(4), policy_size=4)
  log.load(again, manifest)
  assert again.state_dict() == store.state_dict()
  store.add_episode(
    np.ones((2, 2), np.uint8), np.zeros(2, int), np.zeros(2), terminal=True
  )
  assert store.add_count == len(store) == 7


def test_memory_is_bounded_by_the_store(tmp_path):
  """The official code held the old and the new 7 GB at once."""
  code = f"""
import pathlib
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.importers import legacy, legacy_files
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore

def memory(field):
  status = pathlib.Path('/proc/self/status').read_text()
  return 1024 * int(status.split(field + ':')[1].split()[0])

folder = pathlib.Path({str(tmp_path)!r})
store = FrameStore(
  capacity=8_000,
  observation_shape=(84, 84),
  actions=Discrete(6),
  stack_size=3,
  seed=0,
)
replay = legacy_files.choose(legacy_files.find(folder))
before = memory('VmRSS')
report = legacy.load(replay, store)
grown = memory('VmHWM') - before
assert report.steps == 7_998 and store.columns['observation'][-3].any()
size = store.columns['observation'].nbytes
assert size < grown < 1.15 * size + 30_000_000, (size, grown)
"""
  legacy_dumps.write(
    tmp_path, legacy_dumps.arrays('00' + 7_998 * 'x', shape=(84, 84))
  )
  subprocess.run(
    [sys.executable, '-c', code],
    check=True,
    cwd=os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
  )
