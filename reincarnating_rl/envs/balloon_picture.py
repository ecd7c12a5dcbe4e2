"""The picture of a flight that is under way, from above."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_SIDE = 400  # Pixels of the picture; its height has two lines of text more.
_FOOT = 44
_FINER = 2  # It is drawn so much larger, because Pillow's lines are ragged.
_RADIUS_KM = 50.0  # Within which the balloon keeps the station.
_NEAR_KM = 125.0  # The map goes so far, or as far as the balloon.
_SKY, _NEAR, _RIM = '#10202e', '#1d3a4d', '#6f8fa5'
_TRACK, _BALLOON, _STATION, _TEXT = '#4aa8e8', '#ff8748', '#f2c14e', '#e4e8ee'


def draw(infos: Sequence[dict[str, Any]]) -> np.ndarray:
  """Draws the track around the station, and how the balloon is.

  Args:
    infos: of `BalloonGame.step`, from the start to now.

  Returns:
    [H, W, 3] uint8.
  """
  size = (_FINER * _SIDE, _FINER * (_SIDE + _FOOT))
  image = Image.new('RGB', size, _SKY)
  pen = ImageDraw.Draw(image)
  track = np.array([(info['x_km'], info['y_km']) for info in infos])
  reach = max(_NEAR_KM, 1.08 * float(np.abs(track).max()))
  per_km = size[0] / (2 * reach)
  points = size[0] / 2 + per_km * track * (1, -1)  # North is up.
  center = (size[0] / 2, size[0] / 2)
  pen.circle(center, per_km * _RADIUS_KM, _NEAR, _RIM, width=_FINER)
  pen.circle(center, 4 * _FINER, _STATION)
  if len(points) > 1:
    pen.line([tuple(p) for p in points], _TRACK, 2 * _FINER, joint='curve')
  pen.circle(tuple(points[0]), 5 * _FINER, None, _TEXT, width=_FINER)
  pen.circle(tuple(points[-1]), 6 * _FINER, _BALLOON)
  font = ImageFont.load_default(13 * _FINER)
  for row, text in enumerate(_told(infos[-1])):
    corner = (8 * _FINER, _FINER * (_SIDE + 4 + 18 * row))
    pen.text(corner, text, _TEXT, font)
  return np.asarray(image.reduce(_FINER))


def _told(info: dict[str, Any]) -> tuple[str, str]:
  distance = np.hypot(info['x_km'], info['y_km'])
  hours = info['elapsed_seconds'] / 3600
  return (
    f'after {hours:.1f} hours: {distance:.0f} km from the station',
    f'{info["altitude"] / 1000:.1f} km high, battery '
    f'{info["battery_soc"]:.0%}, pump {info["acs_power"]:.0f} W',
  )
