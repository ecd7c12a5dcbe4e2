"""The quantile Huber loss by hand, and against Dopamine's formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.losses import quantile


def test_midpoints():
  np.testing.assert_allclose(
    quantile.midpoints(4), [1 / 8, 3 / 8, 5 / 8, 7 / 8]
  )


def test_target_by_hand_and_without_gradient():
  quantiles = jnp.array([-1.0, 0.0, 4.0])
  target = quantile.quantile_target(
    jnp.float32(2.0), jnp.float32(0.5), quantiles
  )
  np.testing.assert_allclose(target, [1.5, 2.0, 4.0])
  gradient = jax.grad(lambda q: jnp.sum(quantile.quantile_target(1.0, 0.5, q)))(
    quantiles
  )
  assert not gradient.any()


def test_one_quantile_by_hand():
  """An error of 0.5 is squared, of 2 is not; an overestimate weighs 1 - tau."""

  def loss(value, target, fraction, kappa=1.0):
    return quantile.quantile_huber(
      jnp.array([value]), jnp.array([fraction]), jnp.array([target]), kappa
    )

  assert loss(0.0, 0.5, 0.25) == pytest.approx(0.25 * 0.125)
  assert loss(0.5, 0.0, 0.25) == pytest.approx(0.75 * 0.125)
  assert loss(0.0, 2.0, 0.25) == pytest.approx(0.25 * 1.5)
  assert loss(2.0, 0.0, 0.25) == pytest.approx(0.75 * 1.5)
  assert loss(0.0, 2.0, 0.25, kappa=4.0) == pytest.approx(0.25 * 2.0)
  assert loss(1.0, 1.0, 0.25) == 0.0


def test_a_sum_over_quantiles_of_means_over_targets():
  # Errors: 1, 2, 0 of the first and -1, 0, -2 of the second.
  loss = quantile.quantile_huber(
    jnp.array([0.0, 2.0]),
    jnp.array([0.25, 0.75]),
    jnp.array([1.0, 2.0, 0.0]),
  )
  first = 0.25 * (0.5 + 1.5) / 3
  second = 0.25 * (0.5 + 1.5) / 3
  assert loss == pytest.approx(first + second)


def test_the_minimum_is_the_quantiles_of_the_target():
  targets = jnp.linspace(0.0, 1.0, 1001)
  fractions = jnp.array([0.1, 0.5, 0.8])
  gradient = jax.grad(quantile.quantile_huber)
  at = lambda values: gradient(values, fractions, targets, 1e-4)  # noqa: E731
  assert np.abs(at(fractions)).max() < 1e-6
  assert (at(fractions + 0.05) > 0).all()
  assert (at(fractions - 0.05) < 0).all()


@pytest.mark.parametrize('kappa', [0.5, 1.0, 3.0])
def test_dopamines_two_formulas(kappa):
  """Both in numpy, as they stand there: [B, K, K'] and [B, K', K, 1]."""
  rng = np.random.default_rng(0)
  values, targets = rng.normal(size=(4, 5)), 3 * rng.normal(size=(4, 7))
  fractions = rng.uniform(size=(4, 5))

  def huber(u):
    return np.where(
      np.abs(u) <= kappa, 0.5 * u**2, kappa * (np.abs(u) - 0.5 * kappa)
    )

  u = targets[:, None, :] - values[:, :, None]
  midpoints = (np.arange(5) + 0.5) / 5
  weights = np.abs(midpoints[None, :, None] - (u < 0))
  explicit = np.mean(weights * huber(u), axis=2).sum(axis=1)
  u = targets[:, :, None, None] - values[:, None, :, None]
  weights = np.abs(fractions[:, None, :, None] - (u < 0))
  implicit = np.mean(np.sum(weights * huber(u) / kappa, axis=2), axis=1)
  loss = jax.vmap(quantile.quantile_huber, in_axes=(0, 0, 0, None))
  at_midpoints = np.tile(quantile.midpoints(5), (4, 1))
  np.testing.assert_allclose(
    loss(values, at_midpoints, targets, kappa), explicit, rtol=1e-5
  )
  np.testing.assert_allclose(
    loss(values, fractions, targets, kappa) / kappa, implicit[:, 0], rtol=1e-5
  )
