"""MinAtar's networks: sizes, initial values and the convolution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import traverse_util

from reincarnating_rl.learner.types import CategoricalOutput, QOutput
from reincarnating_rl.networks import minatar_networks

_STATES = (
  np.random.default_rng(0).integers(2, size=(5, 10, 10, 4, 1)).astype(np.uint8)
)
_SUPPORT = jnp.linspace(-10.0, 10.0, 5)


def _shapes(params):
  flat = traverse_util.flatten_dict(params['params'], sep='/')
  return {path: leaf.shape for path, leaf in flat.items()}


def test_the_network_of_young_and_tian():
  network = minatar_networks.MinAtarDQNNetwork(num_actions=3)
  params = network.init(jax.random.key(0), _STATES[0])
  assert _shapes(params) == {
    'Conv_0/kernel': (3, 3, 4, 16),
    'Conv_0/bias': (16,),
    'Dense_0/kernel': (8 * 8 * 16, 128),
    'Dense_0/bias': (128,),
    'Dense_1/kernel': (128, 3),
    'Dense_1/bias': (3,),
  }
  output = network.apply(params, _STATES[0])
  assert isinstance(output, QOutput) and output.q_values.shape == (3,)


def test_initial_values_are_xaviers():
  network = minatar_networks.MinAtarDQNNetwork(num_actions=3)
  layers = network.init(jax.random.key(0), _STATES[0])['params']
  for name, fan_in, fan_out in (
    ('Conv_0', 9 * 4, 9 * 16),
    ('Dense_0', 1024, 128),
    ('Dense_1', 128, 3),
  ):
    largest = np.abs(layers[name]['kernel']).max()
    bound = np.sqrt(6 / (fan_in + fan_out))
    assert 0.9 * bound < largest <= bound
    assert not layers[name]['bias'].any()


def test_patches_make_xlas_convolution():
  images = np.random.default_rng(1).normal(size=(2, 10, 9, 4))
  kernel = np.random.default_rng(2).normal(size=(3, 2, 4, 16))
  images, kernel = images.astype(np.float32), kernel.astype(np.float32)
  expected = jax.lax.conv_general_dilated(
    images,
    kernel,
    window_strides=(1, 1),
    padding='VALID',
    dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
  )
  found = minatar_networks.convolve_patches(images, kernel)
  assert found.shape == (2, 8, 8, 16)
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
  'network',
  [
    minatar_networks.MinAtarDQNNetwork(3),
    minatar_networks.MinAtarImpalaDQNNetwork(3),
  ],
  ids=lambda n: type(n).__name__,
)
def test_a_batch_is_its_states(network):
  params = network.init(jax.random.key(0), _STATES[0])
  batch = jax.vmap(network.apply, in_axes=(None, 0))(params, _STATES).q_values
  assert np.ptp(batch, axis=0).min() > 1e-3
  for state, q_values in zip(_STATES, batch, strict=True):
    np.testing.assert_allclose(
      network.apply(params, state).q_values, q_values, rtol=1e-4, atol=1e-5
    )


def test_a_stack_is_further_channels():
  network = minatar_networks.MinAtarDQNNetwork(num_actions=3)
  params = network.init(jax.random.key(0), np.zeros((10, 10, 6, 2), np.uint8))
  assert params['params']['Conv_0']['kernel'].shape == (3, 3, 12, 16)


def test_the_residual_network():
  network = minatar_networks.MinAtarImpalaDQNNetwork(3, width_scale=2)
  params = network.init(jax.random.key(0), _STATES[0])
  shapes = _shapes(params)
  assert shapes['encoder/_stacks_0/Conv_0/kernel'] == (3, 3, 4, 32)
  assert shapes['encoder/_stacks_1/Conv_4/kernel'] == (3, 3, 64, 64)
  assert shapes['Dense_0/kernel'] == (3 * 3 * 64, 128)
  assert sum('Conv' in name for name in shapes) == 2 * 2 * 5


@pytest.mark.parametrize(
  ('name', 'features'),
  [
    ('MinAtarImpalaRainbowNetwork', 288),
    pytest.param('MinAtarRainbowNetwork', 1024, marks=pytest.mark.soak),
  ],
)
def test_rainbows_head_comes_along(name, features):
  make = getattr(minatar_networks, name)
  network = make(3, num_atoms=5)
  params = network.init(jax.random.key(0), _STATES[0], _SUPPORT)
  shapes = _shapes(params)
  assert shapes['NoisyNetwork_0/kernel_mu'] == (features, 128)
  heads = {shapes[f'NoisyNetwork_{i}/kernel_mu'] for i in (1, 2)}
  assert heads == {(128, 15), (128, 5)}  # Advantages and value.
  output = network.apply(
    params, _STATES[0], _SUPPORT, key=jax.random.PRNGKey(1)
  )
  assert isinstance(output, CategoricalOutput)
  assert output.logits.shape == (3, 5)
  plain = make(3, num_atoms=1, noisy=False, dueling=False, distributional=False)
  params = plain.init(jax.random.key(0), _STATES[0], None)
  assert plain.apply(params, _STATES[0], None).q_values.shape == (3,)


def test_the_quantile_networks():
  network = minatar_networks.MinAtarQuantileNetwork(3, num_atoms=5)
  params = network.init(jax.random.key(0), _STATES[0])
  shapes = _shapes(params)
  assert shapes['Conv_0/kernel'] == (3, 3, 4, 16)
  assert shapes['Dense_0/kernel'] == (1024, 128)
  assert shapes['Dense_1/kernel'] == (128, 15)
  output = network.apply(params, _STATES[0])
  assert output.quantiles.shape == (3, 5)
  implicit = minatar_networks.MinAtarImplicitQuantileNetwork(
    3, quantile_embedding_dim=7
  )
  fractions = jnp.array([0.2, 0.9])
  params = implicit.init(jax.random.key(0), _STATES[0], fractions)
  shapes = _shapes(params)
  assert shapes['Dense_0/kernel'] == (7, 1024)
  assert shapes['Dense_1/kernel'] == (1024, 128)
  assert shapes['Dense_2/kernel'] == (128, 3)
  output = implicit.apply(params, _STATES[0], fractions)
  assert output.quantiles.shape == (3, 2)
  largest = np.abs(params['params']['Conv_0']['kernel']).max()
  assert largest <= np.sqrt(3.0 / np.sqrt(3.0) / 36)  # Dopamine's, fan-in.
