"""Networks that see all channels of images, and others."""

import pytest

from reincarnating_rl.networks import channels


@pytest.mark.parametrize(
  ('shapes', 'state_shape'),
  [
    ([(8, 8, 4, 32), (512,)], (84, 84, 4)),
    ([(8, 8, 6, 32), (3, 3, 32, 5)], (24, 24, 3, 2)),
    ([(8, 8, 3, 32)], (24, 24, 3, 2)),  # Each image by itself.
    ([(8, 8, 2, 32)], (24, 24, 1, 2)),
    ([(1728, 32)], (24, 24, 3, 1)),
  ],
)
def test_networks_that_see_all_channels(shapes, state_shape):
  channels.check_depth(shapes, state_shape)


def test_a_network_that_takes_rows_for_a_batch():
  """As Dopamine's own does."""
  with pytest.raises(ValueError, match=r'take 1 or 32 channels, .* have 3'):
    channels.check_depth([(8, 8, 1, 32), (4, 4, 32, 64)], (24, 24, 3, 1))
