import errno
import json
import os
import pathlib
import shutil

import chex
import cramjam
import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay import segment_log
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.segment_log import SegmentLog
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import DamagedFileError, UserError
from tests.fuzzing import fuzz
from tests.importers.saved import altered, fill, make, names, restored
from tests.replay.replay_oracle import (
  OPEN,
  TERMINAL,
  TIME_OUT,
  Oracle,
  check,
  histories,
  stores,
)

FIXTURES = pathlib.Path(__file__).parents[1] / 'fixtures'


def label(store, count=None):
  keys = store.unlabelled()[:count]
  logits = np.stack([keys, -keys], -1).astype(np.float32)
  store.label(keys, logits[:, : store.settings.policy_size])


def assert_same(first, second):
  assert first.state_dict() == second.state_dict()
  assert len(first) == len(second)
  rows = (s.read(s.oldest_step, s.next_step) for s in (first, second))
  for (name, ours), theirs in zip(
    next(rows).items(), next(rows).values(), strict=True
  ):
    np.testing.assert_array_equal(ours, theirs, name)
  if len(first):
    chex.assert_trees_all_equal(first.sample(20), second.sample(20))


@fuzz(
  stores(policy_size=2),
  st.lists(st.tuples(histories, st.integers(0, 9)), min_size=1, max_size=4),
)
def test_a_restored_store_continues_like_the_saved_one(
  tmp_path_factory, make_store, parts
):
  log = SegmentLog(str(tmp_path_factory.mktemp('log')))
  store = make_store()
  oracle = Oracle(store)
  for history, labels in parts:
    for step in history:
      oracle.run(*step)
    label(store, labels)
    manifest = json.loads(json.dumps(log.save(store)))
    log.remove_unreferenced([manifest])
    other = make_store()
    log.load(other, manifest)
    assert_same(store, other)
    # The next round fills and saves the restored store.
    check(oracle, other)
    oracle.store = store = other


def test_a_save_writes_only_new_steps(log, monkeypatch):
  written = []
  write = files.write_atomically
  monkeypatch.setattr(
    files,
    'write_atomically',
    lambda path, data: (written.append(path), write(path, data)),
  )
  read = FrameStore.read
  steps = []
  monkeypatch.setattr(
    FrameStore,
    'read',
    lambda self, start, stop: (
      steps.append(stop - start),
      read(self, start, stop),
    )[1],
  )
  store = make()
  for new in (200, 7, 0, 50):
    fill(store, new)
    written.clear()
    steps.clear()
    log.save(store)
    assert sum(steps) == new
    assert len(written) == (new > 0)


def test_a_new_object_for_the_same_directory_reuses_its_segments(log):
  store = make()
  fill(store, 100)
  first = log.save(store)
  fill(store, 5)
  second = SegmentLog(log.directory).save(store)
  assert second['segments'][0] == first['segments'][0]
  assert second['segments'][1]['start'] == 100


def test_segments_are_bounded(log, monkeypatch):
  monkeypatch.setattr(segment_log, 'SEGMENT_STEPS', 64)
  store = make()
  fill(store, 150)
  manifest = log.save(store)
  assert [s['stop'] for s in manifest['segments']] == [64, 128, 150]
  assert_same(store, restored(log, manifest))


def test_overwritten_steps_are_not_saved(log):
  store = make(capacity=50)
  for _ in range(4):
    fill(store, 40)
    manifest = log.save(store)
  starts = [s['start'] for s in manifest['segments']]
  assert starts == [80, 120]
  log.remove_unreferenced([manifest])
  assert names(log) == {s['file'] for s in manifest['segments']}
  assert_same(store, restored(log, manifest, capacity=50))
  fill(store, 130)  # More than the ring holds, between two saves.
  manifest = log.save(store)
  assert [s['start'] for s in manifest['segments']] == [240]
  assert_same(store, restored(log, manifest, capacity=50))
  fill(store, 50)  # Just what the ring holds.
  manifest = log.save(store)
  assert [s['start'] for s in manifest['segments']] == [290]
  assert_same(store, restored(log, manifest, capacity=50))


def test_older_manifests_stay_restorable(log):
  store = make()
  fill(store, 60)
  older = log.save(store)
  fill(store, 60)
  newer = log.save(store)
  resumed = restored(log, older)
  for _ in range(60):  # Another future.
    resumed.add(Transition(np.full(2, 9, np.uint8), 0, 1.0, False))
  other = log.save(resumed)
  log.remove_unreferenced([older, newer, other])
  assert len(names(log)) == 3
  assert_same(store, restored(log, newer))
  assert_same(resumed, restored(log, other))
  assert restored(log, older).next_step == 60


def test_a_cut_after_a_save_is_saved(log):
  """The episode of the last saved step is cut after the save."""
  store = make()
  oracle = Oracle(store)
  oracle.run(6, OPEN, False)
  log.save(store)
  store.truncate_episode()
  oracle._end(False)
  manifest = log.save(store)
  assert len(manifest['segments']) == 1
  assert_same(store, restored(log, manifest))
  oracle.run(4, OPEN, False)
  check(oracle, restored(log, log.save(store)))


def test_labels_added_after_a_save_are_saved(log):
  store = make(policy_size=2)
  fill(store, 30)
  label(store, 20)
  first = log.save(store)
  assert [s['stop'] for s in first['segments']] == [20, 30]
  fill(store, 10)
  label(store)
  second = log.save(store)
  assert second['segments'][0] == first['segments'][0]
  assert [s['stop'] for s in second['segments']] == [20, 40]
  assert_same(store, restored(log, second, policy_size=2))
  assert len(restored(log, first, policy_size=2).unlabelled()) == 10


def test_a_full_disk_keeps_the_previous_save(log, monkeypatch):
  store = make()
  fill(store, 50)
  manifest = log.save(store)
  fill(store, 50)
  before = names(log)

  def no_space(_):
    raise OSError(errno.ENOSPC, 'No space left on device')

  with monkeypatch.context() as patched:
    patched.setattr(os, 'fsync', no_space)
    with pytest.raises(OSError, match='No space'):
      log.save(store)
  assert names(log) == before
  assert restored(log, manifest).next_step == 50
  assert_same(store, restored(log, log.save(store)))


def test_a_kill_leaves_a_temporary_that_is_removed(log):
  store = make()
  fill(store, 50)
  manifest = log.save(store)
  name = f'steps-50-60-{"0" * 16}.safetensors.zst'
  for stale in (name, f'{name}.tmp', 'notes.txt'):
    with open(os.path.join(log.directory, stale), 'wb') as f:
      f.write(b'half')
  assert_same(store, restored(log, manifest))
  log.remove_unreferenced([manifest])
  assert names(log) == {manifest['segments'][0]['file'], 'notes.txt'}


def test_removing_from_a_missing_directory(log):
  log.remove_unreferenced([])
  assert not os.path.exists(log.directory)


def test_missing_segments_are_written_again(log):
  store = make()
  fill(store, 50)
  first = log.save(store)
  fill(store, 50)
  os.remove(os.path.join(log.directory, first['segments'][0]['file']))
  assert_same(store, restored(log, log.save(store)))


@pytest.mark.parametrize('damage', ['missing', 'truncated', 'flipped'])
def test_damaged_segments_are_named(log, damage):
  store = make()
  fill(store, 50)
  log.save(store)
  fill(store, 50)
  manifest = log.save(store)
  name = manifest['segments'][1]['file']
  path = os.path.join(log.directory, name)
  with open(path, 'rb') as f:
    data = bytearray(f.read())
  os.remove(path)
  if damage == 'flipped':
    data[len(data) // 2] ^= 1
  if damage != 'missing':
    with open(path, 'wb') as f:
      f.write(data[:-1] if damage == 'truncated' else data)
  other = make()
  with pytest.raises(DamagedFileError, match=name) as caught:
    log.load(other, manifest)
  assert '\n' not in str(caught.value)
  assert (len(other), other.next_step) == (0, 0)
  fill(other, 10)
  assert other.add_count > 0


def disguised(log, manifest, data):
  """Replaces a segment and updates the manifest's checksum."""
  digest = files.sha256(data)
  segment = manifest['segments'][0]
  name = f'steps-0-50-{digest[:16]}.safetensors.zst'
  segment.update(file=name, bytes=len(data), sha256=digest)
  with open(os.path.join(log.directory, name), 'wb') as f:
    f.write(data)
  return manifest


@pytest.mark.parametrize(
  'data',
  [
    b'not zstd',
    bytes(cramjam.zstd.compress(b'not safetensors')),
    bytes(cramjam.zstd.compress(bytes(10_000_000))),
  ],
  ids=['no zstd', 'no safetensors', 'bomb'],
)
def test_foreign_content_is_damage(log, data):
  store = make()
  fill(store, 50)
  manifest = disguised(log, log.save(store), data)
  with pytest.raises(DamagedFileError, match='decoded|has .* bytes'):
    restored(log, manifest)


def test_segments_of_another_replay_are_damage(log, tmp_path):
  store, other = make(), make(observation_shape=(3,))
  fill(store, 50)
  for _ in range(50):
    other.add(Transition(np.zeros(3, np.uint8), 0, 0.0, False))
  theirs = SegmentLog(str(tmp_path / 'other')).save(other)['segments'][0]
  with open(tmp_path / 'other' / theirs['file'], 'rb') as f:
    data = f.read()
  with pytest.raises(
    DamagedFileError, match=r'observation \(50, 3\), .*not .* \(50, 2\)'
  ):
    restored(log, disguised(log, log.save(store), data))


@pytest.mark.parametrize(
  'name', ['../replay/x', '/etc/passwd', 'a/b', '..', 'x.safetensors.zst', 7]
)
def test_a_manifest_cannot_name_files_elsewhere(log, name):
  store = make()
  fill(store, 50)
  manifest = log.save(store)
  manifest['segments'][0]['file'] = name
  with pytest.raises(DamagedFileError):
    restored(log, manifest)


@pytest.mark.parametrize(
  'path',
  [
    ('state',),
    ('segments',),
    ('settings', 'gamma'),
    ('state', 'next_step'),
    ('state', 'sampler'),
    ('state', 'labelled'),
    ('segments', 0, 'stop'),
    ('segments', 0, 'sha256'),
    ('segments', 0, 'labelled'),
  ],
)
@pytest.mark.parametrize('value', ['missing', None, 10**30, -5, [], {}])
def test_a_foreign_manifest_gives_a_one_line_error(log, path, value):
  store = make()
  fill(store, 50)
  manifest = altered(log.save(store), path, value)
  other = make()
  if path == ('segments', 0, 'labelled') and value != 'missing':
    log.load(other, manifest)  # Costs a rewritten segment at most.
    assert_same(other, restored(log, log.save(other)))
    return
  with pytest.raises(UserError) as caught:
    log.load(other, manifest)
  assert '\n' not in str(caught.value)
  assert (len(other), other.next_step) == (0, 0)


def test_other_settings_are_a_user_error(log):
  store = make()
  fill(store, 50)
  manifest = log.save(store)
  with pytest.raises(UserError, match=r'n_step = 1 and this run 3') as caught:
    restored(log, manifest, n_step=3)
  assert not isinstance(caught.value, DamagedFileError)


def test_a_log_without_a_second_horizon(log):
  store = make()
  fill(store, 50)
  manifest = log.save(store)
  del manifest['settings']['second_n_step']
  assert_same(store, restored(log, manifest))
  with pytest.raises(UserError, match='second_n_step = None and this run 3'):
    restored(log, manifest, second_n_step=3)


def test_an_empty_store(log):
  manifest = log.save(make())
  assert manifest['segments'] == []
  assert restored(log, manifest).next_step == 0


def test_whole_episodes_are_saved_too(log):
  store = make(capacity=40)
  oracle = Oracle(store)
  for end in (TERMINAL, TIME_OUT, TERMINAL):
    oracle.run(25, end, True)
  other = restored(log, log.save(store), capacity=40)
  check(oracle, other)


def test_a_store_may_grow_that_has_overwritten_nothing(log):
  store = make(capacity=40)
  oracle = Oracle(store)
  oracle.run(25, TERMINAL, True)
  manifest = log.save(store)
  grown = restored(log, manifest, capacity=60)
  check(oracle, grown)
  with pytest.raises(UserError, match='resume with capacity = 40'):
    restored(log, manifest, capacity=39)
  oracle.run(25, TERMINAL, True)
  with pytest.raises(UserError, match='resume with capacity = 40'):
    restored(log, log.save(store), capacity=60)


def test_the_labels_of_earlier_versions(tmp_path):
  folder = tmp_path / 'checkpoints'
  shutil.copytree(FIXTURES / 'replay_with_teacher_logits', folder)
  told = json.loads((folder / 'ckpt.3.json').read_text())['replays']['student']
  settings = {
    'capacity': 40,
    'observation_dtype': np.float32,
    'stack_size': 1,
    'n_step': 2,
    'gamma': 0.9,
    'policy_size': 3,
  }
  log = SegmentLog(str(folder / 'replay_student'))
  store = restored(log, told, actions=Discrete(3), **settings)
  numbers = np.arange(20)
  np.testing.assert_array_equal(
    store.columns['teacher_policy'][:20],
    np.stack([numbers, -numbers, numbers % 5], 1),
  )
  np.testing.assert_array_equal(store.unlabelled(), np.arange(20, 25))
  with pytest.raises(UserError, match='actions = 3 discrete actions and .* 4'):
    restored(log, told, actions=Discrete(4), **settings)
  # What is new is written beside what is old.
  store.label(store.unlabelled(), np.ones((5, 3)))
  again = restored(log, log.save(store), actions=Discrete(3), **settings)
  assert_same(store, again)
  assert len(again.segments) == 2 and again.segments[0] == told['segments'][0]
