"""TD losses against numbers worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.losses import td


def test_q_target_bootstraps_from_the_best_action():
  target = td.q_target(
    jnp.float32(1.0), jnp.float32(0.5), jnp.array([2.0, 4.0, -1.0])
  )
  assert target == pytest.approx(3.0)


def test_q_target_of_a_terminal_is_the_reward():
  target = td.q_target(jnp.float32(-1.0), jnp.float32(0.0), jnp.array([9.0]))
  assert target == pytest.approx(-1.0)


def test_double_q_target_selects_online_and_evaluates_with_the_target():
  target = td.double_q_target(
    jnp.float32(1.0),
    jnp.float32(0.5),
    jnp.array([2.0, 4.0, -1.0]),
    jnp.array([0.0, 1.0, 5.0]),
  )
  assert target == pytest.approx(0.5)


@pytest.mark.parametrize(
  ('error', 'loss', 'gradient'),
  [(0.5, 0.125, 0.5), (-0.5, 0.125, -0.5), (3.0, 2.5, 1.0), (-3.0, 2.5, -1.0)],
)
def test_huber_by_hand(error, loss, gradient):
  value, slope = jax.value_and_grad(td.huber)(
    jnp.float32(1.0 + error), jnp.float32(1.0)
  )
  np.testing.assert_allclose([value, slope], [loss, gradient], rtol=1e-6)


def test_mse_by_hand():
  value, slope = jax.value_and_grad(td.mse)(jnp.float32(4.0), jnp.float32(1.0))
  np.testing.assert_allclose([value, slope], [9.0, 6.0])


def test_no_gradient_flows_through_the_target():
  def loss(q_t):
    return td.huber(
      jnp.float32(0.0), td.q_target(jnp.float32(1.0), jnp.float32(0.9), q_t)
    )

  gradient = jax.grad(loss)(jnp.array([1.0, 2.0]))
  np.testing.assert_array_equal(gradient, [0.0, 0.0])


def test_a_batch_is_refused_where_one_example_is_meant():
  with pytest.raises(AssertionError):
    td.q_target(jnp.zeros(2), jnp.zeros(2), jnp.zeros((2, 3)))
