"""Distillation of a teacher's policy over vectors, for one state."""

import chex
import jax
import jax.numpy as jnp

from reincarnating_rl.learner.control.policies import split
from reincarnating_rl.learner.kinds import (
  DETERMINISTIC,
  GAUSSIAN,
  TANH_GAUSSIAN,
)
from reincarnating_rl.learner.types import Array

# A teacher's mean at a bound has no finite place before `tanh`.
_MOST = 0.99


def mean_action(distribution: str, parameters: Array) -> Array:
  """Returns the action [D] in [-1, 1] that a teacher prefers.

  Args:
    distribution: what the parameters are of, one of `kinds.DISTRIBUTIONS`.
    parameters: [W].
  """
  if distribution == DETERMINISTIC:
    return parameters
  mean, _ = split(parameters)
  return jnp.tanh(mean) if distribution == TANH_GAUSSIAN else _clip(mean, 1.0)


def squared_error(action: Array, teacher_action: Array) -> Array:
  """Squared distance of two actions, `sum_d (a_d - a_T,d)^2`.

  Up to a factor it is `KL(teacher || student)` of two normal distributions of
  one width around the actions.

  Args:
    action: [D], the student's.
    teacher_action: [D], the teacher's.

  Returns:
    [].
  """
  chex.assert_equal_shape([action, teacher_action])
  error = action - jax.lax.stop_gradient(teacher_action)
  return jnp.sum(jnp.square(error))


def gaussian_kl(distribution: str, output: Array, parameters: Array) -> Array:
  """`KL(teacher || student)` for a student that is `tanh` of a Gaussian.

  Of a teacher that is such a one too it is exact: that of the Gaussians before
  `tanh`, which is one to one. A teacher that is a Gaussian of actions is moved
  there first, to first order at its mean m: the mean becomes `atanh(m)` and the
  deviation s becomes `s / (1 - m^2)`. Means beyond +-0.99 count as +-0.99.

  Args:
    distribution: 'tanh_gaussian' or 'gaussian'.
    output: [2D], the student's.
    parameters: [2D], the teacher's.

  Returns:
    [], in nats.
  """
  chex.assert_equal_shape([output, parameters])
  mean, log_std = split(output)
  teacher_mean, teacher_log_std = split(jax.lax.stop_gradient(parameters))
  if distribution == GAUSSIAN:
    inside = _clip(teacher_mean, _MOST)
    teacher_mean = before_tanh(teacher_mean)
    teacher_log_std -= jnp.log1p(-jnp.square(inside))
  ratio = jnp.exp(2.0 * (teacher_log_std - log_std))
  distance = jnp.square((mean - teacher_mean) / jnp.exp(log_std))
  return jnp.sum(log_std - teacher_log_std + 0.5 * (ratio + distance) - 0.5)


def before_tanh(action: Array) -> Array:
  """Returns what `tanh` makes an action [D]; beyond +-0.99 counts as that."""
  return jnp.arctanh(_clip(action, _MOST))


def _clip(x: Array, bound: float) -> Array:
  return jnp.clip(x, -bound, bound)
