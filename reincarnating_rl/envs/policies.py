"""Policies for rollouts, made of whatever ranks the actions."""

from collections.abc import Callable

import numpy as np

from reincarnating_rl.envs.lanes import Policy
from reincarnating_rl.learner.types import Array

Logits = Callable[[Array], Array]
"""`states[B, *O, S] -> [B, A]`, of which the largest is the greedy action."""

SampledLogits = Callable[[Array, np.ndarray], Array]
"""The same of states and raw JAX keys `[B, 2]`."""


def epsilon_greedy_policy(logits: Logits, epsilon: float) -> Policy:
  """Acts greedily in some logits; they are the policy's extras.

  Args:
    logits: a teacher's, or a student's Q-values.
    epsilon: probability of a uniformly random action, in [0, 1].
  """
  return sampling_policy(lambda states, keys: logits(states), epsilon)


def sampling_policy(logits: SampledLogits, epsilon: float) -> Policy:
  """Acts as `epsilon_greedy_policy` does, in logits that are random themselves.

  Args:
    logits: a student's Q-values, which may be means of samples.
    epsilon: probability of a uniformly random action, in [0, 1].
  """

  def policy(
    states: np.ndarray, keys: np.ndarray
  ) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(logits(np.ascontiguousarray(states), keys))
    return epsilon_greedy(keys, values, epsilon), values

  return policy


def uniform_policy(num_actions: int) -> Policy:
  """Acts uniformly at random, without extras.

  Args:
    num_actions: A.
  """

  def policy(states: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, None]:
    del states
    return uniform(keys[:, 0], num_actions), None

  return policy


def epsilon_greedy(
  keys: np.ndarray, logits: np.ndarray, epsilon: float
) -> np.ndarray:
  """Acts greedily, but uniformly with probability epsilon.

  A row without any preference, as of the random teacher, is acted on uniformly
  instead of by the action that happens to be the first.

  Args:
    keys: [B, 2] uint32, uniform random bits.
    logits: [B, A].
    epsilon: in [0, 1].

  Returns:
    [B] int32 actions; of equally good ones the first.
  """
  indifferent = np.all(logits == logits[:, :1], axis=1)
  explore = keys[:, 0] < epsilon * 2.0**32
  anywhere = uniform(keys[:, 1], logits.shape[1])
  greedy = np.argmax(logits, axis=1)
  return np.where(explore | indifferent, anywhere, greedy).astype(np.int32)


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
