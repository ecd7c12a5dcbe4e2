"""What a teacher is."""

import hashlib
from typing import Any, Protocol

import jax.numpy as jnp

from reincarnating_rl.learner.types import Array


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
