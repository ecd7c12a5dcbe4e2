"""The loss of quantiles of the return, learnt by regression, one transition."""

import chex
import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.learner.types import Array


def midpoints(num_quantiles: int) -> Array:
  """Fractions of equally probable quantiles.

  Dabney et al. 2018a, Lemma 2, https://arxiv.org/abs/1710.10044.

  Args:
    num_quantiles: K.

  Returns:
    [K] float32, `(i + 1/2) / K`.
  """
  return (jnp.arange(num_quantiles, dtype=jnp.float32) + 0.5) / num_quantiles


def quantile_target(
  reward: Array, discount: Array, quantiles_t: Array
) -> Array:
  """Samples of `r_t + discount_t Z'(s_t, a_t)`.

  Args:
    reward: [], reward or n-step return.
    discount: [], discount of the bootstrap, 0 at a terminal.
    quantiles_t: [K'], target network's, of the next state and action.

  Returns:
    [K'], through which no gradient flows.
  """
  chex.assert_rank([reward, discount, quantiles_t], [0, 0, 1])
  return jax.lax.stop_gradient(reward + discount * quantiles_t)


def quantile_huber(
  quantiles: Array, fractions: Array, targets: Array, kappa: float = 1.0
) -> Array:
  """Quantile Huber loss: summed over quantiles, averaged over targets.

  Dabney et al. 2018a, Eq. 9 and 10. That of Dabney et al. 2018b, Eq. 3,
  https://arxiv.org/abs/1806.06923, is this one divided by `kappa`.

  Args:
    quantiles: [K], of the action taken.
    fractions: [K] in [0, 1], of which they are the quantiles.
    targets: [K'], from `quantile_target`.
    kappa: up to where an error is squared, > 0.

  Returns:
    [], the loss of one example.
  """
  chex.assert_rank([quantiles, fractions, targets], 1)
  chex.assert_equal_shape([quantiles, fractions])
  errors = targets[None, :] - quantiles[:, None]
  weights = jnp.abs(fractions[:, None] - (errors < 0.0))
  losses = weights * optax.losses.huber_loss(errors, delta=kappa)
  return jnp.sum(jnp.mean(losses, axis=1))
