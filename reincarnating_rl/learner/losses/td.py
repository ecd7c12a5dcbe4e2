"""Temporal-difference losses for one transition; callers vmap them."""

import chex
import jax
import optax

from reincarnating_rl.learner.types import Array


def q_target(
  reward: Array, discount: Array, q_t: Array, action_t: Array
) -> Array:
  """Target of Q-learning, `r_t + discount_t Q'(s_t, a_t)`.

  Mnih et al. 2015, https://doi.org/10.1038/nature14236, where `a_t` is the
  target network's best action; the online network's in double Q-learning, van
  Hasselt et al. 2016, https://arxiv.org/abs/1509.06461. With `reward` an n-step
  return and `discount = gamma^n`, this is the n-step target of Sutton 1988.

  Args:
    reward: [], reward or n-step return.
    discount: [], discount of the bootstrap, 0 at a terminal.
    q_t: [A], target network's values of the next state.
    action_t: [], integer, the action whose value is bootstrapped.

  Returns:
    [], the target, through which no gradient flows.
  """
  chex.assert_rank([reward, discount, q_t, action_t], [0, 0, 1, 0])
  return jax.lax.stop_gradient(reward + discount * q_t[action_t])


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
