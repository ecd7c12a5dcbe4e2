"""The loss of return distributions over fixed atoms (C51), one transition."""

import chex
import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.learner.types import Array


def project(returns: Array, probabilities: Array, atoms: Array) -> Array:
  """Projects a distribution onto fixed, equally spaced atoms.

  Each return's probability is shared by the two atoms beside it, in proportion
  to how near they are: Bellemare et al. 2017, Eq. 7,
  https://arxiv.org/abs/1707.06887.

  Args:
    returns: [M], where the distribution lies; clipped to the atoms' range.
    probabilities: [M].
    atoms: [N], ascending, N >= 2.

  Returns:
    [N] probabilities, with the same sum.
  """
  chex.assert_rank([returns, probabilities, atoms], 1)
  chex.assert_equal_shape([returns, probabilities])
  spacing = (atoms[-1] - atoms[0]) / (len(atoms) - 1)
  returns = jnp.clip(returns, atoms[0], atoms[-1])
  distance = jnp.abs(returns[None, :] - atoms[:, None]) / spacing
  share = jnp.clip(1.0 - distance, 0.0, 1.0)
  return jnp.sum(share * probabilities[None, :], axis=-1)


def categorical_target(
  reward: Array, discount: Array, logits_t: Array, atoms: Array
) -> Array:
  """Distribution of `r_t + discount_t Z'(s_t, a_t)` on the atoms.

  Args:
    reward: [], reward or n-step return.
    discount: [], discount of the bootstrap, 0 at a terminal.
    logits_t: [N], target network's logits of the next state and action.
    atoms: [N], ascending.

  Returns:
    [N] probabilities, through which no gradient flows.
  """
  chex.assert_rank([reward, discount, logits_t, atoms], [0, 0, 1, 1])
  target = project(reward + discount * atoms, jax.nn.softmax(logits_t), atoms)
  return jax.lax.stop_gradient(target)


def cross_entropy(logits: Array, target: Array) -> Array:
  """Cross-entropy of predicted atoms against a target distribution.

  Args:
    logits: [N], of the action taken.
    target: [N] probabilities, from `categorical_target`.

  Returns:
    [], in nats.
  """
  chex.assert_rank([logits, target], 1)
  return optax.losses.softmax_cross_entropy(logits, target)
