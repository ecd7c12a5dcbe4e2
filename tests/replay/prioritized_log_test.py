"""Prioritised stores in a `SegmentLog`."""

import errno
import functools
import json
import os

import chex
import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.replay import array_file
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.replay.segment_log import SegmentLog
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import DamagedFileError, UserError
from tests.fuzzing import fuzz
from tests.importers import saved
from tests.importers.saved import altered, fill, names
from tests.replay.replay_oracle import Oracle, check, histories, stores

make = functools.partial(saved.make, kind=PrioritizedFrameStore)
restored = functools.partial(saved.restored, kind=PrioritizedFrameStore)


def train(store, *, seed=0):
  losses = np.random.default_rng(seed).lognormal(size=20).astype(np.float32)
  _, drawn = store.sample(20, with_sample_metadata=True)
  store.update(drawn.keys, td_losses=losses)


def assert_same(first, second):
  assert first.state_dict() == second.state_dict()
  ours, theirs = (s.arrays()['priorities'] for s in (first, second))
  assert ours.tobytes() == theirs.tobytes()
  for _ in range(2 * (len(first) > 0)):
    samples = [s.sample(20, with_sample_metadata=True) for s in (first, second)]
    chex.assert_trees_all_equal(*samples)
    train(first)
    train(second)


@fuzz(
  stores(kind=PrioritizedFrameStore),
  st.lists(histories, min_size=1, max_size=4),
)
def test_a_restored_store_continues_like_the_saved_one(
  tmp_path_factory, make_store, parts
):
  log = SegmentLog(str(tmp_path_factory.mktemp('log')))
  store = make_store()
  oracle = Oracle(store)
  for seed, history in enumerate(parts):
    for step in history:
      oracle.run(*step)
      if len(store):
        train(store, seed=seed)
    manifest = json.loads(json.dumps(log.save(store)))
    log.remove_unreferenced([manifest])
    other = make_store()
    log.load(other, manifest)
    assert_same(store, other)
    check(oracle, other)
    oracle.store = store = other


def test_a_save_rewrites_priorities_but_not_steps(log):
  store = make()
  fill(store, 100)
  first = log.save(store)
  train(store)
  second = log.save(store)
  assert second['segments'] == first['segments']
  assert second['elements']['file'] != first['elements']['file']
  assert len(names(log)) == 3
  size = os.path.getsize(
    os.path.join(log.directory, second['elements']['file'])
  )
  assert size < 8 * 100 + 4096


def test_older_manifests_stay_restorable(log):
  store = make()
  fill(store, 60)
  train(store)
  older = log.save(store)
  kept = store.arrays()['priorities']
  fill(store, 60)
  train(store, seed=1)
  newer = log.save(store)
  resumed = restored(log, older)
  assert resumed.arrays()['priorities'].tobytes() == kept.tobytes()
  train(resumed, seed=2)
  other = log.save(resumed)
  log.remove_unreferenced([older, newer, other])
  assert len({m['elements']['file'] for m in (older, newer, other)}) == 3
  assert_same(store, restored(log, newer))
  assert_same(resumed, restored(log, other))


def test_priorities_that_no_manifest_names_are_removed(log):
  store = make()
  fill(store, 60)
  older = log.save(store)
  train(store)
  newer = log.save(store)
  path = os.path.join(log.directory, newer['elements']['file'])
  with open(f'{path}.tmp', 'wb') as f:
    f.write(b'half')
  log.remove_unreferenced([newer])
  assert names(log) == {
    newer['segments'][0]['file'],
    newer['elements']['file'],
  }
  assert_same(store, restored(log, newer))
  with pytest.raises(DamagedFileError, match=older['elements']['file']):
    restored(log, older)


def test_an_interrupted_save_keeps_the_previous_one(log, monkeypatch):
  """The steps were written, the priorities were not."""
  store = make()
  fill(store, 60)
  manifest = log.save(store)
  fill(store, 60)
  train(store)
  write = files.write_atomically

  def no_space_for_priorities(path, data):
    if 'elements' in path:
      raise OSError(errno.ENOSPC, 'No space left on device')
    write(path, data)

  with monkeypatch.context() as patched:
    patched.setattr(files, 'write_atomically', no_space_for_priorities)
    with pytest.raises(OSError, match='No space'):
      log.save(store)
  assert len(names(log)) == 3
  assert set(restored(log, manifest).arrays()['priorities']) == {1.0}
  assert_same(store, restored(log, log.save(store)))


def test_an_empty_store(log):
  assert len(restored(log, log.save(make()))) == 0


def test_a_uniform_replay_has_no_file_of_priorities(log):
  store = make(kind=FrameStore)
  fill(store, 50)
  manifest = log.save(store)
  assert sorted(manifest) == ['segments', 'settings', 'state']
  fields = ['bytes', 'file', 'labelled', 'sha256', 'start', 'stop']
  assert sorted(manifest['segments'][0]) == fields
  assert names(log) == {manifest['segments'][0]['file']}


@pytest.mark.parametrize('kind', [FrameStore, PrioritizedFrameStore])
def test_the_other_kind_of_replay_is_a_user_error(log, kind):
  store = make(kind=kind)
  fill(store, 50)
  manifest = log.save(store)
  (other,) = {FrameStore, PrioritizedFrameStore} - {kind}
  with pytest.raises(UserError, match='resume with the same kind') as caught:
    restored(log, manifest, kind=other)
  assert not isinstance(caught.value, DamagedFileError)


def assert_is_damage(log, manifest, words=None):
  other = make()
  fill(other, 10)
  with pytest.raises(DamagedFileError, match=words) as caught:
    log.load(other, manifest)
  assert '\n' not in str(caught.value)
  assert (len(other), other.next_step, other.add_count) == (0, 0, 0)
  assert other.state_dict()['max_priority'] == 1.0
  fill(other, 10)
  assert set(other.arrays()['priorities']) == {1.0}


@pytest.mark.parametrize(
  'path',
  [
    ('state', 'max_priority'),
    ('elements',),
    ('elements', 'file'),
    ('elements', 'bytes'),
    ('elements', 'sha256'),
  ],
)
@pytest.mark.parametrize(
  'value', ['missing', None, 10**400, -5, 0.5, np.nan, np.inf, [], {}, '']
)
def test_a_foreign_manifest_is_damage(log, path, value):
  store = make()
  fill(store, 50)
  train(store)
  manifest = altered(log.save(store), path, value)
  if path == ('elements',) and value == 'missing':
    with pytest.raises(UserError, match='has no priorities'):
      log.load(make(), manifest)
    return
  assert_is_damage(log, manifest)


@pytest.mark.parametrize('value', [0.5, -5, np.nan, np.inf])
def test_a_largest_priority_of_an_empty_store(log, value):
  manifest = log.save(make())
  manifest['state']['max_priority'] = value
  assert_is_damage(log, manifest, 'max_priority must be at least 1')


@pytest.mark.parametrize('value', [0.0, -1.0, np.nan, np.inf, 1.5])
def test_impossible_priorities_are_damage(log, value):
  store = make()
  fill(store, 50)
  manifest = log.save(store)
  priorities = store.arrays()['priorities']
  priorities[7] = value
  manifest['elements'] = array_file.write(
    log.directory, 'elements', {'priorities': priorities}
  )
  assert_is_damage(log, manifest, r'priorities must lie in \(0, 1.0\]')


def test_priorities_of_another_number_of_elements_are_damage(log):
  store = make()
  fill(store, 50)
  manifest = log.save(store)
  fill(store, 1)
  manifest['elements'] = log.save(store)['elements']
  assert_is_damage(log, manifest, r'priorities \(50,\), not priorities \(49,')


def test_steps_in_place_of_priorities_are_damage(log):
  store = make()
  fill(store, 50)
  manifest = log.save(store)
  manifest['elements'] = manifest['segments'][0]
  assert_is_damage(log, manifest, 'not priorities|has .* bytes|decoded')
