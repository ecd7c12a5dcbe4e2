"""Replays of our own runs, read into stores of other settings."""

import json
import pathlib

import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.importers import (
  data_summary,
  external_replay,
  run_files,
  run_replay,
)
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.replay.settings import ReplaySettingError
from reincarnating_rl.support.errors import DamagedFileError, UserError
from tests import toys
from tests.fuzzing import fuzz
from tests.importers import saved
from tests.runner import experiments

VECTORS = Continuous((0.0,), (2.0,))


def load(folder, store, **arguments):
  (replay,) = run_files.find(folder)
  return run_replay.load(replay, store, **arguments)


def test_a_run_read_into_a_store_of_other_settings(tmp_path):
  runner = experiments.make_runner(tmp_path)
  runner.run_experiment()
  theirs = runner._agent.batches.replay
  replays = run_files.find(tmp_path)
  assert replays[-1].folder == str(tmp_path / 'checkpoints')
  assert replays[-1].number == max(r.number for r in replays) > 0
  ours = PrioritizedFrameStore(
    capacity=theirs.next_step,
    observation_shape=(toys.LENGTH,),
    observation_dtype=np.float32,
    stack_size=3,
    n_step=5,
    gamma=0.5,
    actions=Discrete(2),
    policy_size=2,
    seed=1,
  )
  report = run_replay.load(replays[-1], ours)
  steps = theirs.next_step
  assert report.steps == ours.next_step == steps
  again = FrameStore(
    **(ours.settings._asdict() | {'capacity': steps, 'seed': 1})
  )
  starts = np.flatnonzero(theirs.columns['episode_step'][:steps] == 0)
  for start, stop in zip(starts, [*starts[1:], steps], strict=True):
    episode = theirs.read(start, stop)
    again.add_episode(
      *(episode[name] for name in ('observation', 'action', 'reward')),
      terminal=bool(episode['terminal'][-1]),
    )
  assert report.episodes == len(starts) > 2
  keys = again.sample_keys(200)
  assert set(keys) <= set(ours.sample(400, with_sample_metadata=True)[1].keys)
  for mine, plain in zip(ours.gather(keys), again.gather(keys), strict=True):
    np.testing.assert_array_equal(mine, plain)
  assert len(ours) == ours.add_count == len(again)
  assert len(ours.unlabelled()) == steps


@pytest.mark.parametrize('newest', [None, 20, 300])
@pytest.mark.parametrize('steps', [25, 300, 700])
def test_the_newest_of_a_ring_that_wrapped(
  tmp_path, monkeypatch, steps, newest
):
  monkeypatch.setattr('reincarnating_rl.replay.segment_log.SEGMENT_STEPS', 16)
  theirs = saved.make(n_step=3, stack_size=1, policy_size=2)
  saved.fill(theirs, steps)
  saved.write(tmp_path, theirs)
  ours, told = saved.make(n_step=2, stack_size=4), []
  report = load(
    tmp_path, ours, newest=newest, progress=lambda *at: told.append(at)
  )
  count = min(steps, 300, newest or 300)
  assert report.steps == ours.next_step == count
  assert report.left_out == {'older steps': min(steps, 300) - count}
  want = theirs.read(steps - count, steps)
  for name in ('observation', 'action', 'reward', 'terminal', 'episode_step'):
    np.testing.assert_array_equal(
      ours.columns[name][:count], want[name], err_msg=name
    )
  # The elements equal those of a ring that did not wrap.
  everything = saved.make(capacity=700, n_step=2, stack_size=4)
  saved.fill(everything, steps)
  keys = np.array(sorted(set(ours.sample_keys(5000))))
  whole = everything.gather(keys + steps - count)
  for mine, plain in zip(ours.gather(keys), whole, strict=True):
    np.testing.assert_array_equal(mine, plain)
  assert told[-1] == (count, count) and told == sorted(told)
  ours.add_episode(
    np.ones((2, 2), np.uint8), np.zeros(2, int), np.zeros(2), terminal=True
  )
  assert ours.columns['episode_step'][count % 300] == 0


def test_the_store_of_another_game_or_too_small_a_one(tmp_path):
  theirs = saved.make()
  saved.fill(theirs, 40)
  saved.write(tmp_path, theirs)
  for changed, message in (
    ({'observation_shape': (3,)}, r'\(2,\) of uint8'),
    ({'capacity': 30}, '40 steps .* capacity of 30'),
    ({'actions': Discrete(1)}, '8 discrete .* store 1 discrete action:'),
    ({'actions': VECTORS}, r'store 1 continuous action in \[0, 2\]: choose'),
  ):
    store = saved.make(**changed)
    with pytest.raises(ReplaySettingError, match=message):
      load(tmp_path, store)
    assert (len(store), store.next_step) == (0, 0)
  with pytest.raises(ReplaySettingError, match='newest'):
    load(tmp_path, saved.make(), newest=0)
  store = saved.make(capacity=30)
  assert load(tmp_path, store, newest=30).steps == 30


@pytest.mark.parametrize(
  ('column', 'value'),
  [
    ('action', -1),
    ('reward', np.nan),
    ('episode_step', -3),
    ('episode_step', 7),
  ],
)
def test_wrong_steps_with_right_checksums(tmp_path, column, value):
  theirs = saved.make()
  saved.fill(theirs, 40)
  theirs.columns[column][20] = value
  saved.write(tmp_path, theirs)
  store = saved.make()
  with pytest.raises(DamagedFileError, match=r'ckpt\.3\.json holds'):
    load(tmp_path, store)
  assert (len(store), store.next_step) == (0, 0)


def test_invalid_booleans(tmp_path):
  theirs = saved.make()
  saved.fill(theirs, 40)
  theirs.columns['terminal'].view(np.uint8)[20] = 2
  saved.write(tmp_path, theirs)
  with pytest.raises(DamagedFileError, match='holds invalid booleans'):
    load(tmp_path, saved.make())


def test_a_damaged_segment_is_reported_with_the_fix(tmp_path):
  theirs = saved.make()
  saved.fill(theirs, 40)
  segment = saved.write(tmp_path, theirs)['segments'][0]
  (replay,) = run_files.find(tmp_path)
  (tmp_path / 'replay_student' / segment['file']).write_bytes(b'')
  store = saved.make()
  with pytest.raises(DamagedFileError, match='copy the whole run') as caught:
    run_replay.load(replay, store)
  assert "teacher_data='collected'" in str(caught.value)
  assert 'earlier checkpoint' not in str(caught.value)
  assert segment['file'] in str(caught.value)


def _paths(value, at=()):
  """Yields the path of each value in nested containers."""
  yield at
  items = value.items() if isinstance(value, dict) else enumerate(value)
  for key, inner in items if isinstance(value, dict | list) else ():
    yield from (
      _paths(inner, (*at, key))
      if isinstance(inner, dict | list)
      else [(*at, key)]
    )


_values = st.one_of(
  st.none(),
  st.integers(-(2**70), 2**70),
  st.floats(),
  st.text(max_size=5),
  st.just('\n'),
  st.just([]),
  st.just({}),
  st.just('missing'),
)


@fuzz(st.data())
def test_any_manifest_is_a_replay_or_a_typed_error(tmp_path, data):
  theirs = saved.make()
  saved.fill(theirs, 40)
  manifest = saved.write(tmp_path, theirs)
  path = data.draw(st.sampled_from([p for p in _paths(manifest) if p]))
  manifest = saved.altered(manifest, path, data.draw(_values))
  text = json.dumps({'replays': {'student': manifest}})
  pathlib.Path(tmp_path, 'ckpt.3.json').write_text(text)
  store = saved.make()
  try:
    # Not `find`, which does not list replays without steps or files.
    report = run_replay.load(run_files.RunReplay(str(tmp_path), 3), store)
  except UserError as error:
    assert '\n' not in str(error)
    assert (len(store), store.next_step) == (0, 0)
  else:
    assert 0 < report.steps == store.next_step <= 40


def _of_vectors(tmp_path, value=0.5):
  theirs = saved.make(actions=VECTORS, policy_size=2, n_step=3, stack_size=1)
  theirs.add_episode(
    np.ones((9, 2), np.uint8),
    np.linspace(-1.0, value, 9)[:, None].astype(np.float32),
    np.ones(9, np.float32),
    terminal=True,
    teacher_policy=np.ones((9, 2), np.float32),
  )
  saved.write(tmp_path, theirs)
  return theirs


def test_actions_that_are_vectors(tmp_path):
  theirs = _of_vectors(tmp_path)
  ours = saved.make(actions=VECTORS, policy_size=1, stack_size=2)
  assert load(tmp_path, ours).steps == 9
  np.testing.assert_array_equal(
    ours.columns['action'], theirs.columns['action']
  )
  assert ours.columns['action'].dtype == np.float32
  assert len(ours.unlabelled()) == 9
  (replay,) = external_replay.find(tmp_path)
  columns = replay.read_columns()
  assert columns.action.shape == (9, 1)
  assert data_summary.summarize(columns).largest_action is None


def test_other_actions_than_the_games(tmp_path):
  _of_vectors(tmp_path)
  for actions, message in (
    (Discrete(4), r'1 continuous action in \[0, 2\], .* 4 discrete actions:'),
    (Continuous((0.0,), (1.0,)), r'in \[0, 2\], .* 1 .* in \[0, 1\]:'),
    (Continuous((0.0,) * 2, (2.0,) * 2), 'store 2 continuous'),
  ):
    with pytest.raises(ReplaySettingError, match=message) as caught:
      load(tmp_path, saved.make(actions=actions))
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('value', [1.5, np.nan])
def test_a_vector_beyond_the_bounds_is_damage(tmp_path, value):
  _of_vectors(tmp_path, value)
  with pytest.raises(DamagedFileError, match=r'not in \[-1, 1\]'):
    load(tmp_path, saved.make(actions=VECTORS))
