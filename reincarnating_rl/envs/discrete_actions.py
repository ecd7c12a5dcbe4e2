"""Actions of random bits and logits; each row depends on its own alone.

They are of NumPy, or of JAX where they are given JAX's arrays.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.types import Array

Act = Callable[[Array, Array, float], Array]
"""`(keys[B, 2], policy[B, W], epsilon) -> actions[B]`, or `[B, D]`."""


def epsilon_greedy(keys: Array, logits: Array, epsilon: float) -> Array:
  """Acts greedily, but uniformly with probability epsilon.

  Args:
    keys: [B, 2] uint32, uniform random bits.
    logits: [B, A].
    epsilon: in [0, 1].

  Returns:
    [B] int32 actions: the first of the best ones, as in training.
  """
  greedy = logits.argmax(axis=1).astype(np.int32)
  return _explored(keys, greedy, logits.shape[1], epsilon)


def epsilon_sample(keys: Array, logits: Array, epsilon: float) -> Array:
  """Draws from softmax(logits), but uniformly with probability epsilon.

  Args:
    keys: [B, 2] uint32, uniform random bits.
    logits: [B, A], at least one of each row above -inf.
    epsilon: in [0, 1].

  Returns:
    [B] int32 actions, a function of each row's key and logits.
  """
  # The second number chooses either here or in exploration, never in both.
  drawn = sample(keys[:, 1], logits)
  return _explored(keys, drawn, logits.shape[1], epsilon)


# What `Teacher.acts` may be.
ACTS: dict[str, Act] = {'greedy': epsilon_greedy, 'sample': epsilon_sample}


def _explored(
  keys: Array, actions: Array, num_actions: int, epsilon: float
) -> Array:
  # Below epsilon * 2^32, of which 2^32 is no number of 32 bits.
  most = np.ceil(epsilon * 2.0**32) - 1
  explore = keys[:, 0] <= np.uint32(max(most, 0))
  return _xp(keys).where(
    explore & (most >= 0), uniform(keys[:, 1], num_actions), actions
  )


def _xp(array: Array) -> Any:
  """Returns NumPy, or JAX's for JAX's arrays."""
  return jnp if isinstance(array, jax.Array) else np


def uniform(bits: Array, num_actions: int) -> Array:
  """Turns random bits into uniformly random actions.

  Args:
    bits: [B] uint32.
    num_actions: A, below 2^16.

  Returns:
    [B] int32: the high word of the product, uniform up to A / 2^32.
  """
  # By halves: JAX has no 64 bits.
  number, half = np.uint32(num_actions), np.uint32(16)
  low = (bits & np.uint32(0xFFFF)) * number >> half
  return (((bits >> half) * number + low) >> half).astype(np.int32)


def sample(bits: Array, logits: Array) -> Array:
  """Turns random bits into draws from softmax(logits), by its inverse CDF.

  All is float32. 24 bits make u < 1 exactly, so that u times a sum is below
  the sum and no action of probability 0 is drawn.

  Args:
    bits: [B] uint32.
    logits: [B, A], at least one of each row above -inf.

  Returns:
    [B] int32 actions.
  """
  logits, xp = logits.astype(np.float32), _xp(logits)
  weights = xp.exp(logits - logits.max(axis=1, keepdims=True))
  sums = xp.cumsum(weights, axis=1, dtype=np.float32)
  u = (bits >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
  below = sums <= u[:, None] * sums[:, -1:]
  return below.sum(axis=1, dtype=np.int32)
