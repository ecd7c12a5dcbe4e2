"""Ranges, choices, and their words."""

import math
import typing

import numpy as np
import pytest

from reincarnating_rl.support import setting_types
from reincarnating_rl.support.setting_types import OneOf, Range


@pytest.mark.parametrize(
  ('limit', 'inside', 'outside', 'words'),
  [
    (Range(least=1), (1, 7), (0, -1), 'of at least 1'),
    (Range(above=0), (1e-9,), (0, -1, math.nan), 'above 0'),
    (Range(least=0, most=1), (0, 0.5, 1), (-0.1, 1.1), 'from 0 to 1'),
    (Range(above=0, below=1), (0.5,), (0, 1), 'above 0 and below 1'),
    (Range(most=3), (3, -9), (3.1,), 'of at most 3'),
    (OneOf(lambda: {'a': 1, 'b': 2}), ('a',), ('c',), "one of 'a', 'b'"),
  ],
)
def test_limits(limit, inside, outside, words):
  assert all(map(limit.allows, inside))
  assert not any(map(limit.allows, outside))
  assert limit.words == words


def test_what_only_code_makes():
  (_, code) = typing.get_args(setting_types.Code)
  assert code.allows(object()) and code.allows(np.zeros(1))
  assert not any(map(code.allows, (1, 'a', (), {}, None, True)))


def test_types_of_numbers():
  (_, dtype) = typing.get_args(setting_types.DType)
  assert all(map(dtype.allows, ('uint8', np.float32, np.dtype('int32'))))
  assert not any(map(dtype.allows, ('unit8', None, 8, str.upper, object)))
