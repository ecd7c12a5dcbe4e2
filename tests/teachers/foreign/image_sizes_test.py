"""Sizes of images, against the network itself."""

import jax
import numpy as np
import pytest

from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.teachers.foreign import image_sizes


@pytest.mark.parametrize('size', [(36, 40), (37, 43), (49, 48)])
@pytest.mark.parametrize('padding', [0, 2, 'SAME'])
@pytest.mark.parametrize('residual', [(), (3, 2)])
def test_what_is_left_of_an_image(size, padding, residual):
  network = {
    'residual': residual,
    'pool_padding': 'SAME' if padding == 'SAME' else 1,
    'convolutions': ((5, (4, 3), 2, padding), (3, (2, 2), 1, padding)),
  }
  module = LayeredNetwork(num_actions=1, **network)
  state = jax.ShapeDtypeStruct((*size, 4), np.uint8)
  shapes = jax.eval_shape(module.init, jax.random.key(0), state)
  inputs = shapes['params']['Dense_0']['kernel'].shape[0]
  assert np.prod(image_sizes.after(network, (*size, 4))) == inputs


def test_images_that_fit():
  network = {'residual': (), 'convolutions': ((2, (8, 8), 4, 0),)}
  assert image_sizes.fitting(network, 2 * 20 * 20) == (84, 87)
  assert image_sizes.fitting(network, 2 * 20 * 21) is None
  assert image_sizes.fitting(network, 2**60) is None
