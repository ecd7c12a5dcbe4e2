"""Torsos, by hand numbers."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from reincarnating_rl.networks import (
  layered,
  policy_networks,
  q_networks,
  quantile_networks,
  rainbow_networks,
  torsos,
)


class _Wrapped(nn.Module):
  """The Nature torso inside a compact module."""

  @nn.compact
  def __call__(self, x):
    return torsos.nature_torso(x)


def test_pixels_go_to_the_unit_interval():
  scaled = torsos.preprocess_pixels(jnp.array([0, 51, 255], jnp.uint8))
  assert scaled.dtype == jnp.float32
  np.testing.assert_allclose(scaled, [0.0, 0.2, 1.0], rtol=1e-7)


def test_ranges_go_to_minus_one_and_one():
  state = jnp.array([-2.0, 0.0, 5.0])
  scaled = torsos.rescale(state, (-2.0, -4.0, 1.0), (2.0, 4.0, 5.0))
  np.testing.assert_allclose(scaled, [-1.0, 0.0, 1.0], atol=1e-7)


def test_parameter_names_stay_flat_inside_a_module():
  params = _Wrapped().init(jnp.array([0, 1], jnp.uint32), jnp.ones((84, 84, 4)))
  assert sorted(params['params']) == ['Conv_0', 'Conv_1', 'Conv_2', 'Dense_0']
  # Padded: 84 -> 21 -> 11 -> 11, unlike the 7 of the unpadded original.
  assert params['params']['Dense_0']['kernel'].shape == (11 * 11 * 64, 512)


def test_channels_are_of_the_last_two_axes():
  state = np.arange(2 * 3 * 5 * 2, dtype=np.uint8).reshape(2, 3, 5, 2)
  image = torsos.as_image(jnp.asarray(state))
  assert image.dtype == jnp.float32
  np.testing.assert_array_equal(image, state.reshape(2, 3, 10))
  np.testing.assert_array_equal(
    torsos.as_image(jnp.asarray(state[..., 0])), state[..., 0]
  )


@pytest.mark.parametrize('shape', [(4,), (4, 1), (8, 8, 3, 2, 1)])
def test_what_is_no_image_is_refused(shape):
  with pytest.raises(ValueError, match='Convolutions take images'):
    torsos.as_image(jnp.ones(shape))


_NETWORKS = {
  q_networks.NatureDQNNetwork: {},
  q_networks.UnpaddedDQNNetwork: {},
  q_networks.CompactDQNNetwork: {},
  q_networks.PatchDQNNetwork: {},
  q_networks.ImpalaDQNNetwork: {},
  quantile_networks.QuantileNetwork: {},
  policy_networks.NaturePolicyNetwork: {},
  rainbow_networks.NatureRainbowNetwork: {'num_atoms': 3},
  rainbow_networks.CompactRainbowNetwork: {'num_atoms': 3},
  rainbow_networks.ImpalaRainbowNetwork: {'num_atoms': 3},
  layered.LayeredNetwork: {'convolutions': ((5, (8, 8), 4, 0),)},
}


@pytest.mark.parametrize('network', _NETWORKS)
def test_images_with_colours_are_no_batch_of_rows(network):
  """Flax takes axes that it does not know for a batch."""
  module = network(num_actions=2, **_NETWORKS[network])
  inputs = {'support': jnp.ones(3)} if 'Rainbow' in network.__name__ else {}

  def shapes(*shape):
    init = functools.partial(module.init, jax.random.key(0), **inputs)
    params = jax.eval_shape(init, jax.ShapeDtypeStruct(shape, np.uint8))
    return jax.tree.map(lambda leaf: leaf.shape, params)

  colours = shapes(40, 36, 3, 2)
  assert colours == shapes(40, 36, 6)
  assert colours != shapes(40, 36, 3)
