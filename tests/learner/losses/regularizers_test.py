"""Regularizers against numbers worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.losses import regularizers


@pytest.mark.parametrize(('action', 'nats'), [(0, 4.0), (1, 4.0 / 3.0)])
def test_it_is_the_log_of_one_over_the_policy(action, nats):
  # softmax([0, ln 3]) is (1/4, 3/4).
  q_values = jnp.array([0.0, np.log(3.0)])
  loss = regularizers.conservative(q_values, action, 1.0)
  assert loss == pytest.approx(np.log(nats), rel=1e-6)


def test_the_temperature_divides_every_value():
  q_values = 0.1 * jnp.array([0.0, np.log(3.0)]) + 7.0
  loss = regularizers.conservative(q_values, 0, 0.1)
  assert loss == pytest.approx(np.log(4.0), rel=1e-4)


def test_the_gradient_is_the_policy_less_the_action_over_the_temperature():
  q_values = 0.5 * jnp.array([0.0, np.log(3.0), np.log(4.0)])
  gradient = jax.grad(regularizers.conservative)(q_values, 1, 0.5)
  # The policy is (1, 3, 4) / 8.
  np.testing.assert_allclose(
    gradient, [2 * 0.125, 2 * (0.375 - 1.0), 2 * 0.5], rtol=1e-5
  )


def test_large_values_are_no_trouble():
  value, gradient = jax.value_and_grad(regularizers.conservative)(
    jnp.array([1e4, 0.0]), 1, 0.1
  )
  assert value == pytest.approx(1e5)
  np.testing.assert_allclose(gradient, [10.0, -10.0])


@pytest.mark.parametrize(
  ('reference', 'expected'),
  [
    # max([0, ln 3], V) is (2, 2): ln(2 e^2) - 0.
    (2.0, np.log(2.0) + 2.0),
    # (0.5, ln 3): ln(e^0.5 + 3).
    (0.5, np.log(np.exp(0.5) + 3.0)),
    # Below both, and unknown: CQL, ln 4.
    (-1.0, np.log(4.0)),
    (-np.inf, np.log(4.0)),
  ],
)
def test_calibration_bounds_q_values_from_below(reference, expected):
  loss = regularizers.calibrated_conservative(
    jnp.array([0.0, np.log(3.0)]), 0, jnp.float32(reference), 1.0
  )
  assert loss == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize('reference', [-np.inf, 0.5])
def test_values_below_the_reference_are_not_pushed_down(reference):
  gradient = jax.grad(regularizers.calibrated_conservative)(
    0.5 * jnp.array([0.0, np.log(3.0), np.log(4.0)]),
    1,
    jnp.float32(reference),
    0.5,
  )
  if reference == 0.5:
    # 0 is below 0.5, ln(3)/2 and ln(4)/2 are above: (e, 3, 4) / (7 + e).
    policy = np.array([0.0, 3.0, 4.0]) / (7.0 + np.e)
  else:
    policy = np.array([1.0, 3.0, 4.0]) / 8.0
  np.testing.assert_allclose(
    gradient, 2 * (policy - np.array([0.0, 1.0, 0.0])), rtol=1e-5
  )
