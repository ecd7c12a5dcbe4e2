"""TD losses against numbers worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.losses import td


def test_q_target_bootstraps_from_the_chosen_action():
  q_t = jnp.array([2.0, 4.0, -1.0])
  for action, expected in ((1, 3.0), (2, 0.5)):
    target = td.q_target(
      jnp.float32(1.0), jnp.float32(0.5), q_t, jnp.int32(action)
    )
    assert target == pytest.approx(expected)


def test_q_target_of_a_terminal_is_the_reward():
  target = td.q_target(
    jnp.float32(-1.0), jnp.float32(0.0), jnp.array([9.0]), jnp.int32(0)
  )
  assert target == pytest.approx(-1.0)


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
      jnp.float32(0.0),
      td.q_target(jnp.float32(1.0), jnp.float32(0.9), q_t, jnp.int32(1)),
    )

  gradient = jax.grad(loss)(jnp.array([1.0, 2.0]))
  np.testing.assert_array_equal(gradient, [0.0, 0.0])


def test_a_batch_is_refused_where_one_example_is_meant():
  with pytest.raises(AssertionError):
    td.q_target(
      jnp.zeros(2), jnp.zeros(2), jnp.zeros((2, 3)), jnp.zeros(2, int)
    )
