"""Whether a network sees the channels of images."""

from collections.abc import Iterable


def check_depth(
  shapes: Iterable[tuple[int, ...]], state_shape: tuple[int, ...]
) -> None:
  """Checks that a network sees the colours of images, whoever wrote it.

  Flax takes [H, W, C, S] for H images of W x C pixels and S channels, as a
  network for grey frames does that is given such a state.

  Args:
    shapes: of the network's parameters.
    state_shape: of the states that it is called with.

  Raises:
    ValueError: it has convolutions, of which none takes the channels.
  """
  if len(state_shape) != 4 or state_shape[2] == 1:
    return
  *_, channels, stack = state_shape
  depths = {shape[2] for shape in shapes if len(shape) == 4}
  # Whoever convolves each image by itself has C of them.
  if depths and not depths & {channels, channels * stack}:
    raise ValueError(
      f'Its convolutions take {" or ".join(map(str, sorted(depths)))} '
      f'channels, but states of shape {state_shape} have {channels * stack}.'
    )
