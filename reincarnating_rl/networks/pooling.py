"""A pooling whose gradient is cheap on a CPU."""

import functools
import itertools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import Array

_SIDE, _STRIDE = 3, 2
_Edges = Sequence[tuple[int, int]]  # Padding before and after each axis.
_OFFSETS = tuple(itertools.product(range(_SIDE), repeat=2))


def max_pool(x: Array, padding: int | str = 'SAME') -> Array:
  """Maximum of each 3 x 3 window, 2 apart: Flax's `max_pool`, bit for bit.

  XLA on a CPU takes half of an Impala's update for the gradient of its own.

  Args:
    x: [H, W, C] float32.
    padding: on each side, or 'SAME'.

  Returns:
    [h, w, C]; 'SAME' halves the sides, rounded up.
  """
  edges = (
    _same(side) if padding == 'SAME' else (padding, padding)
    for side in x.shape[:2]
  )
  return _pool(x, (*edges, (0, 0)))


def _same(side: int) -> tuple[int, int]:
  """Returns the padding before and after a side."""
  total = max(_STRIDE * (-(-side // _STRIDE) - 1) + _SIDE - side, 0)
  return total // 2, total - total // 2


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def _pool(x: Array, edges: _Edges) -> Array:
  """Pools `x[H, W, C]`, padded by `edges`."""
  sides, strides = (_SIDE, _SIDE), (_STRIDE, _STRIDE)
  return nn.max_pool(x, sides, strides=strides, padding=edges[:2])


def _forward(x: Array, edges: _Edges) -> tuple[Array, tuple[Array, Array]]:
  y = _pool(x, edges)
  return y, (x, y)


def _backward(
  edges: _Edges, saved: tuple[Array, Array], gradient: Array
) -> tuple[Array]:
  """Gives a window's gradient to the first of its largest entries, as XLA."""
  x, y = saved
  entries = jnp.pad(x, edges, constant_values=-jnp.inf)
  height, width = (_STRIDE * count - 1 for count in y.shape[:2])
  given, is_given = {}, jnp.zeros(y.shape, bool)
  for i, j in _OFFSETS:
    entry = entries[i : i + height : _STRIDE, j : j + width : _STRIDE]
    is_largest = (entry == y) & ~is_given
    given[i, j] = jnp.where(is_largest, gradient, 0.0)
    is_given |= is_largest
  sums = _summed(given)
  # Behind the last window there may be entries that are in none.
  behind = [
    (0, max(0, n - m)) for n, m in zip(entries.shape, sums.shape, strict=True)
  ]
  (above, _), (left, _), _ = edges
  sums = jnp.pad(sums, behind)[above:, left:]
  return (sums[: x.shape[0], : x.shape[1]],)


def _summed(given: dict[tuple[int, int], Array]) -> Array:
  """Sums what each entry is given by windows, in the order of windows.

  Args:
    given: [h, w, C] by the place of the entry in its window.

  Returns:
    [2 * h + 2, 2 * w + 2, C].
  """
  rows = []
  # An even row is the last one of a window and the first of the next.
  for i, lower in ((0, (1, 0)), (1, (0,))):
    columns = []
    for j, righter in ((0, (1, 0)), (1, (0,))):
      total = 0.0
      for down, right in itertools.product(lower, righter):
        shift = (down, 1 - down), (right, 1 - right), (0, 0)
        place = i + _STRIDE * down, j + _STRIDE * right
        total += jnp.pad(given[place], shift)
      columns.append(total)
    rows.append(jnp.stack(columns, axis=2))
  sums = jnp.stack(rows, axis=1)
  height, _, width = sums.shape[:3]
  return sums.reshape(2 * height, 2 * width, -1)


_pool.defvjp(_forward, _backward)
