"""Replays of Dopamine 4.1 in folders, and damaged files."""

import copy
import os
import pickle

import msgpack
import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.importers import dopamine41_files
from reincarnating_rl.importers.formats.msgpack_stream import MsgpackStream
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)
from tests.fuzzing import fuzz
from tests.importers.dopamine41_played import Played, check, load, make, path

PLAYED = Played([(8, True), (9, False)])


@pytest.fixture(scope='module')
def content(tmp_path_factory):
  """A file of Dopamine as plain containers."""
  folder = tmp_path_factory.mktemp('replay')
  PLAYED.save(folder)
  return msgpack.unpackb(path(folder).read_bytes(), strict_map_key=False)


def write(folder, content):
  path(folder).parent.mkdir(parents=True, exist_ok=True)
  if not isinstance(content, bytes):
    content = msgpack.packb(content)
  path(folder).write_bytes(content)


def changed(content, where, value):
  """Returns the content with another value in one place."""
  content = holder = copy.deepcopy(content)
  for key in where[:-1]:
    holder = holder[key]
  holder[where[-1]] = value
  return content


def test_a_run_has_its_replays_in_checkpoints(tmp_path):
  assert dopamine41_files.find(tmp_path) == []
  for name in ('10', '9', '010', 'x', '11.orbax-checkpoint-tmp-0', '12'):
    PLAYED.save(tmp_path / 'checkpoints' / name / 'at')
    os.rename(
      tmp_path / 'checkpoints' / name / 'at' / '7' / 'replay',
      tmp_path / 'checkpoints' / name / 'replay',
    )
  os.remove(tmp_path / 'checkpoints/12/replay/checkpoint.msgpack')
  for folder in (tmp_path, tmp_path / 'checkpoints'):
    replays = dopamine41_files.find(folder)
    assert [r.number for r in replays] == [9, 10, 12]
    assert [bool(r.missing) for r in replays] == [False, False, True]
    with pytest.raises(MissingFileError, match=r'12/replay/checkpoint\.msgpa'):
      dopamine41_files.inspect(replays[-1])
    assert replays[0].path == str(
      tmp_path / 'checkpoints/9/replay/checkpoint.msgpack'
    )


def test_the_description_of_a_replay(tmp_path):
  played = Played([(30, True)], stack=3, n_step=2, capacity=12)
  played.save(tmp_path)
  (replay,) = dopamine41_files.find(tmp_path)
  info = dopamine41_files.inspect(replay)
  assert info == (31, 12, 3, (3, 1), np.uint8, Discrete(0)) and info.is_cut


def test_a_replay_without_an_element(tmp_path):
  Played([(1, True)]).save(tmp_path)
  (replay,) = dopamine41_files.find(tmp_path)
  with pytest.raises(MissingFileError, match='holds no step'):
    dopamine41_files.inspect(replay)


class _Call:
  def __reduce__(self):
    return os.system, ('touch REINCARNATING_RL_PWNED',)


def test_the_pickles_are_never_read(tmp_path, content, monkeypatch):
  monkeypatch.chdir(tmp_path)
  for where in ('memory', 'transition_accumulator'):
    content = changed(content, (where, 'treedef'), pickle.dumps(_Call()))
  write(tmp_path, content)
  store, _ = load(tmp_path)
  assert check(PLAYED, store) == PLAYED.stored(1)
  assert not (tmp_path / 'REINCARNATING_RL_PWNED').exists()


def packed(data, shape=(3, 1, 4), dtype='|u1'):
  """An array packed as Dopamine does, with any content."""
  return {
    'shape': [],
    'data': data + np.array(shape, '<i4').tobytes() + dtype.encode(),
    'dtype': repr(
      [
        ('data', '|u1', (len(data),)),
        ('shape', '<i4', (len(shape),)),
        ('dtype', '|S3'),
      ]
    ),
  }


BOMB = b'\xff\xff\xff\xff\x0f' + 50 * b'\xfe\x01\x00'  # 4 GiB, says Snappy.
NUMBER = {'shape': [], 'dtype': "'<i4'", 'data': bytes(4)}
FIRST = ('memory', 'values', 0)


@pytest.mark.parametrize(
  ('where', 'value', 'message'),
  [
    (('add_count',), 17.0, 'no add_count'),
    (('add_count',), 17, 'impossible numbers'),
    (('add_count',), {'integer': '9' * 25}, 'impossible numbers'),
    (('add_count',), {'integer': '1_0'}, 'integer'),
    (('memory',), [], 'cannot be read'),
    (('memory',), {}, 'no list'),
    (('memory', 'values'), {}, 'cannot be read'),
    (FIRST, 3, 'an invalid element'),
    (FIRST, [], 'an invalid element'),
    ((*FIRST, 0), packed(BOMB), '4294967295 bytes'),
    ((*FIRST, 0), packed(BOMB, (3, 1, 2**30)), 'impossible numbers'),
    ((*FIRST, 0), packed(b'\x0c\x00'), 'cut short|Snappy'),
    ((*FIRST, 0), packed(b''), '0 bytes'),
    ((*FIRST, 0), packed(b'\x0c', ()), 'without frames'),
    ((*FIRST, 0), packed(b'\x0c', (3, 0, 4)), 'without frames'),
    (
      (*FIRST, 0),
      packed(b'\x0c', 9 * (1,)),
      'packed array of an unknown layout',
    ),
    (
      (*FIRST, 0),
      packed(b'\x0c', dtype='|O8'),
      'packed array of an unknown layout',
    ),
    (
      (*FIRST, 0),
      packed(b'\x0c') | {'data': b'\x0c'},
      'packed array of an unknown layout',
    ),
    (
      (*FIRST, 0),
      packed(b'\x0c') | {'dtype': "'|O'"},
      'something else than numbers',
    ),
    (
      (*FIRST, 0),
      packed(b'\x0c') | {'dtype': 'exec("")'},
      'something else than numbers',
    ),
    ((*FIRST, 3), NUMBER | {'shape': [3, 1, 4]}, r'not \(3, 1, 4\)'),
    ((*FIRST, 0), NUMBER | {'shape': 3}, 'with an invalid shape'),
    ((*FIRST, 0), NUMBER | {'shape': [-1]}, 'with an invalid shape'),
    ((*FIRST, 0), 1, 'an invalid array'),
    (
      (*FIRST, 0),
      {'shape': [1], 'dtype': "'|u1'", 'data': 'x'},
      'an invalid array',
    ),
    ((*FIRST, 3), packed(b'\x08', (2, 1, 4)), r'\(2, 1, 4\) .*not \(3, 1, 4\)'),
    ((*FIRST, 1), NUMBER | {'data': b'\xff\xff\xff\xff'}, 'an invalid action'),
    ((*FIRST, 1), NUMBER | {'data': bytes(5)}, '5 bytes'),
    ((*FIRST, 1), NUMBER | {'shape': [2]}, 'not a number'),
    ((*FIRST, 1), NUMBER | {'order': 'F'}, 'not in C order'),
    ((*FIRST, 1), 1.0, 'an invalid action'),
    ((*FIRST, 1), 2**31, 'an invalid action'),
    ((*FIRST, 2), float('nan'), 'reward that is not finite'),
    ((*FIRST, 2), 1e39, 'reward that is not finite'),
    ((*FIRST, 2), 'x', 'an invalid array'),
    ((*FIRST, 4), 2, 'invalid is_terminal'),
    ((*FIRST, 4), None, 'an invalid array'),
    (('memory', 'values', 9, 4), False, 'last elements'),
    (('memory', 'values', 8, 2), 5.0, 'does not end as Dopamine'),
    (('memory', 'values', 2), msgpack.ExtType(1, b'x'), 'cannot be read'),
    (('memory', 'values', 2), msgpack.Timestamp(1), 'cannot be read'),
    (('memory', 'values', 2), [0] * 99, 'cannot be read'),
    (('memory', 'values', 2), {'x': 'y' * 9999}, 'cannot be read'),
  ],
)
def test_damage_names_the_file(tmp_path, content, where, value, message):
  write(tmp_path, changed(content, where, value))
  store = make()
  with pytest.raises(DamagedFileError, match=message) as caught:
    load(tmp_path, store)
  assert str(path(tmp_path)) in str(caught.value)
  assert '\n' not in str(caught.value)
  assert (len(store), store.next_step) == (0, 0)


@pytest.mark.parametrize(
  'data',
  [
    b'',
    b'\x80',
    b'\xdf\xff\xff\xff\xff',
    b'\xdd\xff\xff\xff\xff',
    b'\x81\xa6memory\x81\xa6values\xdd\xff\xff\xff\xff',
    b'\x82\xa9add_count\x01\xa6memory\x81\xa6values\xdd\xff\xff\xff\xff',
    b'\x82\xa9add_count\x01\xa6memory\x81\xa6values\xdd\x00\xff\xff\xff',
    b'\x81' + 99_999 * b'\x91',
    b'\x82\xa9add_count\x01\xa6memory\x81' + 99_999 * b'\x91',
    b'\x81\xc6\xff\xff\xff\xff',
  ],
)
def test_headers_that_claim_too_much(tmp_path, data):
  write(tmp_path, data)
  with pytest.raises(DamagedFileError):
    load(tmp_path)


@pytest.mark.parametrize('before', [b'', b'\x82\xa9add_count\x01\xa6memory'])
def test_huge_maps_are_not_read(tmp_path, before, monkeypatch):
  """With two bytes a name, ten megabytes took twenty seconds."""
  write(tmp_path, before + b'\xdf\x00\x00\x10\x00' + 4096 * b'\xa0\xc0')
  monkeypatch.setattr(MsgpackStream, 'skip', None)
  with pytest.raises(DamagedFileError, match='a map of 4096 names'):
    load(tmp_path)


def test_a_file_cut_anywhere_is_damaged_or_still_complete(tmp_path, content):
  """Bytes after the elements are not needed."""
  data = msgpack.packb(content)
  elements = data.index(b'\xa7treedef')
  for size in range(len(data)):
    write(tmp_path, data[:size])
    store = make()
    if size < elements:
      with pytest.raises(DamagedFileError, match='msgpack cannot be read'):
        load(tmp_path, store)
      assert store.next_step == 0
  assert len(load(tmp_path)[0]) == 7 + 8
  assert size == len(data) - 1


def test_errors_between_the_two_readings(tmp_path, content):
  data = msgpack.packb(content)
  write(tmp_path, data)

  def cut(done, total):
    if done == total // 2:
      write(tmp_path, data[: len(data) // 3])

  store = make()
  with pytest.raises(DamagedFileError, match='cannot be read'):
    load(tmp_path, store, progress=cut)
  assert (len(store), store.next_step) == (0, 0)


@fuzz(
  st.lists(
    st.tuples(st.integers(0, 2**20), st.binary(max_size=4), st.booleans()),
    min_size=1,
    max_size=3,
  )
)
def test_any_bytes_are_a_replay_or_a_typed_error(tmp_path, content, edits):
  data = msgpack.packb(content)
  for at, piece, is_added in edits:
    at %= data.index(b'\xa7treedef')
    data = data[:at] + piece + data[at + (not is_added) * len(piece) :]
  write(tmp_path, data)
  store = make()
  try:
    _, report = load(tmp_path, store)
  except UserError as error:
    assert '\n' not in str(error)
    assert (len(store), store.next_step) == (0, 0)
  else:
    assert 0 < report.steps == store.next_step <= 2 * 18
    if len(store):
      batch = store.gather(store.sample_keys(20))
      assert np.isfinite(batch.reward).all() and (batch.action >= 0).all()


@fuzz(st.data())
def test_any_values_are_a_replay_or_a_typed_error(tmp_path, content, data):
  value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats()
    | st.binary(max_size=9)
    | st.text(max_size=9),
    lambda inner: (
      st.lists(inner, max_size=7)
      | st.dictionaries(
        st.sampled_from(['shape', 'data', 'dtype', 'integer', 'order']), inner
      )
    ),
    max_leaves=5,
  )
  element = data.draw(st.integers(0, 17))
  where = data.draw(
    st.sampled_from(
      [
        ('add_count',),
        ('memory', 'values', element),
        *(('memory', 'values', element, part) for part in range(6)),
        *(
          ('memory', 'values', element, part, name)
          for part in (0, 3)
          for name in ('shape', 'data', 'dtype')
        ),
      ]
    )
  )
  write(tmp_path, changed(content, where, data.draw(value)))
  store = make()
  try:
    load(tmp_path, store)
  except UserError as error:
    assert '\n' not in str(error)
    assert (len(store), store.next_step) == (0, 0)
