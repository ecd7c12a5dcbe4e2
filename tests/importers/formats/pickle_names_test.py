"""The meaning of names in a pickle."""

import numpy as np
import pytest

from reincarnating_rl.importers.formats import pickle_names
from reincarnating_rl.importers.formats.pickle_names import ForbiddenNameError


@pytest.mark.parametrize(
  'path',
  [
    'os.system',
    'posix.system',
    'nt.system',
    'subprocess.Popen',
    'builtins.eval',
    'builtins.exec',
    'builtins.getattr',
    'builtins.object',
    '__builtin__.apply',
    'runpy.run_path',
    'pickle.loads',
    '_pickle.loads',
    'copyreg._reconstructor',
    'functools.partial',
    'operator.attrgetter',
    'importlib.import_module',
    'types.CodeType',
    'socket.socket',
    'shutil.rmtree',
    'torch.load',
    'numpyx.ndarray',
    '_codecs.decode',
    'reincarnating_rl.teachers.native_checkpoint.write',
  ],
)
def test_forbidden_names(path):
  with pytest.raises(ForbiddenNameError, match=path.replace('.', r'\.')):
    pickle_names.resolve(*path.rsplit('.', 1))


@pytest.mark.parametrize(
  ('module', 'name'),
  [
    ('numpy', 'core.multiarray.scalar'),
    ('collections', 'OrderedDict.__class__'),
    ('numpy', 'f2py.os.system'),
    ('numpy', ''),
    ('', 'system'),
    ('numpy.', 'ndarray'),
    ('numpy os', 'system'),
    ('numpy\nos', 'system'),
  ],
)
def test_names_that_are_not_one_identifier_are_forbidden(module, name):
  with pytest.raises(ForbiddenNameError) as error:
    pickle_names.resolve(module, name)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize(
  'path',
  [
    'numpy.load',
    'numpy.testing._private.utils.runstring',
    'numpy.f2py.crackfortran.myeval',
    'collections.namedtuple',
    'gin.config.parse_config',
    'jax.config',
    'dopamine.jax.agents.dqn.dqn_agent.JaxDQNAgent',
    'optax._src.transform.ScaleByAdamState',
  ],
)
def test_other_names_of_known_libraries_are_inert(path):
  name = pickle_names.resolve(*path.rsplit('.', 1))
  value = name.build('touch REINCARNATING_RL_PWNED')
  assert isinstance(value, pickle_names.Placeholder)
  assert (value.name, len(value.arguments)) == (path, 1)
  assert not hasattr(value, '__dict__')


def _build(path, *arguments):
  return pickle_names.resolve(*path.rsplit('.', 1)).build(*arguments)


def test_objects_do_not_pass_as_numbers():
  dtype = _build('numpy.dtype', 'f4', False, True)
  assert dtype == np.float32
  with pytest.raises(ForbiddenNameError, match='Python objects'):
    _build('numpy.dtype', 'O8', False, True)
  with pytest.raises(ForbiddenNameError, match='Python object'):
    _build('numpy.core.multiarray.scalar', dtype, ['an object'])
  for code in ('V8', 'U4', 'f4,O', [('a', 'f4')], 'M8', 4):
    with pytest.raises((ValueError, ForbiddenNameError)):
      _build('numpy.dtype', code)


def test_only_latin_1_is_encoded():
  assert _build('_codecs.encode', 'a\xff', 'latin1') == b'a\xff'
  for encoding in ('rot13', 'zlib', 'idna', None, 3):
    with pytest.raises(ForbiddenNameError, match='encode'):
      _build('_codecs.encode', 'a', encoding)


@pytest.mark.parametrize('kind', ['bytes', 'bytearray', 'list', 'tuple', 'set'])
def test_sizes_are_not_taken_for_contents(kind):
  """`bytes(10**12)` would be a terabyte of zeros."""
  with pytest.raises((ValueError, ForbiddenNameError)):
    _build(f'builtins.{kind}', 10**12)


_F4 = np.dtype('f4')


@pytest.mark.parametrize(
  'state',
  [
    (1, (2**38,), _F4, False, b'\0' * 8),
    (1, (2, 2), _F4, False, b'\0' * 8),
    (1, (-1, -2), _F4, False, b'\0' * 8),
    (1, (0, 10**30), _F4, False, b''),
    (1, (1,) * 40 + (2,), _F4, False, b'\0' * 8),
    (1, (True, 2), _F4, False, b'\0' * 8),
    (1, 2, _F4, False, b'\0' * 8),
    (1, (2,), 'f4', False, b'\0' * 8),
    (1, (2,), _F4, False, [1.0, 2.0]),
    (1, (2,), np.dtype('O'), False, [1, 2]),
    (1, (2,), _F4),
    None,
  ],
)
def test_inconsistent_arrays_are_refused(state):
  with pytest.raises((ValueError, TypeError)):
    pickle_names.fill_array(np.empty(0, np.int8), state)


def test_sizes_are_checked_before_allocating():
  state = (1, (2, 2), _F4, False, b'\0' * 8)
  with pytest.raises(ValueError, match=r'shape \(2, 2\) holds 8 bytes'):
    pickle_names.fill_array(np.empty(0, np.int8), state)


def test_fortran_order():
  array = np.empty(0, np.int8)
  data = np.arange(6, dtype=np.float32).tobytes()
  pickle_names.fill_array(array, (1, (2, 3), _F4, True, data))
  np.testing.assert_array_equal(array, [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]])


def test_keys_are_simple():
  nested = ()
  for _ in range(100_000):
    nested = (nested,)  # Hashing this would exhaust the C stack.
  for make in (
    lambda: pickle_names.store({}, [(nested, 1)]),
    lambda: pickle_names.as_set([nested]),
  ):
    with pytest.raises(ValueError, match='not simple'):
      make()
  assert pickle_names.store({}, [((1, 'a'), 2)]) == {(1, 'a'): 2}


def test_a_dotted_name_of_old_gym():
  module, name = 'gym.utils.seeding', 'RandomNumberGenerator._generator_ctor'
  found = pickle_names.resolve(module, name, frozenset(('gym',)))
  assert isinstance(found.build('PCG64'), pickle_names.Placeholder)
  with pytest.raises(ForbiddenNameError):
    pickle_names.resolve(module, name)
  with pytest.raises(ForbiddenNameError):
    pickle_names.resolve('gym', 'utils.seeding.x', frozenset(('gym',)))
