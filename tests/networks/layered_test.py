"""The network that data describe; against PyTorch in tests/teachers."""

import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.networks.layered import ACTIVATIONS, LayeredNetwork


def _run(state, seed=0, **fields):
  network = LayeredNetwork(num_actions=3, **fields)
  params = jax.jit(network.init)(jax.random.key(seed), state)
  return params, jax.jit(network.apply)(params, state)


_IMAGES = {
  'residual': (3, 2),
  'pool_padding': 1,
  'convolutions': ((5, (4, 3), 2, 1), (6, (3, 3), 1, 'SAME')),
  'hidden': (7,),
  'activation': ('relu', 'tanh', 'elu'),
  'scale': 255.0,
  'output': 'categorical',
  'num_atoms': 5,
  'value_range': (-1.0, 3.0),
}


def test_fields_survive_json():
  state = np.random.default_rng(0).integers(256, size=(20, 24, 4)).astype('u1')
  params, output = _run(state, **_IMAGES)
  assert params['params']['Conv_1']['kernel'].shape == (3, 3, 5, 6)
  again, same = _run(state, **json.loads(json.dumps(_IMAGES)))
  jax.tree.map(np.testing.assert_array_equal, (params, output), (again, same))


def test_outputs_of_one_linear_layer():
  """Worked by hand: the head's numbers are those of its kernel."""
  state = jnp.array([[2.0]])
  numbers = np.log(np.array([[1, 2, 1], [1, 1, 2], [2, 1, 1]], np.float32))
  params = {'kernel': numbers.reshape(1, 9) / 2, 'bias': jnp.zeros(9)}
  fields = {'num_atoms': 3, 'output': 'categorical', 'value_range': (-4.0, 4.0)}

  def run(**fields):
    network = LayeredNetwork(num_actions=3, **fields)
    return network.apply({'params': {'Dense_0': params}}, state)

  output = run(**fields)
  np.testing.assert_allclose(output.q_values, [0.0, 1.0, -1.0], atol=1e-6)
  np.testing.assert_allclose(output.logits, numbers, rtol=1e-6)
  output = run(num_atoms=3, output='quantiles')
  np.testing.assert_allclose(output.quantiles, numbers, rtol=1e-6)
  np.testing.assert_allclose(output.q_values, [math.log(2) / 3] * 3, rtol=1e-6)
  params = {'kernel': jnp.array([[1.0, 2.0, 3.0]]), 'bias': jnp.ones(3)}
  np.testing.assert_allclose(run(scale=4.0).q_values, [1.5, 2.0, 2.5])
  policy = run(output='policy')
  np.testing.assert_allclose(policy.logits, [3.0, 5.0, 7.0])
  assert policy.value is None


def test_activations():
  x = np.linspace(-3.0, 3.0, 7, dtype=np.float32)
  sigmoid = 1 / (1 + np.exp(-x))
  erf = np.array([math.erf(value / math.sqrt(2)) for value in x])
  expected = {
    'relu': np.maximum(x, 0),
    'tanh': np.tanh(x),
    'elu': np.where(x > 0, x, np.expm1(x)),
    'gelu': x * (1 + erf) / 2,
    'leaky_relu': np.where(x > 0, x, 0.01 * x),
    'sigmoid': sigmoid,
    'silu': x * sigmoid,
  }
  assert expected.keys() == ACTIVATIONS.keys()
  for name, values in expected.items():
    np.testing.assert_allclose(
      ACTIVATIONS[name](x), values, rtol=1e-5, atol=1e-6, err_msg=name
    )


@pytest.mark.parametrize(
  'fields',
  [
    {'hidden': (4,), 'activation': 'swoosh'},
    {'hidden': (4,), 'activation': ('relu', 'relu')},
    {'output': 'q_values', 'num_atoms': 2},
    {'output': 'policy', 'num_atoms': 2},
    {'output': 'categorical', 'num_atoms': 2},
    {'output': 'quartiles'},
  ],
)
def test_fields_that_contradict_each_other(fields):
  with pytest.raises(ValueError, match='There|atoms'):
    _run(np.ones((3, 1), np.float32), **fields)


def test_observations_are_normalized_by_their_statistics():
  """By hand; the mean has a part that a float of 32 bits cannot hold."""
  fields = {'normalized': True, 'clip': 2.0}
  state = np.array([[0.7], [9.0]], np.float32)
  params, _ = _run(state, **fields)
  shapes = jax.tree.map(np.shape, params['params']['observations'])
  assert shapes == {'mean': (2, 2, 1), 'deviation': (2, 1)}
  mean = np.array([0.7 - 1e-9, 3.0])
  rounded = mean.astype(np.float32)
  params['params']['observations'] = {
    'mean': np.stack([rounded, mean - rounded])[..., None].astype(np.float32),
    'deviation': np.array([[1e-4], [2.0]], np.float32),
  }
  kernel = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)
  params['params']['Dense_0'] = {'kernel': kernel, 'bias': np.zeros(3)}
  network = LayeredNetwork(num_actions=3, **fields)
  expected = (np.float64(state[0, 0]) - mean[0]) / 1e-4
  values = network.apply(params, state).q_values
  np.testing.assert_allclose(values, [expected, 2.0, 0.0], rtol=1e-4, atol=1e-9)
  values = LayeredNetwork(num_actions=3, normalized=True).apply(params, state)
  np.testing.assert_allclose(values.q_values[1], 3.0)
  # Nothing trains them.
  gradients = jax.grad(
    lambda params: network.apply(params, state).q_values.sum()
  )(params)['params']
  assert not any(map(np.any, jax.tree.leaves(gradients['observations'])))
  assert np.any(gradients['Dense_0']['kernel'])
