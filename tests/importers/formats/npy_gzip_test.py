import gzip
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.importers.formats import npy_gzip
from reincarnating_rl.support.errors import DamagedFileError
from tests.fuzzing import fuzz
from tests.importers.legacy_dumps import npy

NUMBERS = np.arange(12, dtype=np.int32)
WHOLE = npy(NUMBERS)


@pytest.fixture
def file(tmp_path):
  def write(data):
    path = tmp_path / 'array.gz'
    path.write_bytes(data)
    return str(path)

  return write


def compressed(data):
  return gzip.compress(data, mtime=0)


@pytest.mark.parametrize('dtype', ['<i4', '<i8', '<f4', '<f8', '|u1', '|b1'])
@pytest.mark.parametrize('shape', [(), (0,), (7,)])
def test_arrays_come_back(file, dtype, shape):
  array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
  found = npy_gzip.read_array(file(compressed(npy(array))), 'iufb', 7)
  np.testing.assert_array_equal(found, array, strict=True)


def test_a_boolean_is_0_or_1_whatever_its_byte(file):
  array = np.array([False, True, True])
  data = npy(array)[:-3] + bytes([0, 2, 255])
  found = npy_gzip.read_array(file(compressed(data)), 'b', 3)
  assert found.tobytes() == array.tobytes()


def test_the_header_of_python_2(file):
  data = WHOLE.replace(b'(12,), }  ', b'(12L,), } ')
  assert data != WHOLE
  found = npy_gzip.read_array(file(compressed(data)), 'i', 12)
  np.testing.assert_array_equal(found, NUMBERS)


def test_frames_are_read_in_parts(file):
  frames = np.arange(60, dtype=np.uint8).reshape(5, 3, 4)
  with npy_gzip.open_array(file(compressed(npy(frames)))) as reader:
    assert (reader.shape, reader.dtype) == (frames.shape, np.uint8)
    parts = [np.empty((size, 3, 4), np.uint8) for size in (2, 0, 3)]
    for part in parts:
      reader.fill(part)
    reader.finish()
  np.testing.assert_array_equal(np.concatenate(parts), frames)


def test_gzip_members_are_joined(file):
  data = compressed(WHOLE[:50]) + compressed(WHOLE[50:])
  np.testing.assert_array_equal(
    npy_gzip.read_array(file(data), 'i', 12), NUMBERS
  )


def test_every_truncation_is_reported(file):
  data = compressed(WHOLE)
  for size in range(len(data)):
    with pytest.raises(DamagedFileError, match=r'array\.gz') as caught:
      npy_gzip.read_array(file(data[:size]), 'i', 12)
    assert '\n' not in str(caught.value)


def test_a_wrong_checksum_is_reported(file):
  data = bytearray(compressed(WHOLE))
  data[-8] ^= 1
  with pytest.raises(DamagedFileError, match='CRC'):
    npy_gzip.read_array(file(bytes(data)), 'i', 12)


def _claiming(shape, descr='<i4', order='False'):
  text = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
  header = text.encode().ljust(117) + b'\n'
  return b'\x93NUMPY\x01\x00' + len(header).to_bytes(2, 'little') + header


@pytest.mark.parametrize(
  'data',
  [
    b'',
    b'PK\3\4' + WHOLE,
    WHOLE.replace(b'NUMPY\x01', b'NUMPY\x02'),
    WHOLE.replace(b'shape', b'shapf'),
    WHOLE[:60],
    WHOLE[:-1],
    WHOLE + b'\0',
    npy(NUMBERS.reshape(3, 4)),
    npy(NUMBERS.astype('>i4')),
    npy(NUMBERS.astype(np.float32)),
    npy(np.arange(13, dtype=np.int32)),
    npy(np.array([(1, 2)], 'i4,i4')),
    npy(np.array(['text'])),
    _claiming('(12,)', order='True') + NUMBERS.tobytes(),
    _claiming('(12,)', descr='|O') + NUMBERS.tobytes(),
    _claiming('(-1,)') + NUMBERS.tobytes(),
    _claiming('(0, 999999999999999, 999999999999999)'),
    _claiming('__import__("os").abort()'),
  ],
)
def test_other_content_is_reported(file, data):
  with pytest.raises(DamagedFileError, match=r'array\.gz'):
    npy_gzip.read_array(file(compressed(data)), 'i', 12)


def test_claims_and_bombs_cost_no_memory(file):
  claim = compressed(_claiming('(1000000000000,)'))
  bomb = compressed(WHOLE + bytes(50_000_000))
  tracemalloc.start()
  try:
    with pytest.raises(DamagedFileError, match='cannot hold an array'):
      npy_gzip.read_array(file(claim), 'i', 10**15)
    with pytest.raises(DamagedFileError, match='holds more than its'):
      npy_gzip.read_array(file(bomb), 'i', 12)
    with pytest.raises(DamagedFileError, match='more than 100 bytes'):
      npy_gzip.read_bytes(file(bomb), 100)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
  finally:
    tracemalloc.stop()


def test_directories_and_missing_files(tmp_path):
  for path in (tmp_path, tmp_path / 'missing'):
    with pytest.raises(DamagedFileError, match='cannot be read'):
      npy_gzip.read_bytes(str(path), 9)
    with pytest.raises(DamagedFileError, match='cannot be read'):
      npy_gzip.read_array(str(path), 'i', 9)


@fuzz(
  st.binary(max_size=200)
  | st.tuples(st.integers(0, 150), st.binary(min_size=1, max_size=3)).map(
    lambda edit: WHOLE[: edit[0]] + edit[1] + WHOLE[edit[0] + len(edit[1]) :]
  ),
  st.booleans(),
)
def test_any_bytes_are_numbers_or_damage(tmp_path_factory, data, is_gzip):
  path = tmp_path_factory.getbasetemp() / 'any.gz'
  path.write_bytes(compressed(data) if is_gzip else data)
  try:
    found = npy_gzip.read_array(os.fspath(path), 'iuf', 12)
  except DamagedFileError as error:
    assert '\n' not in str(error) and 'any.gz' in str(error)
  else:
    assert found.size <= 12 and found.ndim <= 1
