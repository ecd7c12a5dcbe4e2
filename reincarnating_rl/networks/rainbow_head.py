"""The head of Rainbow: dueling, distributional and noisy, each by choice."""

from collections.abc import Callable

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import Array, CategoricalOutput, QOutput

Layer = Callable[..., Array]
"""`(x[N], features=F) -> [F]`, a new linear layer of the enclosing module."""


def atom_logits(
  features: Array,
  advantage_layer: Layer,
  value_layer: Layer | None,
  *,
  num_actions: int,
  num_atoms: int,
) -> Array:
  """Returns the logits of each action's atoms.

  Args:
    features: [F] float32.
    advantage_layer: linear, to A * N.
    value_layer: linear, to N; None unless dueling (Wang et al. 2016, Eq. 9).
    num_actions: A.
    num_atoms: N.

  Returns:
    [A, N] float32.
  """
  advantages = advantage_layer(features, features=num_actions * num_atoms)
  advantages = advantages.reshape(num_actions, num_atoms)
  if value_layer is None:
    return advantages
  value = value_layer(features, features=num_atoms).reshape(1, num_atoms)
  return value + (advantages - advantages.mean(axis=0, keepdims=True))


def rainbow_output(
  logits: Array, support: Array, *, distributional: bool
) -> CategoricalOutput | QOutput:
  """Turns logits into Q-values.

  Args:
    logits: [A, N] float32.
    support: [N], returns that the atoms stand for; may be None unless
      distributional.
    distributional: whether the logits are of distributions over returns
      (Bellemare et al. 2017). If not, an action's value is the sum of its N
      numbers, as in Dopamine; N is usually 1 then.

  Returns:
    The Q-values [A], and the logits [A, N] if distributional.
  """
  if not distributional:
    return QOutput(logits.sum(axis=1))
  probabilities = nn.softmax(logits)
  q_values = jnp.sum(support[None] * probabilities, axis=1)
  return CategoricalOutput(q_values, logits)
