"""The noisy layer by its equations."""

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.networks.noisy import NoisyNetwork


def _apply(params, x, key):
  return NoisyNetwork(features=len(params['bias_mu'])).apply(
    {'params': params}, x, key
  )


def test_the_mean_parameters_alone_without_a_key():
  params = {
    'kernel_mu': jnp.array([[1.0, 0.0], [2.0, -1.0]]),
    'kernel_sigma': jnp.full((2, 2), 5.0),
    'bias_mu': jnp.array([0.5, 0.0]),
    'bias_sigma': jnp.full(2, 5.0),
  }
  output = _apply(params, jnp.array([1.0, 3.0]), None)
  np.testing.assert_allclose(output, [7.5, -3.0])


def test_noise_is_factorised():
  """Eq. 10 and 11: the kernel's noise is an outer product, of rank 1."""
  params = {
    'kernel_mu': jnp.zeros((3, 4)),
    'kernel_sigma': jnp.ones((3, 4)),
    'bias_mu': jnp.zeros(4),
    'bias_sigma': jnp.ones(4),
  }
  key = jax.random.key(2)
  bias = _apply(params, jnp.zeros(3), key)
  rows = np.stack([_apply(params, x, key) - bias for x in np.eye(3)])
  # f(p_i) f(q_j), where the bias is f(q_j).
  ratios = rows / bias[None]
  np.testing.assert_allclose(ratios, ratios[:, :1].repeat(4, 1), rtol=1e-5)
  assert len(set(ratios[:, 0].round(5).tolist())) == 3


def test_noise_is_the_signed_root_of_a_normal():
  """f(x)^2 is |x|: its mean is sqrt(2 / pi), and f is even in distribution."""
  params = {
    'kernel_mu': jnp.zeros((1, 20_000)),
    'kernel_sigma': jnp.zeros((1, 20_000)),
    'bias_mu': jnp.zeros(20_000),
    'bias_sigma': jnp.ones(20_000),
  }
  noise = np.asarray(_apply(params, jnp.zeros(1), jax.random.key(0)))
  np.testing.assert_allclose(np.mean(noise**2), np.sqrt(2 / np.pi), atol=0.02)
  np.testing.assert_allclose(np.mean(noise), 0.0, atol=0.02)


def test_one_feature_keeps_its_dimension():
  params = NoisyNetwork(1).init(jax.random.key(0), jnp.ones(2), None)
  key = jax.random.key(0)
  assert NoisyNetwork(1).apply(params, jnp.ones(2), key).shape == (1,)


def test_initial_parameters():
  """Section 3.2, with Dopamine's 0.1 in place of 0.5."""
  layer = NoisyNetwork(features=500)
  params = layer.init(jax.random.key(0), jnp.ones(16), None)['params']
  np.testing.assert_allclose(params['kernel_sigma'], 0.1 / 4)
  np.testing.assert_allclose(params['bias_sigma'], 0.1 / 4)
  for name in ('kernel_mu', 'bias_mu'):
    assert np.all(np.abs(params[name]) <= 0.25)
    np.testing.assert_allclose(np.std(params[name]), 0.25 / 3**0.5, rtol=0.1)
