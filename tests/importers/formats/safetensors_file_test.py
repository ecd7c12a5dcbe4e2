"""safetensors files, also of types that our code does not write."""

import json
import pathlib

import ml_dtypes
import numpy as np
import pytest
from hypothesis import strategies as st
from safetensors import numpy as safetensors_numpy

from reincarnating_rl.importers.formats import safetensors_file
from reincarnating_rl.support.errors import DamagedFileError
from tests.fuzzing import fuzz
from tests.importers.formats import mutations

_FIXTURES = pathlib.Path(__file__).parents[2] / 'fixtures' / 'foreign'


def test_tensors_of_every_type():
  tensors = {
    name: np.arange(6).reshape(2, 3).astype(name)
    for name in 'f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8'.split()
  }
  data = safetensors_numpy.save(tensors)
  assert safetensors_file.is_safetensors(data)
  found = safetensors_file.loads(data, 'x')
  for name, array in tensors.items():
    np.testing.assert_array_equal(found[name], array, strict=True)


def test_bfloat16_matches_ml_dtypes():
  path = _FIXTURES / 'plain.safetensors'
  exact = safetensors_file.loads(path.read_bytes(), 'x')
  path = _FIXTURES / 'bfloat16.safetensors'
  found = safetensors_file.loads(path.read_bytes(), 'x')
  for name, array in exact.items():
    rounded = array.astype(ml_dtypes.bfloat16).astype(np.float32)
    np.testing.assert_array_equal(found[name], rounded, strict=True)


def _file(dtype, shape, end, data=b''):
  entry = {'dtype': dtype, 'shape': shape, 'data_offsets': [0, end]}
  header = json.dumps({'a': entry}).encode()
  return len(header).to_bytes(8, 'little') + header + data


@pytest.mark.parametrize(
  'data',
  [
    b'',
    b'\xff' * 8 + b'{',
    _file('F32', [10**9], 4 * 10**9),
    _file('F32', [1], 4, b'12'),
    _file('F8_E4M3', [1], 1, b'1'),
    _file('C64', [1], 8, bytes(8)),
    _file('O', [1], 8, bytes(8)),
  ],
)
def test_damaged_files_are_reported(data):
  with pytest.raises(DamagedFileError) as error:
    safetensors_file.loads(data, 'dir/x.safetensors')
  assert str(error.value).startswith('dir/x.safetensors ')
  assert '\n' not in str(error.value)


@fuzz(st.binary(max_size=100), mutations.edits)
def test_random_and_mutated_files(data, edits):
  honest = (_FIXTURES / 'plain.safetensors').read_bytes()
  for spoilt in (data, mutations.mutate(honest, edits)):
    try:
      safetensors_file.loads(spoilt, 'x')
    except DamagedFileError as error:
      assert '\n' not in str(error)
