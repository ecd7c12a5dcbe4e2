import json
import os

import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner.checkpoints import Checkpoints
from reincarnating_rl.support import files, json_file
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import native_checkpoint


def make_store():
  return FrameStore(
    capacity=20,
    observation_shape=(2,),
    stack_size=2,
    n_step=2,
    seed=0,
    actions=Discrete(3),
  )


def fill(store, steps):
  for i in range(store.next_step, store.next_step + steps):
    frame = np.full(2, i % 250 + 1, np.uint8)
    store.add(Transition(frame, i % 3, float(i), i % 7 == 6))


def save(checkpoints, number, store, *, tag='t', value=0.0, **more):
  checkpoints.save(
    number,
    {
      'online_params/w': np.array([value, 1.5], np.float32),
      'count': np.array(number),
      'empty': np.zeros((0, 3), np.uint32),
    },
    {'seed': 1, 'value': value, **more},
    {'student': store},
    about={},
    tag=tag,
  )


def restore(checkpoints):
  found = []
  number = checkpoints.restore(found.append)
  return number, found[-1]


@pytest.fixture
def checkpoints(tmp_path):
  return Checkpoints(str(tmp_path / 'checkpoints'), keep=2)


@pytest.fixture
def store():
  store = make_store()
  fill(store, 15)
  return store


def test_comes_back_as_it_was(checkpoints, store):
  save(checkpoints, 3, store, value=0.1)
  number, found = restore(Checkpoints(checkpoints.directory))
  assert number == found.number == 3
  assert found.state == {'seed': 1, 'value': 0.1}
  expected = {
    'online_params/w': np.array([0.1, 1.5], np.float32),
    'count': np.array(3),
    'empty': np.zeros((0, 3), np.uint32),
  }
  assert found.arrays.keys() == expected.keys()
  for name, array in expected.items():
    np.testing.assert_array_equal(found.arrays[name], array, strict=True)
  restored = make_store()
  checkpoints.load_replay('student', found, restored)
  assert restored.state_dict() == store.state_dict()
  for ours, theirs in zip(restored.sample(50), store.sample(50), strict=True):
    np.testing.assert_array_equal(ours, theirs)


def test_a_later_replay_does_not_change_an_earlier_checkpoint(
  checkpoints, store
):
  save(checkpoints, 0, store)
  _, found = restore(checkpoints)
  fill(store, 15)
  save(checkpoints, 1, store)
  early, late = make_store(), make_store()
  checkpoints.load_replay('student', found, early)
  checkpoints.load_replay('student', restore(checkpoints)[1], late)
  assert (early.next_step, late.next_step) == (15, 30)


def test_an_empty_directory_restores_nothing(checkpoints):
  assert checkpoints.restore(pytest.fail) is None
  assert checkpoints.numbers() == []
  assert not os.path.exists(checkpoints.directory)


def test_numbers_are_in_order_of_value(checkpoints, store):
  for number in (9, 10):
    save(checkpoints, number, store)
  assert checkpoints.numbers() == [9, 10]
  assert restore(checkpoints)[0] == 10


def test_the_newest_state_is_of_the_newest_manifest_that_is_whole(
  checkpoints, store, monkeypatch
):
  assert checkpoints.newest_state() == {}
  for number in (9, 10):
    save(checkpoints, number, store, value=float(number))
  read, paths = native_checkpoint.read_manifest, []

  def noted(path):
    paths.append(path.name)
    return read(path)

  monkeypatch.setattr(native_checkpoint, 'read_manifest', noted)
  assert checkpoints.newest_state() == {'seed': 1, 'value': 10.0}
  assert paths == ['ckpt.10.json']  # Those before are not read.
  with open(f'{checkpoints.directory}/ckpt.10.json', 'w') as file:
    file.write('{')
  assert checkpoints.newest_state() == {'seed': 1, 'value': 9.0}


def test_only_the_newest_stay_with_what_they_name(checkpoints):
  store = make_store()
  for number in range(1, 5):
    fill(store, 15)
    save(checkpoints, number, store)
  assert set(os.listdir(checkpoints.directory)) == {
    'ckpt.3.json',
    'ckpt.3.t.safetensors',
    'ckpt.4.json',
    'ckpt.4.t.safetensors',
    'replay_student',
  }
  # Checkpoint 3 holds steps 25 to 45, and 4 holds 40 to 60.
  folder = os.path.join(checkpoints.directory, 'replay_student')
  starts = sorted(int(name.split('-')[1]) for name in os.listdir(folder))
  assert starts == [15, 30, 45]


def test_stale_files_go_and_foreign_ones_stay(checkpoints, store):
  save(checkpoints, 1, store)
  segment = f'steps-0-5-{"a" * 16}.safetensors.zst'
  stale = {
    'ckpt.9.json.tmp',
    'ckpt.9.t.safetensors',
    'ckpt.9.t.safetensors.tmp',
    f'replay_student/{segment}',
    f'replay_student/{segment}.tmp',
  }
  foreign = {'notes.txt', 'replay_student/notes.txt', 'my.safetensors'}
  for name in stale | foreign:
    with open(os.path.join(checkpoints.directory, name), 'wb'):
      pass
  save(checkpoints, 2, store)
  left = {
    os.path.relpath(os.path.join(folder, name), checkpoints.directory)
    for folder, _, names in os.walk(checkpoints.directory)
    for name in names
  }
  assert foreign <= left
  assert not stale & left
  assert checkpoints.numbers() == [1, 2]


def test_an_iterations_later_checkpoint_replaces_the_earlier(
  checkpoints, store
):
  save(checkpoints, 3, store, tag='20-0', value=1.0)
  save(checkpoints, 3, store, tag='40-1', value=2.0)
  assert restore(checkpoints)[1].state['value'] == 2.0
  arrays = [n for n in os.listdir(checkpoints.directory) if 'safet' in n]
  assert arrays == ['ckpt.3.40-1.safetensors']


@pytest.mark.parametrize('writes', [0, 1, 2])
def test_an_unfinished_save_leaves_the_earlier_one(
  checkpoints, store, monkeypatch, writes
):
  """A segment, the arrays, then the manifest; it fails at one of them."""
  save(checkpoints, 3, store, tag='20-0', value=1.0)
  write, done = files.write_atomically, []

  def fail(path, data):
    if len(done) == writes:
      raise OSError('no space')
    done.append(path)
    write(path, data)

  fill(store, 3)
  with monkeypatch.context() as patch, pytest.raises(OSError, match='no space'):
    patch.setattr(files, 'write_atomically', fail)
    save(checkpoints, 3, store, tag='40-1', value=2.0)
  _, found = restore(checkpoints)
  assert found.state['value'] == found.arrays['online_params/w'][0] == 1.0
  restored = make_store()
  checkpoints.load_replay('student', found, restored)
  assert restored.next_step == 15


def everything(checkpoints):
  return {
    os.path.join(folder, name)
    for folder, _, names in os.walk(checkpoints.directory)
    for name in names
  }


def test_a_manifest_that_nobody_could_read_is_not_written(
  checkpoints, store, monkeypatch
):
  save(checkpoints, 1, store)
  before = everything(checkpoints)
  monkeypatch.setattr(json_file, '_MAX_BYTES', 10_000)
  told = 'ckpt.2.json is not written: it would have .* no more than 10,000 are'
  with pytest.raises(files.UnwritableError, match=told):
    save(checkpoints, 2, store, more=['a'] * 10_000)
  assert everything(checkpoints) == before
  assert restore(checkpoints)[0] == 1


def test_nothing_goes_while_nobody_knows_what_a_manifest_names(checkpoints):
  store, there = make_store(), set()
  for number in range(5):
    fill(store, 15)
    save(checkpoints, number, store)
    if number < 3:
      there = everything(checkpoints)
    if number == 2:
      with open(f'{checkpoints.directory}/ckpt.2.json', 'w') as file:
        file.write('{')
    if number == 3:
      assert there < everything(checkpoints)
  # It is not among the newest two any more.
  assert checkpoints.numbers() == [3, 4]
  assert not any('ckpt.2.' in name for name in everything(checkpoints))


def test_is_a_teachers_checkpoint_too(checkpoints, store, tmp_path):
  save(checkpoints, 3, store, value=0.25)
  path = tmp_path / 'checkpoints' / 'ckpt.3.json'
  params, manifest, _ = native_checkpoint.read(path)
  np.testing.assert_array_equal(params['w'], np.float32([0.25, 1.5]))
  assert manifest['number'] == 3


def test_a_teachers_directory_is_not_a_run(checkpoints):
  params = {'params': {'w': np.ones(2, np.float32)}}
  native_checkpoint.write(checkpoints.directory, 2, params, {'game': 'Pong'})
  before = sorted(os.listdir(checkpoints.directory))
  with pytest.raises(UserError, match='of a teacher, not of a run'):
    checkpoints.restore(pytest.fail)
  assert sorted(os.listdir(checkpoints.directory)) == before


def test_a_users_error_while_applying_is_not_taken_for_damage(
  checkpoints, store
):
  save(checkpoints, 1, store)
  save(checkpoints, 2, store)
  tried = []

  def refuse(checkpoint):
    tried.append(checkpoint.number)
    raise UserError('another seed')

  with pytest.raises(UserError, match='another seed'):
    checkpoints.restore(refuse)
  assert tried == [2]


def test_the_manifest_names_the_replays_segments(checkpoints, store, tmp_path):
  save(checkpoints, 1, store)
  manifest = json.loads((tmp_path / 'checkpoints/ckpt.1.json').read_text())
  (segment,) = manifest['replays']['student']['segments']
  folder = tmp_path / 'checkpoints' / 'replay_student'
  assert os.listdir(folder) == [segment['file']]
