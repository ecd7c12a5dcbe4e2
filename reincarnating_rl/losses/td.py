"""Temporal-difference losses for one transition; callers vmap them."""

import chex
import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.types import Array


def q_target(reward: Array, discount: Array, q_t: Array) -> Array:
  """Target of Q-learning, `r_t + discount_t max_a Q'(s_t, a)`.

  Mnih et al. 2015, https://doi.org/10.1038/nature14236. With `reward` an n-step
  return and `discount = gamma^n`, this is the n-step target of Sutton 1988.

  Args:
    reward: [], reward or n-step return.
    discount: [], discount of the bootstrap, 0 at a terminal.
    q_t: [A], target network's values of the next state.

  Returns:
    [], the target, through which no gradient flows.
  """
  chex.assert_rank([reward, discount, q_t], [0, 0, 1])
  return jax.lax.stop_gradient(reward + discount * jnp.max(q_t))


def double_q_target(
  reward: Array, discount: Array, q_t: Array, q_t_selector: Array
) -> Array:
  """Target of double Q-learning, `r_t + discount_t Q'(s_t, a*)`.

  `a* = argmax_a Q(s_t, a)`: the online network selects the action.

  van Hasselt et al. 2016, https://arxiv.org/abs/1509.06461.

  Args:
    reward: [], reward or n-step return.
    discount: [], discount of the bootstrap, 0 at a terminal.
    q_t: [A], target network's values of the next state.
    q_t_selector: [A], online network's values of the next state.

  Returns:
    [], the target, through which no gradient flows.
  """
  chex.assert_rank([reward, discount, q_t, q_t_selector], [0, 0, 1, 1])
  chosen = q_t[jnp.argmax(q_t_selector)]
  return jax.lax.stop_gradient(reward + discount * chosen)


def huber(prediction: Array, target: Array) -> Array:
  """Huber loss with threshold 1; its gradient is the clipped error.

  Args:
    prediction: [], Q-value of the action taken.
    target: [], its target.

  Returns:
    [], `0.5 x^2` where `|x| <= 1` and `|x| - 0.5` elsewhere.
  """
  chex.assert_rank([prediction, target], 0)
  return optax.losses.huber_loss(prediction, target, delta=1.0)


def mse(prediction: Array, target: Array) -> Array:
  """Squared error without the factor one half, as in Dopamine.

  Args:
    prediction: [], Q-value of the action taken.
    target: [], its target.

  Returns:
    [], `(prediction - target)^2`.
  """
  chex.assert_rank([prediction, target], 0)
  return optax.losses.squared_error(prediction, target)
