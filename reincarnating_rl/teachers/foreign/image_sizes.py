"""Of which sizes the images are that convolutions take."""

import math
from collections.abc import Mapping
from typing import Any

_MAX_SIDE = 1024  # Pixels; of the images tried.


def after(
  network: Mapping[str, Any], state_shape: tuple[int, ...]
) -> tuple[int, ...]:
  """Returns what the stacks and convolutions of a network make of a state.

  Args:
    network: fields of a `LayeredNetwork`.
    state_shape: height, width and channels of an image, the stack last, or the
      channels and the stack; anything if there are neither stacks nor
      convolutions.

  Returns:
    Height, width and channels; not positive if the image is too small.
  """
  if not has_images(network):
    return state_shape
  height, width, *last = state_shape
  channels = math.prod(last)
  for features in network['residual']:  # Each ends in a pooling of stride 2.
    height, width, channels = -(-height // 2), -(-width // 2), features
  for features, kernel, stride, padding in network['convolutions']:
    height = _side(height, kernel[0], stride, padding)
    width = _side(width, kernel[1], stride, padding)
    channels = features
  return height, width, channels


def has_images(network: Mapping[str, Any]) -> bool:
  """Tells whether a network begins with layers for images."""
  return bool(network['residual'] or network['convolutions'])


def _side(side: int, kernel: int, stride: int, padding: int | str) -> int:
  if isinstance(padding, str):  # 'SAME'
    return -(-side // stride)
  return (side + 2 * padding - kernel) // stride + 1


def fitting(network: Mapping[str, Any], inputs: int) -> tuple[int, int] | None:
  """Finds the square images of which a network makes so many numbers.

  Args:
    network: fields of a `LayeredNetwork` that begins with images.
    inputs: how many numbers its first linear layer takes.

  Returns:
    The shortest and the longest side; None if there is none.
  """
  sides = []
  for side in range(1, _MAX_SIDE + 1):
    size = after(network, (side, side, 1))
    if min(size) > 0 and math.prod(size) == inputs:
      sides.append(side)
  return (sides[0], sides[-1]) if sides else None
