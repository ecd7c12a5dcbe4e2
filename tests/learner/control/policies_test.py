"""Policies over vectors: their draws, and the densities of these."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.control.policies import (
  Deterministic,
  TanhGaussian,
)

KEYS = jax.random.split(jax.random.PRNGKey(0), 4000)


@pytest.mark.parametrize(
  ('policy', 'output'),
  [
    (TanhGaussian(), [0.4, -0.8]),
    (TanhGaussian(), [0.4, -0.5, -0.8, -0.3]),  # Of two dimensions.
    (Deterministic(0.5), [0.9]),
    (Deterministic(0.5), [0.9, -0.2]),
    (Deterministic(0.0), [0.2]),
  ],
)
def test_densities_of_proposals_integrate_to_one(policy, output):
  output = jnp.float32(output)
  actions, densities = jax.vmap(policy.propose, in_axes=(None, 0))(output, KEYS)
  actions, density = np.asarray(actions), np.exp(densities)
  assert np.abs(actions).max() <= 1.0
  # Over where nearly all draws are, the mean of 1 / density is a volume.
  low, high = np.quantile(actions, [0.05, 0.95], axis=0)
  inside = ((actions > low) & (actions < high)).all(axis=1)
  volume = np.mean(inside / density)
  assert volume == pytest.approx(np.prod(high - low), rel=0.1)


def test_exploration_is_clipped_noise():
  policy = Deterministic(0.5)
  explore = jax.vmap(policy.explore, in_axes=(None, 0))
  drawn = explore(jnp.float32([0.8, -0.1]), KEYS)
  assert float(jnp.max(drawn)) == 1.0
  assert float(jnp.mean(drawn[:, 0] == 1.0)) == pytest.approx(0.345, abs=0.03)
  assert float(jnp.std(drawn[:, 1])) == pytest.approx(0.47, abs=0.03)
  np.testing.assert_array_equal(policy.mean(drawn[0]), drawn[0])


def test_a_tanh_gaussian_prefers_its_mean():
  output = jnp.float32([0.3, -2.0, 0.0, -1.0])
  np.testing.assert_allclose(
    TanhGaussian().mean(output), np.tanh([0.3, -2.0]), rtol=1e-6
  )
