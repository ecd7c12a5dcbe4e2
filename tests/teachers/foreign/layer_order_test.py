"""The order of layers, by their sizes and names."""

import pytest

from reincarnating_rl.teachers.foreign import layer_order

_DEEP = {
  f'{2 * i}': (3 if i == 0 else 5, 4 if i == 9 else 5) for i in range(10)
}


@pytest.mark.parametrize(
  ('layers', 'expected'),
  [
    (_DEEP, list(_DEEP)),
    # As safetensors orders them: 0, 10, 12, ..., 2, 4.
    (dict(sorted(_DEEP.items())), list(_DEEP)),
    # All of one size: numbers are counted.
    ({f'fc{i}': (4, 4) for i in (1, 10, 2)}, ['fc1', 'fc2', 'fc10']),
    # Of PyTorch, the order of making counts, not the names.
    ({'b': (3, 5), 'a': (5, 5), 'c': (5, 2)}, ['b', 'a', 'c']),
    ({'action': (8, 2), 'body': (3, 6), 'neck': (6, 8)}, 'body neck action'),
    # No order fits.
    ({'b': (3, 5), 'a': (3, 5)}, ['a', 'b']),
    ({}, []),
  ],
)
def test_orders(layers, expected):
  if isinstance(expected, str):
    expected = expected.split()
  assert layer_order.ordered(layers) == expected


def test_a_search_that_would_not_end():
  layers = {f'a{i}': (4, 4) for i in range(40)} | {'x': (5, 6), 'b': (5, 5)}
  assert len(layer_order.ordered(layers)) == 42
