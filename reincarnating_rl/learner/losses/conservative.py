"""Conservative Q-learning: actions that the data lack are worth less."""

import chex
import jax

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
