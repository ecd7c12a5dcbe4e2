"""Regularizers of Q-values for offline learning: CQL and Cal-QL."""

import chex
import jax
import jax.numpy as jnp

from reincarnating_rl.learner.types import Array


def conservative(q_values: Array, action: Array, temperature: float) -> Array:
  """The regularizer of CQL, `logsumexp(Q / tau) - Q(a) / tau`.

  Kumar et al. 2020, Eq. 4, https://arxiv.org/abs/2006.04779, with a temperature
  as Agarwal et al. 2022 have it. It is `-log softmax(Q / tau)[a]`: cloning of
  the behaviour in the data. Its gradient is `(softmax(Q / tau) - 1[a]) / tau`.

  Args:
    q_values: [A], the student's Q-values.
    action: [], integer, the action in the data.
    temperature: tau.

  Returns:
    [], in nats, at least 0.
  """
  chex.assert_rank([q_values, action], [1, 0])
  scaled = q_values / temperature
  return jax.nn.logsumexp(scaled) - scaled[action]


def calibrated_conservative(
  q_values: Array, action: Array, reference: Array, temperature: float
) -> Array:
  """The regularizer of Cal-QL, for discrete actions.

  `logsumexp(max(Q, V) / tau) - Q(a) / tau`: Nakamoto et al. 2023, Eq. 5.1,
  https://arxiv.org/abs/2303.05479. Q-values are pushed down only while they are
  above the value V of the data's policy, so that they keep the scale of returns
  and online learning does not first unlearn them.

  Args:
    q_values: [A], the student's Q-values.
    action: [], integer, the action in the data.
    reference: [], V: the Monte-Carlo return of the data from this state;
      `-inf` where it is unknown, which makes this CQL.
    temperature: tau.

  Returns:
    [], in nats.
  """
  chex.assert_rank([q_values, action, reference], [1, 0, 0])
  bounded = jnp.maximum(q_values, jax.lax.stop_gradient(reference))
  return (
    jax.nn.logsumexp(bounded / temperature) - q_values[action] / temperature
  )
