"""Pickles as data: honest ones give values, hostile ones errors."""

import codecs
import collections
import copyreg
import os
import pickle
import sys
import tempfile
import tracemalloc
import types

import flax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import strategies as st

from reincarnating_rl.importers.formats import safe_pickle
from reincarnating_rl.importers.formats.pickle_names import Placeholder
from reincarnating_rl.support.errors import (
  DamagedFileError,
  UnsafeFileError,
  UserError,
)
from tests.fuzzing import fuzz
from tests.importers.formats import mutations

_PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
_COMMAND = 'touch REINCARNATING_RL_PWNED'

# Audit hooks cannot be removed, so this one is switched on and off.
_watched: list[str] | None = None
_ACTS = ('os.', 'subprocess.', 'import', 'exec', 'compile', 'pickle.', 'open')


def _on_event(event, _):
  if _watched is not None and event.startswith(_ACTS):
    _watched.append(event)


sys.addaudithook(_on_event)
# Python imports its own codec for the text of old pickles at the first use.
codecs.lookup('raw_unicode_escape')


def _loads(data):
  """Loads, and checks that no audited event happened."""
  global _watched
  _watched = []
  try:
    return safe_pickle.loads(data, 'dir/ckpt.1')
  finally:
    events, _watched = _watched, None
    assert not events


def _dump(value, protocol=4):
  return pickle.dumps(value, protocol=protocol)


class _Call:
  """Its pickle calls any function."""

  def __init__(self, function, *arguments):
    self.reduced = (function, arguments)

  def __reduce__(self):
    return self.reduced


_keys = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
_values = st.recursive(
  _keys | st.floats(allow_nan=False) | st.sets(st.integers()),
  lambda inner: (
    st.lists(inner)
    | st.dictionaries(_keys, inner)
    | st.tuples(inner, inner)
    | st.tuples(inner, inner, inner, inner)
  ),
  max_leaves=20,
)


@fuzz(_values, st.sampled_from(_PROTOCOLS))
def test_plain_values_are_those_of_the_standard_library(value, protocol):
  assert _loads(_dump(value, protocol)) == value


@pytest.mark.parametrize('protocol', _PROTOCOLS)
def test_arrays_and_containers(protocol):
  arrays = {
    'matrix': np.arange(6, dtype=np.float32).reshape(2, 3),
    'fortran': np.asfortranarray(np.arange(6).reshape(2, 3)),
    'scalar_array': np.array(2.5),
    'nothing': np.zeros((0, 3), np.uint8),
    'flags': np.array([True, False]),
    'complex': np.array([1j], np.complex64),
    'large': np.arange(3000, dtype=np.int64),
  }
  found = _loads(_dump(arrays, protocol))
  for name, array in arrays.items():
    assert found[name].dtype == array.dtype
    np.testing.assert_array_equal(found[name], array, strict=True)
  others = [
    collections.OrderedDict(a=1),
    collections.defaultdict(list, b=[2]),
    frozenset({1, 2}),
    bytearray(b'ab'),
    3 + 4j,
    np.float32(0.5),
    np.int64(-3),
    np.bool_(True),
  ]
  assert _loads(_dump(others, protocol)) == others


def test_shared_and_recursive_values():
  shared = [1]
  value = _loads(_dump({'a': shared, 'b': shared}))
  assert value['a'] is value['b']
  shared.append(shared)
  value = _loads(_dump(shared))
  assert value[1] is value


@pytest.mark.parametrize('protocol', [2, 4, 5])
def test_jax_flax_and_optax(protocol):
  params = flax.core.FrozenDict({'params': {'a': jnp.array([1.0, 2.0])}})
  state = optax.adam(1e-3).init(params)
  value = _loads(_dump([params, state], protocol))
  assert type(value[0]) is dict
  np.testing.assert_array_equal(value[0]['params']['a'], [1.0, 2.0])
  adam, empty = value[1]
  assert adam.name == 'optax._src.transform.ScaleByAdamState'
  count, mean, _ = adam.arguments
  assert int(count) == 0
  np.testing.assert_array_equal(mean['params']['a'], [0.0, 0.0])
  assert empty == value[1][1] and empty.name == 'optax._src.base.EmptyState'


def test_jax_arrays_of_2022(monkeypatch):
  """JAX removed their module; a stand-in writes the same pickles."""
  module = types.ModuleType('jax._src.device_array')

  def reconstruct_device_array(fun, args, arr_state, aval_state):
    raise AssertionError('called')

  reconstruct_device_array.__module__ = module.__name__
  reconstruct_device_array.__qualname__ = 'reconstruct_device_array'
  module.reconstruct_device_array = reconstruct_device_array
  monkeypatch.setitem(sys.modules, module.__name__, module)
  function, arguments, state = np.arange(3.0).__reduce__()
  aval = {'weak_type': False, 'named_shape': {}}
  data = _dump(
    _Call(reconstruct_device_array, function, arguments, state, aval)
  )
  np.testing.assert_array_equal(_loads(data), [0.0, 1.0, 2.0])


def test_modules_of_numpy_1():
  data = _dump(np.arange(3.0), 2)
  assert b'numpy._core' in data
  old = data.replace(b'numpy._core', b'numpy.core')
  np.testing.assert_array_equal(_loads(old), [0.0, 1.0, 2.0])


def _text(*parts):
  """Instructions that push text."""
  data = b''
  for part in parts:
    encoded = part.encode()
    data += pickle.BINUNICODE + len(encoded).to_bytes(4, 'little') + encoded
  return data


def _reduce(module, name, *arguments):
  """`module.name(*arguments)` of texts, by protocol 4."""
  return (
    b'\x80\x04'
    + (_text(module, name) + pickle.STACK_GLOBAL)
    + (pickle.MARK + _text(*arguments) + pickle.TUPLE + pickle.REDUCE)
    + pickle.STOP
  )


_UNSAFE = {
  **{
    f'os.system, protocol {protocol}': _dump(
      {'online_params': _Call(os.system, _COMMAND)}, protocol
    )
    for protocol in _PROTOCOLS
  },
  'eval': _dump(_Call(eval, f'__import__("os").system("{_COMMAND}")')),
  'getattr': _reduce('builtins', 'getattr', 'a', '__class__'),
  'import': _reduce('builtins', '__import__', 'os'),
  'a dotted name': _reduce('numpy', 'f2py.os.system', _COMMAND),
  'a dotted name of an allowed class': _reduce(
    'collections', 'OrderedDict.__init__.__globals__'
  ),
  'a dotted spelling of an allowed name': _reduce(
    'numpy', 'core.multiarray.scalar'
  ),
  'a global of two lines': b'cos\nsystem\n(V' + _COMMAND.encode() + b'\ntR.',
  'an instance': b'(V' + _COMMAND.encode() + b'\nios\nsystem\n.',
  'an object': b'(cos\nsystem\nV' + _COMMAND.encode() + b'\no.',
  'keywords': b'\x80\x04cos\nsystem\n)}\x92.',
  'never called': b'cos\nsystem\n.',
  'a persistent id': b'Pos.system\n.',
  'a binary persistent id': b'\x80\x04N' + pickle.BINPERSID + b'.',
  'an extension': b'\x80\x02' + pickle.EXT1 + b'\x07.',
  'a long extension': b'\x80\x02' + pickle.EXT4 + b'\x07\0\0\0.',
  'a buffer': b'\x80\x05' + pickle.NEXT_BUFFER + b'.',
  'an array of objects': _dump(np.array([_Call(os.system, _COMMAND)], object)),
  'objects, honest': _dump(np.array([None, {}], object)),
  'a pickle in a pickle': _dump(_Call(pickle.loads, b'N.')),
  'reconstruct': _reduce('copyreg', '_reconstructor'),
}


@pytest.mark.parametrize('name', _UNSAFE)
def test_hostile_pickles_are_refused_and_do_nothing(
  name, tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  monkeypatch.setitem(copyreg._inverted_registry, 7, ('os', 'system'))
  monkeypatch.setitem(copyreg._extension_cache, 7, os.system)
  with pytest.raises(UnsafeFileError) as error:
    _loads(_UNSAFE[name])
  assert str(error.value).startswith('dir/ckpt.1 was not loaded: it asks for ')
  assert '\n' not in str(error.value)
  for folder in (tmp_path, tempfile.gettempdir()):
    assert not os.path.exists(os.path.join(folder, 'REINCARNATING_RL_PWNED'))


def test_the_error_names_the_forbidden_name():
  with pytest.raises(UnsafeFileError, match=r"asks for 'posix\.system'"):
    _loads(_dump(_Call(os.system, _COMMAND)))


@pytest.mark.parametrize(
  'data',
  [
    _reduce('numpy', 'load', 'secrets.npy'),
    _reduce('numpy.testing._private.utils', 'runstring', _COMMAND),
    _reduce('gin', 'parse_config', 'include "x"'),
    _reduce('orbax.unheard_of', 'Class', 'x'),
  ],
)
def test_names_of_known_libraries_stay_inert(data):
  value = _loads(data)
  assert isinstance(value, Placeholder)
  assert not [name for name in sys.modules if name == 'orbax.unheard_of']


def test_state_and_items_leave_a_placeholder_as_it_is():
  start = b'\x80\x04' + _text('optax', 'State') + b'\x93)\x81'
  state = b'}' + _text('name') + _text('changed') + b's'
  steps = state + b'b' + b'NNs' + b'Na' + b'.'
  value = _loads(start + steps)
  assert (value.name, value.arguments) == ('optax.State', ())
  assert value.attributes() == {'name': 'changed'}


def test_libraries_that_a_caller_expects():
  data = b'\x80\x04' + _text('gymnasium.spaces', 'Box') + b'\x93)\x81.'
  with pytest.raises(UnsafeFileError, match='gymnasium'):
    _loads(data)
  value = safe_pickle.loads(data, 'x', frozenset(('gymnasium',)))
  assert value.name == 'gymnasium.spaces.Box'
  assert value.state is None and value.attributes() == {}


def _array_claiming(count):
  data = _dump(np.zeros(4, np.uint8), 4)
  assert data.count(b'K\x01K\x04\x85') == 1
  return data.replace(b'K\x01K\x04\x85', b'K\x01\x8a\x05' + count + b'\x85')


_DAMAGED = {
  'nothing': b'',
  'text': b'hello world',
  'only an end': b'.',
  'an array larger than the file': _array_claiming(b'\0\0\0\0\x7f'),
  'bytes beyond the end': b'\x80\x04\x8e' + b'\xff' * 7 + b'\x7f.',
  'text beyond the end': b'X\xff\xff\xff\x7fabc.',
  'a memo that was never set': b'h\x05.',
  'a mark that was never set': b't.',
  'a number called': b'K\x01)R.',
  'arguments that are no tuple': b'cnumpy\nload\nNR.',
  'state of a number': b'K\x01}b.',
  'item of a list': b']NNs.',
  'key without value': b'}(Nu.',
  'appended to a dictionary': b'}Na.',
  'a list for a key': b'}]Ns.',
  'names that are not text': b'\x80\x04K\x01K\x02\x93.',
  'too many digits': b'I' + b'9' * 5000 + b'\n.',
  'big-endian': _dump(np.arange(3, dtype='>f4')),
  'text with a stray backslash': b"S'\\q'\nR.",
  'a terabyte of zeros': b'c__builtin__\nbytes\n(L1000000000000L\ntR.',
}


@pytest.mark.parametrize('name', _DAMAGED)
def test_damaged_pickles_are_reported(name):
  with pytest.raises((DamagedFileError, UnsafeFileError)) as error:
    _loads(_DAMAGED[name])
  assert str(error.value).startswith('dir/ckpt.1 ')
  assert '\n' not in str(error.value) and len(str(error.value)) < 300


def _peak(data):
  tracemalloc.start()
  try:
    with pytest.raises(DamagedFileError):
      safe_pickle.loads(data, 'ckpt.1')
    return tracemalloc.get_traced_memory()[1]
  finally:
    tracemalloc.stop()


@pytest.mark.parametrize(
  'data',
  [
    _DAMAGED['an array larger than the file'],
    _DAMAGED['bytes beyond the end'],
    # The standard library's unpickler allocates memory up to the memo index.
    b'N' + pickle.LONG_BINPUT + b'\xff\xff\xff\x7f0' + b'.',
  ],
)
def test_claims_cost_no_memory(data):
  assert _peak(data) < 1_000_000


def test_copies_of_a_few_bytes_cannot_fill_the_memory():
  items = b'](' + b'N' * 10_000 + b'e' + pickle.BINPUT + b'\1'
  copies = (b'c__builtin__\nlist\n' + b'h\1\x85R') * 2_000
  assert _peak(items + b'(' + copies + b'l.') < 20_000_000


def test_slots_of_a_dictionary_cannot_fill_the_memory():
  """A dictionary shared as the slots of many FrozenDicts of flax 0.3.0."""
  items = b''.join(b'J' + i.to_bytes(4, 'little') + b'N' for i in range(9_000))
  slots = b'}(V_dict\n}(' + items + b'uu' + pickle.BINPUT + b'\1'
  copies = b'}h\1b' * 2_000
  assert _peak(slots + b'(' + copies + b'l.') < 20_000_000


def test_deep_nesting():
  assert _loads(b')' + b'\x85' * 100_000 + b'.') is not None
  with pytest.raises(DamagedFileError, match='not simple'):
    _loads(b'})' + b'\x85' * 100_000 + b'Ns.')


def _must_be_a_value_or_a_typed_error(data):
  try:
    _loads(data)
  except UserError as error:
    assert '\n' not in str(error)


@fuzz(st.binary(max_size=200))
def test_random_bytes(data):
  _must_be_a_value_or_a_typed_error(data)


_PIECES = [
  *(bytes([code]) for code in b'().0123NJKM\x80\x88\x89]}e]aus\x85\x86\x87'),
  *(
    b'h\0',
    b'h\1',
    b'q\0',
    b'q\1',
    b'\x94',
    b'R',
    b'b',
    b'\x81',
    b'\x92',
    b'\x93',
  ),
  *(
    b'o',
    b't',
    b'l',
    b'd',
    b'\x8f',
    b'\x90',
    b'\x91',
    b'K\x01',
    b'K\x04',
    b'C\x01b',
  ),
  *(b'cnumpy\nndarray\n', b'cnumpy\ndtype\n', b'cbuiltins\nset\n'),
  *(b'cnumpy.core.multiarray\n_reconstruct\n', b'V\xfff4\n', b'Vf4\n', b'V<\n'),
  *(
    b'cnumpy.core.multiarray\nscalar\n',
    b'cjax._src.array\n_reconstruct_array\n',
  ),
  *(b'cnumpy.core.numeric\n_frombuffer\n', b'c_codecs\nencode\n', b'Vlatin1\n'),
  *(b'ccollections\nOrderedDict\n', b'coptax\nState\n', b'cos\nsystem\n'),
  *(b'cbuiltins\nint\n', b'cbuiltins\nbytes\n', b'cbuiltins\ndict\n'),
]


@fuzz(st.lists(st.sampled_from(_PIECES), max_size=60))
def test_random_programs(pieces):
  _must_be_a_value_or_a_typed_error(b''.join(pieces) + b'.')


@pytest.fixture(scope='module')
def real():
  folder = os.path.join(os.path.dirname(__file__), '..', '..', 'fixtures')
  path = os.path.join(
    folder, 'dopamine_4_0_6_cartpole', 'checkpoints', 'ckpt.24'
  )
  with open(path, 'rb') as file:
    data = file.read()
  modern = {
    'online_params': {'params': {'a': jnp.ones((2, 2)), 'b': np.zeros(3)}},
    'optimizer_state': optax.adam(1e-3).init({'a': np.zeros(2)}),
    'logs': collections.OrderedDict(x=[np.float32(1.0), {1, 2}]),
  }
  return [data, *(_dump(modern, protocol) for protocol in _PROTOCOLS)]


_edits = st.lists(
  st.tuples(
    st.sampled_from(['set', 'cut', 'insert', 'repeat', 'truncate']),
    st.integers(0, 2**16),
    st.binary(min_size=1, max_size=4) | st.sampled_from(_PIECES),
  ),
  min_size=1,
  max_size=6,
)


@fuzz(which=st.integers(0, len(_PROTOCOLS)), edits=_edits)
def test_mutated_real_pickles(real, which, edits):
  _must_be_a_value_or_a_typed_error(mutations.mutate(real[which], edits))
