"""Large margins: the teacher's action is to be the best by a distance.

Both functions compare `Q(a) + m 1[a != a_T]` with `Q(a_T)`, where `a_T` is the
teacher's best action. They differ in whether all actions count or the worst.
"""

import chex
import jax
import jax.numpy as jnp

from reincarnating_rl.learner.types import Array


def mean_margin(q_values: Array, teacher_logits: Array, margin: float) -> Array:
  """Mean over actions of `max(Q(a) + m 1[a != a_T] - Q(a_T), 0)`.

  The one that Agarwal et al. 2022 ran (`dqfd_margin = False` in their code).
  Every action within the margin is pushed down, by 1/A.

  Args:
    q_values: [A], the student's Q-values.
    teacher_logits: [A], the teacher's finished logits.
    margin: m, in units of Q-values.

  Returns:
    [], 0 where the teacher's action leads by the margin.
  """
  return jnp.mean(jnp.maximum(_excess(q_values, teacher_logits, margin), 0.0))


def max_margin(q_values: Array, teacher_logits: Array, margin: float) -> Array:
  """`max_a (Q(a) + m 1[a != a_T]) - Q(a_T)`.

  `J_E` of DQfD, Hester et al. 2018, https://arxiv.org/abs/1704.03732, where
  `a_T` is the action in the data. The worst action alone is pushed down.

  Args:
    q_values: [A], the student's Q-values.
    teacher_logits: [A], the teacher's finished logits.
    margin: m, in units of Q-values.

  Returns:
    [], 0 where the teacher's action leads by the margin.
  """
  return jnp.max(_excess(q_values, teacher_logits, margin))


def _excess(q_values: Array, teacher_logits: Array, margin: float) -> Array:
  chex.assert_rank([q_values, teacher_logits], 1)
  chex.assert_equal_shape([q_values, teacher_logits])
  best = jnp.argmax(teacher_logits)
  others = 1.0 - jax.nn.one_hot(best, len(q_values))
  return q_values + margin * others - q_values[best]
