"""Actions of random bits and logits; each row depends on its own alone."""

from collections.abc import Callable

import numpy as np

Act = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""`(keys[B, 2], policy[B, W], epsilon) -> actions[B]`, or `[B, D]`."""


def epsilon_greedy(
  keys: np.ndarray, logits: np.ndarray, epsilon: float
) -> np.ndarray:
  """Acts greedily, but uniformly with probability epsilon.

  Args:
    keys: [B, 2] uint32, uniform random bits.
    logits: [B, A].
    epsilon: in [0, 1].

  Returns:
    [B] int32 actions: the first of the best ones, as in training.
  """
  greedy = np.argmax(logits, axis=1).astype(np.int32)
  return _explored(keys, greedy, logits.shape[1], epsilon)


def epsilon_sample(
  keys: np.ndarray, logits: np.ndarray, epsilon: float
) -> np.ndarray:
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
  keys: np.ndarray, actions: np.ndarray, num_actions: int, epsilon: float
) -> np.ndarray:
  explore = keys[:, 0] < epsilon * 2.0**32
  return np.where(explore, uniform(keys[:, 1], num_actions), actions)


def uniform(bits: np.ndarray, num_actions: int) -> np.ndarray:
  """Turns random bits into uniformly random actions.

  Args:
    bits: [B] uint32.
    num_actions: A.

  Returns:
    [B] int32: the high word of the product, uniform up to A / 2^32.
  """
  product = bits.astype(np.uint64) * np.uint64(num_actions)
  return (product >> np.uint64(32)).astype(np.int32)


def sample(bits: np.ndarray, logits: np.ndarray) -> np.ndarray:
  """Turns random bits into draws from softmax(logits), by its inverse CDF.

  All is float32. 24 bits make u < 1 exactly, so that u times a sum is below
  the sum and no action of probability 0 is drawn.

  Args:
    bits: [B] uint32.
    logits: [B, A], at least one of each row above -inf.

  Returns:
    [B] int32 actions.
  """
  logits = logits.astype(np.float32)
  weights = np.exp(logits - logits.max(axis=1, keepdims=True))
  sums = np.cumsum(weights, axis=1, dtype=np.float32)
  u = (bits >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
  below = sums <= u[:, None] * sums[:, -1:]
  return below.sum(axis=1, dtype=np.int32)
