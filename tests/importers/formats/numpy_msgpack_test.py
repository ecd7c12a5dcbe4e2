"""Decodes values that Dopamine's own serialization wrote."""

import msgpack
import numpy as np
import pytest
from dopamine.jax import serialization
from dopamine.jax.replay_memory import elements

import reincarnating_rl.compat.dopamine_compat  # noqa: F401, I001
from reincarnating_rl.importers.formats.numpy_msgpack import (
  number,
  stored_array,
)


def through_msgpack(value):
  packed = msgpack.packb(
    value, default=serialization.encode, strict_types=False, use_bin_type=True
  )
  return msgpack.unpackb(packed)


@pytest.mark.parametrize(
  'array',
  [
    np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    np.linspace(0, 1, 6, dtype=np.float32).reshape(6, 1),
    np.array([[True, False]]),
    np.arange(-3, 3, dtype=np.int64),
    np.array([2.5]),
  ],
)
def test_arrays_packed_and_not(array):
  for value in (array, elements.compress(array)):
    stored = stored_array(through_msgpack(value))
    assert (stored.dtype, stored.shape) == (array.dtype, array.shape)
    out = np.empty(array.shape, array.dtype)
    stored.decode_into(out)
    np.testing.assert_array_equal(out, array)
    with pytest.raises(ValueError, match='not'):
      stored.decode_into(np.empty((*array.shape, 2), array.dtype))
    with pytest.raises(ValueError, match='not'):
      stored.decode_into(np.empty(array.shape, np.complex64))


def test_a_boolean_is_0_or_1_whatever_its_byte():
  array = np.array([0, 2, 255], np.uint8).view(bool)
  for value in (array, elements.compress(array)):
    out = np.empty(3, bool)
    stored_array(through_msgpack(value)).decode_into(out)
    assert out.tobytes() == bytes([0, 1, 1])


@pytest.mark.parametrize(
  'value',
  [
    *(True, 3, -3, 2**40, -(2**70), 2.5, np.float64(2.5)),
    *(np.int32(4), np.float32(0.1), np.bool_(True), np.array(7)),
    np.array([8.0]),
  ],
)
def test_numbers(value):
  found = number(through_msgpack(value))
  assert found == value and not isinstance(found, np.ndarray)
  assert isinstance(found, np.float32) == isinstance(value, np.float32)


@pytest.mark.parametrize(
  'value',
  [
    *(None, 'x', b'x', [], {}, {'integer': 5}, {'integer': '5x'}),
    {'integer': '9' * 31},
    np.arange(2),
    elements.compress(np.ones(1)),
    np.array(1 + 2j),
    np.array('text'),
  ],
)
def test_values_that_are_not_numbers(value):
  with pytest.raises(ValueError, match='holds'):
    number(through_msgpack(value))


def test_fortran_order_is_refused():
  array = np.asfortranarray(np.arange(6).reshape(2, 3))
  with pytest.raises(ValueError, match='not in C order'):
    stored_array(through_msgpack(array))
