"""Distillation losses against numbers worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.losses import distillation

# softmax([0, ln 3]) is (1/4, 3/4).
TEACHER = jnp.array([0.0, np.log(3.0)], jnp.float32)
UNIFORM = jnp.zeros(2, jnp.float32)


def test_kl_by_hand():
  # 1/4 ln(1/2) + 3/4 ln(3/2).
  loss = distillation.policy_distillation(UNIFORM, TEACHER, 1.0)
  assert loss == pytest.approx(0.130812, abs=1e-6)


def test_kl_with_both_sides_at_temperature_one_half():
  # The teacher's logits come finished, that is already divided: (1, 9) / 10.
  loss = distillation.policy_distillation(UNIFORM, TEACHER / 0.5, 0.5)
  assert loss == pytest.approx(0.368064, abs=1e-6)


def test_the_temperature_scales_the_student_only():
  q_values = jnp.array([0.0, 0.1 * np.log(3.0)], jnp.float32)
  loss = distillation.policy_distillation(q_values, TEACHER, 0.1)
  assert loss == pytest.approx(0.0, abs=1e-6)


def test_kl_gradient_is_the_difference_of_policies_over_the_temperature():
  q_values = jnp.array([0.3, -0.2, 0.1])
  teacher = jnp.array([1.0, 0.0, 2.0])
  gradient = jax.grad(distillation.policy_distillation)(q_values, teacher, 0.5)
  expected = (jax.nn.softmax(q_values / 0.5) - jax.nn.softmax(teacher)) / 0.5
  np.testing.assert_allclose(gradient, expected, rtol=1e-5)


@pytest.mark.parametrize(
  ('loss', 'more'),
  [
    (distillation.policy_distillation, (1.0,)),
    (distillation.best_action_distillation, (1.0,)),
    (distillation.value_distillation, ()),
  ],
)
def test_no_gradient_flows_into_the_teacher(loss, more):
  gradient = jax.grad(loss, argnums=1)(UNIFORM, TEACHER, *more)
  np.testing.assert_array_equal(gradient, np.zeros(2))


def test_kl_survives_a_teacher_that_is_certain():
  teacher = jnp.array([0.0, 500.0, 0.0])
  q_values = jnp.array([300.0, 0.0, 0.0])
  value, gradient = jax.value_and_grad(distillation.policy_distillation)(
    q_values, teacher, 1.0
  )
  assert value == pytest.approx(300.0, rel=1e-5)
  np.testing.assert_allclose(gradient, [1.0, -1.0, 0.0], atol=1e-5)


def test_best_action_distillation_is_the_cross_entropy_of_the_argmax():
  # -ln softmax([0, ln 3])[0] at temperature 1 is ln 4.
  loss = distillation.best_action_distillation(
    TEACHER, jnp.array([5.0, 1.0]), 1.0
  )
  assert loss == pytest.approx(np.log(4.0), rel=1e-6)


def test_value_distillation_compares_q_values():
  # ((1 - 1)^2 + (1 - 3)^2) / 2.
  loss = distillation.value_distillation(
    jnp.array([1.0, 1.0]), jnp.array([1.0, 3.0])
  )
  assert loss == pytest.approx(2.0, rel=1e-6)


def test_one_action_is_no_choice():
  loss = distillation.policy_distillation(
    jnp.array([7.0]), jnp.array([-2.0]), 0.1
  )
  assert loss == pytest.approx(0.0)
