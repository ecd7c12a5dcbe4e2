"""Quantile networks against Dopamine 4.1.2's."""

import jax
import jax.numpy as jnp
import numpy as np

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.jax import networks as dopamine_networks

from reincarnating_rl.networks.quantile_networks import (
  ImplicitQuantileNetwork,
  QuantileNetwork,
)

_STATE = np.random.default_rng(0).integers(256, size=(28, 28, 4)).astype('u1')


def _assert_equal_trees(params, expected):
  assert jax.tree.structure(params) == jax.tree.structure(expected)
  # A last bit: Dopamine's initialiser is scaled in float32.
  jax.tree.map(
    lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-6), params, expected
  )


def test_quantiles_equal_dopamines():
  ours = QuantileNetwork(num_actions=3, num_atoms=7)
  theirs = dopamine_networks.QuantileNetwork(num_actions=3, num_atoms=7)
  key = jax.random.key(1)
  params = theirs.init(key, _STATE)
  expected = theirs.apply(params, _STATE)
  _assert_equal_trees(ours.init(key, _STATE), params)
  output = ours.apply(params, _STATE)
  np.testing.assert_array_equal(output.quantiles, expected.logits)
  np.testing.assert_array_equal(output.q_values, expected.q_values)


def test_implicit_quantiles_equal_dopamines_at_its_fractions():
  settings = {'num_actions': 3, 'quantile_embedding_dim': 16}
  ours = ImplicitQuantileNetwork(**settings)
  theirs = dopamine_networks.ImplicitQuantileNetwork(**settings)
  key = jax.random.key(1)
  with jax.numpy_rank_promotion('allow'):
    params = theirs.init(key, _STATE, 4, key)
    expected = theirs.apply(params, _STATE, 9, jax.random.PRNGKey(5))
  _assert_equal_trees(ours.init(key, _STATE, jnp.ones(2)), params)
  output = ours.apply(params, _STATE, expected.quantiles[:, 0])
  assert output.quantiles.shape == (3, 9)
  np.testing.assert_allclose(
    output.quantiles, expected.quantile_values.T, rtol=1e-5, atol=1e-6
  )
  np.testing.assert_allclose(
    output.q_values, expected.quantile_values.mean(axis=0), rtol=1e-5, atol=1e-6
  )
