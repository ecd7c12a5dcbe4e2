"""What a teacher is, and how the one who acts turns its logits into actions."""

import hashlib
from typing import Any, Protocol

import jax.numpy as jnp
import numpy as np

from reincarnating_rl.types import Array


class Teacher(Protocol):
  """A fixed policy over `num_actions` actions."""

  num_actions: int
  fingerprint: str  # SHA-256 of its parameters, in hex
  lineage: dict[str, Any]  # where it came from; JSON

  def policy_logits(self, states: Array) -> Array:
    """Returns the finished logits of its policy.

    Args:
      states: [B, *O, S], for any B.

    Returns:
      [B, A] float32; `softmax` of a row is the policy in that state. Q/tau for
      a teacher of Q-values.
    """
    ...


class RandomTeacher:
  """A teacher without preferences; made only where it is asked for by name."""

  def __init__(self, num_actions: int) -> None:
    self.num_actions = num_actions
    text = f'random teacher of {num_actions} actions'
    self.fingerprint = hashlib.sha256(text.encode()).hexdigest()
    self.lineage: dict[str, Any] = {
      'agent': 'random',
      'fingerprint': self.fingerprint,
    }

  def policy_logits(self, states: Array) -> Array:
    """Returns zeros[B, A], the logits of the uniform policy."""
    return jnp.zeros((len(states), self.num_actions), jnp.float32)


def greedy_actions(logits: Array) -> np.ndarray:
  """Returns the likeliest actions, int32[B], of `logits[B, A]`.

  Of equally likely ones the first is taken.
  """
  return np.argmax(np.asarray(logits), axis=1).astype(np.int32)


def epsilon_greedy(
  rng: np.random.Generator, logits: Array, epsilon: float
) -> np.ndarray:
  """Acts greedily, but uniformly with probability epsilon.

  A row without any preference (all logits equal, as those of a random teacher)
  is acted on uniformly, instead of by the action that happens to be the first.

  Args:
    rng: drawn from in the same amount for any logits and epsilon.
    logits: [B, A], a row for each environment.
    epsilon: in [0, 1].

  Returns:
    [B] int32 actions.
  """
  logits = np.asarray(logits)
  explore = rng.random(len(logits)) < epsilon
  anywhere = rng.integers(logits.shape[1], size=len(logits), dtype=np.int32)
  indifferent = np.all(logits == logits[:, :1], axis=1)
  return np.where(explore | indifferent, anywhere, greedy_actions(logits))
