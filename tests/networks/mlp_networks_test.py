"""Networks for vectors: Dopamine's, hand numbers, and against one another."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import traverse_util

from reincarnating_rl.networks.mlp_networks import (
  MLPDQNNetwork,
  MLPImplicitQuantileNetwork,
  MLPQuantileNetwork,
)

_NETWORKS = {
  'quantile': (MLPQuantileNetwork, {}),
  'implicit': (MLPImplicitQuantileNetwork, {'quantiles': jnp.array([0.5])}),
}
_BALLOON = {'num_actions': 3, 'num_layers': 7, 'hidden_units': 600}


def _shapes(network, state_shape, **inputs):
  state = jax.ShapeDtypeStruct(state_shape, jnp.float32)
  params = jax.eval_shape(network.init, jax.random.key(0), state, **inputs)
  flat = traverse_util.flatten_dict(params['params'], sep='/')
  return {name: leaf.shape for name, leaf in flat.items()}


def _hidden(shapes):
  return {k: shape for k, shape in shapes.items() if k.startswith('layers_')}


def _count(shapes):
  return sum(map(math.prod, shapes.values()))


def _layer(kernel, bias):
  return {'kernel': jnp.array(kernel), 'bias': jnp.array(bias)}


def test_quantiles_and_their_means_by_hand():
  network = MLPQuantileNetwork(2, num_atoms=2, num_layers=1, hidden_units=2)
  params = {
    'layers_0': _layer([[1.0, -1.0], [1.0, 1.0]], [0.0, -1.0]),
    'Dense_0': _layer(
      [[1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0]], [0.5, 0.0, 0.0, 0.0]
    ),
  }
  # The hidden units are relu(3 - 1), and relu(-3 - 1 - 1), which is off.
  output = network.apply({'params': params}, jnp.array([[3.0], [-1.0]]))
  np.testing.assert_allclose(output.quantiles, [[2.5, 4.0], [6.0, 8.0]])
  np.testing.assert_allclose(output.q_values, [3.25, 7.0])


def test_implicit_quantiles_by_hand():
  network = MLPImplicitQuantileNetwork(
    2, quantile_embedding_dim=2, num_layers=2, hidden_units=1
  )
  params = {
    'layers_0': _layer([[2.0]], [1.0]),
    'Dense_0': _layer([[1.0], [10.0]], [0.5]),
    'Dense_1': _layer([[1.0]], [-5.0]),
    'Dense_2': _layer([[1.0, -2.0]], [0.0, 1.0]),
  }
  # cos(pi tau) and cos(2 pi tau) are (1, 1) at 0 and (0, -1) at a half.
  fractions = jnp.array([0.0, 0.5])
  output = network.apply({'params': params}, jnp.array([[2.0]]), fractions)
  # 5 * relu(11.5) - 5 = 52.5, and 5 * relu(-9.5) - 5, which is off.
  np.testing.assert_allclose(
    output.quantiles, [[52.5, 0.0], [-104.0, 1.0]], atol=1e-3
  )
  np.testing.assert_allclose(output.q_values, [26.25, -51.5], rtol=1e-5)


def test_the_networks_of_the_balloon_have_these_parameters():
  torso = 1099 * 600 + 600 + 6 * (600 * 600 + 600)
  ours = _shapes(MLPQuantileNetwork(num_atoms=51, **_BALLOON), (1099, 1))
  assert ours['layers_6/kernel'] == (600, 600)
  assert ours['Dense_0/kernel'] == (600, 153)
  assert _count(ours) == torso + 600 * 153 + 153 == 2_915_553
  ours = _shapes(
    MLPImplicitQuantileNetwork(**_BALLOON), (1099, 1), quantiles=jnp.ones(5)
  )
  assert ours['Dense_0/kernel'] == (64, 600)
  assert _count(ours) == torso + (64 * 600 + 600) + (600 * 3 + 3) == 2_864_403


def test_hidden_layers_are_those_of_the_dqn():
  dqn = _hidden(_shapes(MLPDQNNetwork(**_BALLOON), (1099, 1)))
  assert len(dqn) == 2 * 7
  quantile = _shapes(MLPQuantileNetwork(num_atoms=1, **_BALLOON), (1099, 1))
  assert _hidden(quantile) == dqn
  implicit = _shapes(
    MLPImplicitQuantileNetwork(**_BALLOON), (1099, 1), quantiles=jnp.ones(1)
  )
  last = {name: dqn.pop(f'layers_6/{name}') for name in ('kernel', 'bias')}
  assert _hidden(implicit) == dqn
  assert {name: implicit[f'Dense_1/{name}'] for name in last} == last


def test_without_a_layer_before_the_fraction_multiplies_the_state():
  network = MLPImplicitQuantileNetwork(2, num_layers=1, hidden_units=4)
  shapes = _shapes(network, (5, 2), quantiles=jnp.ones(1))
  assert shapes['Dense_0/kernel'] == (64, 10)
  assert shapes['Dense_1/kernel'] == (10, 4)


@pytest.mark.parametrize('name', _NETWORKS)
def test_initial_kernels_are_uniform_of_the_published_variance(name):
  """1 / (sqrt(3) fan_in); a uniform one ends at sqrt(3) deviations."""
  make, inputs = _NETWORKS[name]
  network = make(2, num_layers=2, hidden_units=300)
  params = network.init(jax.random.key(0), jnp.zeros((200, 1)), **inputs)
  for layer in params['params'].values():
    bound = math.sqrt(3.0 / (math.sqrt(3.0) * len(layer['kernel'])))
    largest = float(jnp.abs(layer['kernel']).max())
    assert 0.98 * bound < largest <= bound


@pytest.mark.parametrize('name', _NETWORKS)
def test_known_ranges_rescale_states(name):
  make, inputs = _NETWORKS[name]
  raw = make(2, min_vals=(0.0, -4.0), max_vals=(2.0, 4.0))
  plain = make(2, inputs_preprocessed=True)
  state = jnp.array([[0.5], [2.0]])
  params = raw.init(jax.random.key(0), state, **inputs)
  np.testing.assert_allclose(
    raw.apply(params, state, **inputs).quantiles,
    plain.apply(params, jnp.array([-0.5, 0.5]), **inputs).quantiles,
    rtol=1e-6,
  )
  with pytest.raises(ValueError, match='both min_vals and max_vals'):
    make(2, min_vals=(0.0,)).init(jax.random.key(0), state, **inputs)


def test_a_fraction_needs_a_hidden_layer():
  network = MLPImplicitQuantileNetwork(2, num_layers=0)
  with pytest.raises(ValueError, match='num_layers must be at least 1'):
    network.init(jax.random.key(0), jnp.zeros((2, 1)), jnp.ones(1))
