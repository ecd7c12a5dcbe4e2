"""Files of flax.serialization, with Flax as the oracle."""

import pathlib
import tracemalloc

import jax.numpy as jnp
import msgpack
import numpy as np
import pytest
from flax import serialization
from hypothesis import strategies as st

from reincarnating_rl.importers.formats import flax_file
from reincarnating_rl.support.errors import DamagedFileError
from tests.fuzzing import fuzz
from tests.importers.formats import mutations

_FIXTURE = (
  pathlib.Path(__file__).parents[2]
  / 'fixtures'
  / 'foreign'
  / 'cleanrl_c51_atari_jax.cleanrl_model'
)


def test_trees_are_those_of_flax():
  tree = {
    'params': {'a': np.arange(6.0).reshape(2, 3), 'b': jnp.ones(2, jnp.int32)},
    'half': np.array([0.5], np.float16),
    'scalar': np.float32(2.5),
    'brain': jnp.array([1.5, -2.0], jnp.bfloat16),
    'args': {'name': 'x', 'seed': 1, 'rate': 0.5, 'none': None, 'on': True},
  }
  found = flax_file.loads(serialization.to_bytes(tree), 'x')
  assert found['args'] == tree['args']
  np.testing.assert_array_equal(
    found['params']['a'], tree['params']['a'], strict=True
  )
  np.testing.assert_array_equal(found['params']['b'], [1, 1])
  assert found['half'].dtype == np.float16 and found['scalar'] == 2.5
  np.testing.assert_array_equal(found['brain'], np.float32([1.5, -2.0]))
  listed = flax_file.loads(serialization.to_bytes([1, [2, 3]]), 'x')
  assert listed == {'0': 1, '1': {'0': 2, '1': 3}}


def _array(shape, type_name, data, code=1):
  inner = msgpack.packb((shape, type_name, data))
  return msgpack.packb({'a': msgpack.ExtType(code, inner)})


@pytest.mark.parametrize(
  'data',
  [
    b'',
    b'\xc0',
    b'\x81\xa1a',
    b'\xdf\xff\xff\xff\xff',
    b'\x81\xa1a\xdd\xff\xff\xff\xff',
    b'\x81' * 2000,
    _array([10**12], 'float32', b''),
    _array([-1], 'float32', b''),
    _array([2], 'float32', b'1234'),
    _array([1], 'float32', b'123'),
    _array([1], 'object', bytes(8)),
    _array([1], [1], bytes(8)),
    _array(1, 'float32', b'1234'),
    _array([1], 'float32', 'abcd'),
    _array([1], 'float32', b'1234', code=2),
    _array([0] * 50, 'float32', b''),
    msgpack.packb({'a': msgpack.ExtType(1, b'\xc1')}),
    msgpack.packb([1, 2]),
    msgpack.packb({1: 2}),
  ],
)
def test_damaged_files_cost_an_error_and_no_memory(data):
  tracemalloc.start()
  try:
    with pytest.raises(DamagedFileError) as error:
      flax_file.loads(data, 'dir/x.cleanrl_model')
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
  finally:
    tracemalloc.stop()
  assert str(error.value).startswith('dir/x.cleanrl_model ')
  assert '\n' not in str(error.value) and len(str(error.value)) < 300


@fuzz(st.binary(max_size=100), mutations.edits)
def test_random_and_mutated_files(data, edits):
  for spoilt in (data, mutations.mutate(_FIXTURE.read_bytes(), edits)):
    try:
      flax_file.loads(spoilt, 'x')
    except DamagedFileError as error:
      assert '\n' not in str(error)
