"""Where the axes of another library's observations are among a state's.

A game gives states [*O, S], the stacked observations last. Other libraries
stack, flatten and transpose them in ways of their own.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from reincarnating_rl.teachers.errors import MismatchedTeacherError

Axes = tuple[int, ...]
"""Axes of a state [*O, S], in the order in which a teacher has them."""


def find(shape: tuple[int, ...], state_shape: tuple[int, ...]) -> Axes | None:
  """Finds the order in which observations of a shape have a state's numbers.

  Args:
    shape: of what the teacher observed, stacked; axes may have become one.
    state_shape: (*O, S), of one state of the game.

  Returns:
    The order; None if the game gives no such observations.

  Raises:
    MismatchedTeacherError: there are several such orders.
  """
  stack = len(state_shape) - 1
  if state_shape[-1] == 1 and shape == state_shape[:-1]:
    return (stack, *range(stack))
  fitting = {
    _without_ones(axes, state_shape): axes
    for given, axes in _usual(state_shape)
    if given == shape
  }
  if len(fitting) > 1:
    raise MismatchedTeacherError(
      f'Observations of shape {shape} can be states of shape {state_shape} in '
      f'{len(fitting)} ways; convert the teacher where its game is.'
    )
  return next(iter(fitting.values()), None)


def _usual(
  state_shape: tuple[int, ...],
) -> Iterator[tuple[tuple[int, ...], Axes]]:
  """Yields what libraries make of a state, and the order of its axes."""
  *observation, stack = state_shape
  last = len(observation)
  yield (stack, *observation), (last, *range(last))
  if not observation:
    return
  # VecFrameStack of Stable-Baselines3 joins the stack and the last axis.
  *sides, channels = observation
  yield (*sides, stack * channels), (*range(last - 1), last, last - 1)
  # Or, for images whose channels are first, the stack and the first axis.
  first, *others = observation
  yield (stack * first, *others), (last, *range(last))
  if len(sides) == 2:  # An image, which VecTransposeImage transposes.
    yield (stack * channels, *sides), (last, last - 1, 0, 1)


def _without_ones(axes: Axes, state_shape: tuple[int, ...]) -> Axes:
  """Leaves out axes of length one, which are of no consequence."""
  return tuple(axis for axis in axes if state_shape[axis] != 1)


def to_state(
  array: Any, axes: Axes, state_shape: tuple[int, ...], more: int = 0
) -> np.ndarray:
  """Orders numbers as a state has them.

  Args:
    array: numbers in the order of `axes`, joined or not, then `more` axes.
    axes: of the state.
    state_shape: (*O, S).
    more: how many axes of `array` are left as they are, the last.

  Returns:
    [*O, S, *more].
  """
  rest = np.shape(array)[np.ndim(array) - more :]
  split = np.reshape(array, (*(state_shape[axis] for axis in axes), *rest))
  kept = range(len(axes), len(axes) + more)
  return split.transpose(*np.argsort(axes), *kept)


def of_layout(layout: str, rank: int) -> Axes:
  """Returns the order in which a network flattens what it is given.

  Args:
    layout: 'channels_first' or 'channels_last'.
    rank: how many axes there are.
  """
  if layout == 'channels_first':
    return (rank - 1, *range(rank - 1))
  return tuple(range(rank))


def flattened(
  kernel: np.ndarray, axes: Axes, size: tuple[int, ...]
) -> np.ndarray:
  """Orders the inputs of a linear layer for what is flattened here.

  Args:
    kernel: [N, out], of something flattened in the order of `axes`.
    axes: of what is flattened.
    size: of it, N numbers.

  Returns:
    [N, out], of the same flattened as it is.
  """
  return to_state(kernel, axes, size, more=1).reshape(kernel.shape)


def stack_last(kernel: np.ndarray, state_shape: tuple[int, ...]) -> np.ndarray:
  """Orders what a convolution takes of a stack of images with channels.

  Other libraries have the images of the stack before the channels of each; here
  the channels C * S of a state are [C, S].

  Args:
    kernel: [height, width, S * C, out].
    state_shape: [H, W, C, S]; of any other, nothing is to be done.
  """
  if len(state_shape) < 4:
    return kernel
  channels, stack = state_shape[2:]
  height, width, _, outputs = kernel.shape
  split = kernel.reshape(height, width, stack, channels, outputs)
  return split.swapaxes(2, 3).reshape(kernel.shape)
