"""Of which sizes the images are that convolutions take."""

from collections.abc import Sequence

from reincarnating_rl.networks.layered import Convolution

_MAX_SIDE = 1024  # Pixels; of the images tried.


def after(
  convolutions: Sequence[Convolution], size: tuple[int, ...]
) -> tuple[int, ...]:
  """Returns what convolutions make of an image.

  Args:
    convolutions: in their order.
    size: height, width and channels of the image; anything if there are no
      convolutions.

  Returns:
    Height, width and channels; not positive if the image is too small.
  """
  if not convolutions:
    return size
  height, width, channels = size
  for features, kernel, stride, padding in convolutions:
    height = _side(height, kernel[0], stride, padding)
    width = _side(width, kernel[1], stride, padding)
    channels = features
  return height, width, channels


def _side(side: int, kernel: int, stride: int, padding: int | str) -> int:
  if isinstance(padding, str):  # 'SAME'
    return -(-side // stride)
  return (side + 2 * padding - kernel) // stride + 1


def fitting(
  convolutions: Sequence[Convolution], inputs: int
) -> tuple[int, int] | None:
  """Finds the square images of which convolutions make so many numbers.

  Args:
    convolutions: in their order; at least one.
    inputs: how many numbers the next layer takes.

  Returns:
    The shortest and the longest side; None if there is none.
  """
  sides = []
  for side in range(1, _MAX_SIDE + 1):
    height, width, channels = after(convolutions, (side, side, 1))
    if height > 0 and height * width * channels == inputs:
      sides.append(side)
  return (sides[0], sides[-1]) if sides else None
