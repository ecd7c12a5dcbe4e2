"""Distillation of a teacher's policy into Q-values, for one state.

The teacher's logits come finished (`Q_T / tau` for a Q-teacher, `log pi` for a
policy), so that each function scales the student only.
"""

import chex
import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.learner.types import Array


def policy_distillation(
  q_values: Array, teacher_logits: Array, temperature: float
) -> Array:
  """Kullback-Leibler divergence from the student's policy to the teacher's.

  `KL(pi_T || softmax(Q / tau))`, the second term of Agarwal et al. 2022, Eq. 2
  (https://arxiv.org/abs/2206.01626). It is not multiplied by `tau^2`. Its
  gradient is `(softmax(Q / tau) - pi_T) / tau`.

  Args:
    q_values: [A], the student's Q-values.
    teacher_logits: [A], the teacher's finished logits.
    temperature: tau of the student's policy.

  Returns:
    [], the divergence in nats.
  """
  chex.assert_rank([q_values, teacher_logits], 1)
  chex.assert_equal_shape([q_values, teacher_logits])
  return optax.losses.kl_divergence_with_log_targets(
    jax.nn.log_softmax(q_values / temperature),
    jax.nn.log_softmax(jax.lax.stop_gradient(teacher_logits)),
  )


def best_action_distillation(
  q_values: Array, teacher_logits: Array, temperature: float
) -> Array:
  """Cross-entropy of the student's policy on the teacher's best action.

  `-log softmax(Q / tau)[argmax_a pi_T(a)]`: imitation of the greedy teacher.

  Args:
    q_values: [A], the student's Q-values.
    teacher_logits: [A], the teacher's finished logits.
    temperature: tau of the student's policy.

  Returns:
    [], the cross-entropy in nats.
  """
  chex.assert_rank([q_values, teacher_logits], 1)
  chex.assert_equal_shape([q_values, teacher_logits])
  return optax.losses.softmax_cross_entropy_with_integer_labels(
    q_values / temperature, jnp.argmax(teacher_logits)
  )


def value_distillation(q_values: Array, teacher_q_values: Array) -> Array:
  """Mean squared difference of the student's and the teacher's Q-values.

  Args:
    q_values: [A], the student's Q-values.
    teacher_q_values: [A], the teacher's.

  Returns:
    [], the mean over actions of `(Q - Q_T)^2`.
  """
  chex.assert_rank([q_values, teacher_q_values], 1)
  chex.assert_equal_shape([q_values, teacher_q_values])
  return jnp.mean(
    optax.losses.squared_error(
      q_values, jax.lax.stop_gradient(teacher_q_values)
    )
  )
