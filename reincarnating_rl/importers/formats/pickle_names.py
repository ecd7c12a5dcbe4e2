"""The meaning of the names in a pickle: plain data, and nothing else.

A pickle builds its values by naming importable functions. Here no name is
imported. The names in `_BUILDERS` have harmless counterparts that make
dictionaries and arrays, other names of known libraries become a `Placeholder`,
and all further names are refused.
"""

import dataclasses
import functools
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

# Checkpoints name classes of these libraries. None is ever imported.
_LIBRARIES = frozenset(
  'collections dopamine flax gin jax jaxlib ml_dtypes numpy optax orbax'.split()
)
# A function of a class: how Gym 0.22 to 0.25 pickled what samples a space.
_DOTTED = ('gym.utils.seeding.RandomNumberGenerator._generator_ctor',)
_NUMBER_TYPE = re.compile(r'[biufc][0-9]{1,2}')
_ATOMS = (str, bytes, int, float, complex, bool, type(None), np.generic)


class ForbiddenNameError(Exception):
  """The pickle names something that could do more than hold data."""


@dataclasses.dataclass(slots=True, eq=False)
class Placeholder:
  """An inert stand-in for an object of a class that is not rebuilt.

  For example, an optax state `ScaleByAdamState(count, mu, nu)` becomes a
  placeholder of that name with these three arguments. The attributes of a
  Python object become its state.
  """

  name: str
  arguments: tuple[Any, ...] = ()
  state: Any = None  # what it would be given by `__setstate__`

  def attributes(self) -> dict[Any, Any]:
    """Returns the attributes by name; none of an object that has no others."""
    return self.state if isinstance(self.state, dict) else {}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Name:
  """A resolved name, and the function that replaces calling it."""

  path: str
  build: Callable[..., Any]


def resolve(
  module: str, name: str, more_libraries: frozenset[str] = frozenset()
) -> Name:
  """Looks up `module.name` without importing anything.

  Args:
    module: dotted module.
    name: the attribute, without dots unless it is one of `_DOTTED`.
    more_libraries: further libraries whose names become placeholders.

  Returns:
    The name with its harmless builder.

  Raises:
    ForbiddenNameError: the name is not known to be harmless.
  """
  path, modules = f'{module}.{name}', module.split('.')
  is_plain = all(part.isidentifier() for part in (name, *modules))
  if not is_plain and path not in _DOTTED:
    raise ForbiddenNameError(ascii(path[:80]))
  if path in _BUILDERS:
    return Name(path, _BUILDERS[path])
  if modules[0] not in _LIBRARIES | more_libraries:
    raise ForbiddenNameError(ascii(path[:80]))
  return Name(path, lambda *arguments: Placeholder(path, arguments))


def store(target: dict, pairs: Iterable[tuple[Any, Any]]) -> dict:
  """Sets items of a dictionary; keys must be simple."""
  for key, value in pairs:
    target[_simple(key)] = value
  return target


def as_set(items: Iterable[Any] = ()) -> set:
  """Makes a set of simple items."""
  return {_simple(item) for item in _sized(items)}


def fill_array(array: np.ndarray, state: Any) -> np.ndarray:
  """Does what `ndarray.__setstate__` does, for numbers, after checking sizes.

  Args:
    array: empty.
    state: `(version, shape, dtype, is_fortran, data)` with `data` as bytes.

  Returns:
    `array`, filled in place.

  Raises:
    ValueError: the state contradicts itself.
  """
  _, shape, dtype, is_fortran, data = state
  if (
    array.size or not isinstance(dtype, np.dtype) or not isinstance(data, bytes)
  ):
    raise ValueError('an array is not made of numbers')
  if not all(type(side) is int and 0 <= side < 2**40 for side in shape):
    raise ValueError('an array has an impossible shape')
  # Checked before numpy allocates memory.
  if len(shape) > 32 or math.prod(shape) * dtype.itemsize != len(data):
    raise ValueError(f'an array of shape {shape} holds {len(data)} bytes')
  array.__setstate__((1, shape, dtype, bool(is_fortran), data))
  return array


def _simple(key: Any) -> Any:
  """Returns `key`; hashing deeply nested tuples would exhaust the C stack."""
  parts = key if isinstance(key, tuple) else (key,)
  if not all(isinstance(part, (*_ATOMS, Placeholder)) for part in parts):
    raise ValueError('a dictionary or set has a key that is not simple')
  return key


def _sized(items: Any) -> Any:
  if not isinstance(items, list | tuple | set | frozenset | dict):
    raise ValueError('a container is built of something else')
  return items


def _as_dict(items: Any = ()) -> dict:
  # No copy: a small file could request copies of a large dictionary.
  return items if isinstance(items, dict) else store({}, _sized(items))


def _default_dict(factory: Any = None, items: Any = ()) -> dict:
  del factory
  return _as_dict(items)


def _as_bytes(kind: type, value: Any = b'', encoding: Any = None) -> Any:
  if isinstance(value, bytes) and encoding is None:
    return kind(value)
  return kind(_encode(value, encoding))


def _encode(text: Any, encoding: Any) -> bytes:
  """Encodes text as pickles of protocol 2 encode bytes."""
  if encoding not in ('latin1', 'latin-1') or not isinstance(text, str):
    raise ForbiddenNameError(f'_codecs.encode to {str(encoding)[:20]!r}')
  return text.encode('latin-1')


def _number(kind: type, *parts: Any) -> Any:
  if not all(type(part) in (bool, int, float) for part in parts):
    raise ValueError('a number is built of something else')
  return kind(*parts)


def _dtype(code: Any, align: Any = False, copy: Any = False) -> np.dtype:
  del align, copy
  if isinstance(code, str) and 'O' in code:
    raise ForbiddenNameError('numpy.dtype of Python objects')
  if not isinstance(code, str) or not _NUMBER_TYPE.fullmatch(code):
    raise ValueError('an array is not made of plain numbers')
  return np.dtype(code)


def _empty_array(kind: Any, shape: Any = (), code: Any = b'b') -> np.ndarray:
  del shape, code  # Always (0,) and 'b'; the state follows.
  if getattr(kind, 'path', None) != 'numpy.ndarray':
    raise ValueError('an array is not a numpy.ndarray')
  return np.empty(0, np.int8)


def _array_scalar(dtype: Any, data: Any) -> np.generic:
  if not isinstance(data, bytes):
    raise ForbiddenNameError('numpy scalar of a Python object')
  return fill_array(np.empty(0, np.int8), (1, (), dtype, False, data))[()]


def _array_from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> Any:
  if not isinstance(data, bytes | bytearray):
    raise ValueError('an array is not made of bytes')
  state = (1, shape, dtype, order == 'F', bytes(data))
  return fill_array(np.empty(0, np.int8), state)


def _jax_array(
  rebuild: Any, arguments: Any, state: Any, aval: Any = None
) -> Any:
  """Builds a JAX array (pickled so since 2022) as a NumPy array."""
  del aval  # Weak types and named shapes mean nothing to a NumPy array.
  if getattr(rebuild, 'build', None) is not _empty_array:
    raise ValueError('a JAX array is not made of a NumPy array')
  return fill_array(_empty_array(*arguments), state)


def _builders() -> dict[str, Callable[..., Any]]:
  builders: dict[str, Callable[..., Any]] = {
    '_codecs.encode': _encode,
    'collections.OrderedDict': _as_dict,
    'collections.defaultdict': _default_dict,
    'flax.core.frozen_dict.FrozenDict': _as_dict,
    'jax._src.array._reconstruct_array': _jax_array,
    'jax._src.device_array.reconstruct_device_array': _jax_array,
    'numpy.dtype': _dtype,
  }
  # The module's names in numpy 1 and numpy 2.
  for core in ('numpy.core', 'numpy._core'):
    builders[f'{core}.multiarray._reconstruct'] = _empty_array
    builders[f'{core}.multiarray.scalar'] = _array_scalar
    builders[f'{core}.numeric._frombuffer'] = _array_from_buffer
  builtins: dict[str, Callable[..., Any]] = {
    'dict': _as_dict,
    'frozenset': lambda *items: frozenset(as_set(*items)),
    'list': lambda items=(): list(_sized(items)),
    'set': as_set,
    'tuple': lambda items=(): tuple(_sized(items)),
  }
  for kind in (bytes, bytearray):
    builtins[kind.__name__] = functools.partial(_as_bytes, kind)
  for kind in (bool, complex, float, int, str):
    builtins[kind.__name__] = functools.partial(_number, kind)
  for module in ('builtins', '__builtin__'):
    builders |= {f'{module}.{name}': build for name, build in builtins.items()}
  return builders


_BUILDERS = _builders()
