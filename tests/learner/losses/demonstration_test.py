"""Large margins against numbers worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.losses import demonstration

# The teacher's action is the second. With a margin of 1, Q(a) + m - Q(a_T) is
# 1.5, 0, 0.75 and -1.5.
Q_VALUES = jnp.array([1.0, 0.5, 0.25, -2.0])
TEACHER = jnp.array([0.0, 2.0, 1.0, -1.0])


def test_the_mean_counts_every_action_within_the_margin():
  loss = demonstration.mean_margin(Q_VALUES, TEACHER, 1.0)
  assert loss == pytest.approx((1.5 + 0.75) / 4)


def test_the_maximum_counts_the_worst_action():
  loss = demonstration.max_margin(Q_VALUES, TEACHER, 1.0)
  assert loss == pytest.approx(1.5)


@pytest.mark.parametrize(
  ('margin', 'mean', 'most'), [(0.0, 0.5 / 4, 0.5), (3.0, 6.75 / 4, 3.5)]
)
def test_the_margin_is_in_units_of_q_values(margin, mean, most):
  # 0.5, 0, -0.25, -2.5 without a margin; 3.5, 0, 2.75, 0.5 with one of 3.
  assert demonstration.mean_margin(Q_VALUES, TEACHER, margin) == pytest.approx(
    mean
  )
  assert demonstration.max_margin(Q_VALUES, TEACHER, margin) == pytest.approx(
    most
  )


def test_gradients_push_the_others_down_and_the_teachers_action_up():
  mean = jax.grad(demonstration.mean_margin)(Q_VALUES, TEACHER, 1.0)
  np.testing.assert_allclose(mean, [0.25, -0.5, 0.25, 0.0], atol=1e-6)
  most = jax.grad(demonstration.max_margin)(Q_VALUES, TEACHER, 1.0)
  np.testing.assert_allclose(most, [1.0, -1.0, 0.0, 0.0], atol=1e-6)


@pytest.mark.parametrize(
  'loss', [demonstration.mean_margin, demonstration.max_margin]
)
def test_nothing_is_asked_once_the_teachers_action_leads(loss):
  q_values = jnp.array([0.0, 1.5, 0.25, -2.0])
  value, gradient = jax.value_and_grad(loss)(q_values, TEACHER, 1.0)
  assert value == 0.0
  np.testing.assert_array_equal(gradient, np.zeros(4))


@pytest.mark.parametrize(
  'loss', [demonstration.mean_margin, demonstration.max_margin]
)
def test_the_teacher_gets_no_gradient_and_a_single_action_no_loss(loss):
  gradient = jax.grad(loss, argnums=1)(Q_VALUES, TEACHER, 1.0)
  np.testing.assert_array_equal(gradient, np.zeros(4))
  assert loss(jnp.ones(1), jnp.ones(1), 1.0) == 0.0
