"""Draws in proportion to priorities, on the device: `SumTree` in two levels."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from reincarnating_rl.learner.types import Array

_ROW = 256  # Priorities that are summed at a time.


class Drawn(NamedTuple):
  """The elements of a batch."""

  slots: Array  # [B] int32
  importance_weight: Array  # [B] float32, at most 1; ones if uniform


def draw(priorities: Array, uniform: Array) -> tuple[Array, Array]:
  """Draws in proportion to priorities, by two levels of cumulative sums.

  Args:
    priorities: [C] float32, not negative, one above 0.
    uniform: [B] float32 in [0, 1).

  Returns:
    [B] int32 indices, of priorities above 0, and [B] their probabilities.
  """
  rows = jnp.pad(priorities, (0, -len(priorities) % _ROW)).reshape(-1, _ROW)
  sums = jnp.cumsum(rows.sum(axis=1))
  target = uniform * sums[-1]
  row = jnp.searchsorted(sums, target, side='right')
  row = _last_positive(rows.sum(axis=1), row)
  within = jnp.cumsum(rows[row], axis=1)
  left = target - jnp.where(row > 0, sums[row - 1], 0.0)
  column = (within <= left[:, None]).sum(axis=1)
  column = jax.vmap(_last_positive)(rows[row], column)
  index = (row * _ROW + column).astype(jnp.int32)
  return index, priorities[index] / sums[-1]


def _last_positive(values: Array, at: Array) -> Array:
  """Returns the last place up to `at` that has a value above 0.

  Sums are rounded: a target may lie at or above the last of them.
  """
  places = jnp.where(values > 0.0, jnp.arange(len(values)), -1)
  newest = jax.lax.cummax(places)
  found = newest[jnp.minimum(at, len(values) - 1)]
  return jnp.where(found < 0, jnp.argmax(values > 0.0), found)
