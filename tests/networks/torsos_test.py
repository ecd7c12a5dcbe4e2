"""Torsos, by hand numbers."""

import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from reincarnating_rl.networks import torsos


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
