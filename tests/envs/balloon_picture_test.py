"""The picture of a flight under way, of made-up flights."""

import numpy as np

from reincarnating_rl.envs import balloon_picture

BALLOON, STATION = (0xFF, 0x87, 0x48), (0xF2, 0xC1, 0x4E)


def info(x_km, y_km):
  return {
    'x_km': x_km,
    'y_km': y_km,
    'altitude': 17_000.0,
    'battery_soc': 0.5,
    'acs_power': 100.0,
    'elapsed_seconds': 3600.0,
  }


def place(picture, color):
  """Returns how far right and down the middle of a colour is, in pixels."""
  rows, columns = np.nonzero((picture == color).all(axis=2))
  return columns.mean(), rows.mean()


def test_north_is_up_and_east_is_right():
  picture = balloon_picture.draw([info(0.0, 0.0), info(62.5, 31.25)])
  assert picture.dtype == np.uint8 and picture.shape[2] == 3
  station, balloon = (place(picture, c) for c in (STATION, BALLOON))
  # The map goes 125 km in 200 pixels.
  np.testing.assert_allclose(station, 200, atol=2)
  np.testing.assert_allclose(balloon, (300, 150), atol=2)


def test_the_map_grows_with_the_flight():
  near = balloon_picture.draw([info(10.0, 10.0)])
  far = balloon_picture.draw([info(10.0, 10.0), info(-400.0, 10.0)])
  assert near.shape == far.shape
  assert 0 < place(far, BALLOON)[0] < 30
