"""Reading tensors, with TensorFlow's own reader and writer as the oracle.

Where TensorFlow would end the process, or worse, it is not asked.
"""

import os
import re

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reincarnating_rl.importers.formats import tensor_bundle
from reincarnating_rl.importers.formats.sorted_table import masked_crc32c
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)
from tests.fuzzing import fuzz
from tests.importers.formats import bundles

_ALL = re.compile('.*', re.DOTALL)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('bundles')


def _save(prefix, tensors):
  tf.raw_ops.SaveV2(
    prefix=str(prefix),
    tensor_names=list(tensors),
    shape_and_slices=[''] * len(tensors),
    tensors=[tf.constant(array) for array in tensors.values()],
  )
  return prefix.with_name(f'{prefix.name}.index')


def _read(index, names=_ALL):
  return tensor_bundle.read_tensors(index, names)[0]


_arrays = hnp.arrays(
  st.sampled_from([np.float16, np.float32, np.float64]),
  hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


@fuzz(st.dictionaries(st.text(min_size=1, max_size=6), _arrays, min_size=1))
def test_tensors_match_tensorflows_reader(folder, tensors):
  index = _save(folder / 'oracle-1', tensors)
  found = _read(index)
  reader = tf.train.load_checkpoint(str(index.with_suffix('')))
  assert found.keys() == tensors.keys()
  for name, array in found.items():
    np.testing.assert_array_equal(array, reader.get_tensor(name), strict=True)


def test_an_index_of_many_blocks(tmp_path):
  """TensorFlow starts a new block after a quarter of a mebibyte."""
  rng = np.random.default_rng(0)
  names = [f'{i:05d}/' + rng.bytes(300).hex() for i in range(900)]
  tensors = {name: np.full(2, i, np.float32) for i, name in enumerate(names)}
  index = _save(tmp_path / 'many-1', tensors)
  assert index.stat().st_size > 1 << 19
  found = _read(index)
  assert all(found[name][0] == i for i, name in enumerate(names))
  assert len(found) == 900


def test_two_data_files(tmp_path):
  halves = {'a': np.arange(3.0)}, {'b': np.ones((2, 2), np.float32)}
  parts = [tmp_path / 'part0', tmp_path / 'part1']
  for part, tensors in zip(parts, halves, strict=True):
    _save(part, tensors)
  tf.raw_ops.MergeV2Checkpoints(
    checkpoint_prefixes=[str(part) for part in parts],
    destination_prefix=str(tmp_path / 'whole-1'),
  )
  found = _read(tmp_path / 'whole-1.index')
  np.testing.assert_array_equal(found['a'], halves[0]['a'], strict=True)
  np.testing.assert_array_equal(found['b'], halves[1]['b'], strict=True)
  second = tmp_path / 'whole-1.data-00001-of-00002'
  second.unlink()
  with pytest.raises(MissingFileError, match=f'{second} is missing'):
    _read(tmp_path / 'whole-1.index')


def test_only_wanted_tensors_are_read(tmp_path):
  tensors = {'a/b': np.float32(1), 'a': 'text', 'b': np.int32(2)}
  index = _save(tmp_path / 'some-1', tensors)
  assert _read(index, re.compile('a/.')) == {'a/b': 1.0}
  for name in ('a', 'b'):
    with pytest.raises(DamagedFileError, match=f'{name} does not hold floats'):
      _read(index, re.compile(name))


def test_tensorflow_reads_the_files_of_these_tests(tmp_path):
  index = bundles.write(tmp_path, (b'a', bundles.entry()))
  reader = tf.train.load_checkpoint(str(index.with_suffix('')))
  np.testing.assert_array_equal(
    reader.get_tensor('a'), _read(index)['a'], strict=True
  )
  np.testing.assert_array_equal(_read(index)['a'], [[0, 1, 2], [3, 4, 5]])


# Of these, the first five and `reference` end TensorFlow's process; it dies of
# `text`, too, for which it reads memory that is not its own.
_HOSTILE = {
  'negative': {'dims': (-2, -3)},
  'overflow': {'dims': (2**62, 2**62)},
  'overflow and nothing': {
    'dims': (2**62, 2**62, 0),
    'size': 0,
    'crc': masked_crc32c(b''),
  },
  'too many dimensions': {'dims': (1,) * 300},
  'no shape': {'dims': b'\xff\xff\xff'},
  'sizes of text': {
    'dims': bundles.field(2, bundles.field(1, b'ab')) + bundles.shape(2**62)
  },
  'reference': {'dtype': 101},
  'text': {'dtype': 7, 'dims': (2**30,)},
  'no type': {'dtype': 0},
  'unknown type': {'dtype': 999},
  'integers': {'dtype': 3},
  'larger than the data': {'dims': (2**40,), 'size': 2**42},
  'other size': {'size': 8},
  'negative size': {'size': -1},
  'negative offset': {'offset': -5},
  'beyond the end': {'offset': 1},
  'far beyond the end': {'offset': 2**62},
  'other file': {'shard': 7},
  'no file': {'shard': -1},
  'checksum': {'crc': 5},
}


def _message(index):
  with pytest.raises(DamagedFileError) as error:
    _read(index)
  message = str(error.value)
  assert message.startswith(f'{index} is damaged or is not the checkpoint of')
  assert '\n' not in message
  return message


@pytest.mark.parametrize('name', _HOSTILE)
def test_hostile_tensors(tmp_path, name):
  _message(bundles.write(tmp_path, (b'a', bundles.entry(**_HOSTILE[name]))))


@pytest.mark.parametrize(
  ('message', 'what'),
  [
    (b'\xff\xfe\xfd', 'no end'),
    (bundles.field(1, b'text'), 'description of a tensor is invalid'),
    (bundles.field(2, 5), 'no shape'),
    (bundles.entry() + bundles.field(7, b''), 'is sliced'),
  ],
)
def test_malformed_descriptions(tmp_path, message, what):
  assert what in _message(bundles.write(tmp_path, (b'a', message)))


@pytest.mark.parametrize(
  ('head', 'what'),
  [
    (bundles.header(num_shards=0), 'number of files'),
    (bundles.header(num_shards=-1), 'number of files'),
    (bundles.header(num_shards=2**31 - 1), 'number of files'),
    (bundles.field(1, b'text'), 'number of files'),
    (bundles.header(endianness=1), 'big-endian'),
    (b'\xff', 'no end'),
  ],
)
def test_hostile_headers(tmp_path, head, what):
  index = bundles.write(tmp_path, (b'a', bundles.entry()), head=head)
  assert what in _message(index)


def test_no_header(tmp_path):
  index = bundles.write(tmp_path, (b'a', bundles.entry()))
  index.write_bytes(bundles.table(bundles.block([(b'a', bundles.entry())])))
  assert 'no header' in _message(index)
  index.write_bytes(bundles.table())
  assert 'no header' in _message(index)


def test_sizes_are_bounded(tmp_path):
  twice = [(name, bundles.entry()) for name in (b'a', b'b')]
  index = bundles.write(tmp_path, *twice)
  assert 'larger than its data' in _message(index)
  nothing = bundles.entry(dims=(0,), size=0, crc=0)
  many = [(b'%05d' % i, nothing) for i in range(1001)]
  assert 'too many tensors' in _message(bundles.write(tmp_path, *many))
  os.truncate(index, 1 << 30)  # A hole, which takes no space.
  assert 'too large' in _message(index)


def test_cut_short(tmp_path):
  index = bundles.write(tmp_path, (b'a', bundles.entry()))
  data = index.with_suffix('.data-00000-of-00001')
  os.truncate(data, 23)
  assert 'larger than its data' in _message(index)
  data.unlink()
  with pytest.raises(MissingFileError, match=f'{data} is missing'):
    _read(index)
  index.write_bytes(index.read_bytes()[:-1])
  assert 'does not end like a table' in _message(index)


def _must_be_a_value_or_a_typed_error(index):
  """If a value is returned, it is right: its checksum was verified."""
  try:
    found = _read(index)
  except UserError as error:
    assert '\n' not in str(error)
    return
  assert all(a.tobytes() == bundles.DATA.tobytes() for a in found.values())


@fuzz(data=st.binary(max_size=120), ending=st.booleans())
def test_random_bytes(folder, data, ending):
  index = bundles.write(folder, (b'a', bundles.entry()))
  index.write_bytes(data + bundles.MAGIC * ending)
  _must_be_a_value_or_a_typed_error(index)


def _edit(data, edits):
  for position, piece in edits:
    at = position % (len(data) + 1)
    data = data[:at] + piece + data[at + len(piece) :]
  return data


_edits = st.lists(
  st.tuples(st.integers(0, 2**10), st.binary(max_size=3)), max_size=4
)


@fuzz(index_edits=_edits, data_edits=_edits, cut=st.integers(0, 9))
def test_altered_files(folder, index_edits, data_edits, cut):
  index = bundles.write(folder, (b'a', bundles.entry()))
  data = index.with_suffix('.data-00000-of-00001')
  index.write_bytes(_edit(index.read_bytes(), index_edits))
  altered = _edit(data.read_bytes(), data_edits)
  data.write_bytes(altered[: len(altered) - cut])
  _must_be_a_value_or_a_typed_error(index)


@fuzz(head_edits=_edits, entry_edits=_edits, block_edits=_edits)
def test_altered_contents(folder, head_edits, entry_edits, block_edits):
  """The checksums are right, as in a hostile file."""
  index = bundles.write(folder, (b'a', bundles.entry()))
  head = _edit(bundles.header(), head_edits)
  entry = _edit(bundles.entry(), entry_edits)
  block = bundles.block([(b'', head), (b'a', entry)])
  index.write_bytes(bundles.table(_edit(block, block_edits)))
  _must_be_a_value_or_a_typed_error(index)
