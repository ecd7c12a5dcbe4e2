"""Torsos: what turns one state into features.

They are functions to be called inside a compact module, not modules, so that
the parameters keep the flat names (`Conv_0`, `Dense_0`, ...) under which
Dopamine's checkpoints hold them.
"""

import math
from collections.abc import Sequence

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import Array

# Features, kernel side and stride of Mnih et al. 2015, Methods.
_NATURE_CONVOLUTIONS = ((32, 8, 4), (64, 4, 2), (64, 3, 1))
# The same of Mnih et al. 2013, section 4.1.
_COMPACT_CONVOLUTIONS = ((16, 8, 4), (32, 4, 2))
# 84 x 84 pixels are 12 x 12 patches.
_PATCH_CONVOLUTIONS = ((32, 7, 7), (32, 3, 2))

HIDDEN_UNITS = 512
COMPACT_HIDDEN_UNITS = 256

Initializer = nn.initializers.Initializer
kernel_initializer = nn.initializers.xavier_uniform()
# Of Dopamine's C51 and quantile networks.
fan_in_initializer = nn.initializers.variance_scaling(
  scale=1.0 / math.sqrt(3.0), mode='fan_in', distribution='uniform'
)


def preprocess_pixels(state: Array) -> Array:
  """Scales uint8 pixels to float32 in [0, 1]; any shape."""
  return state.astype(jnp.float32) / 255.0


def as_image(state: Array) -> Array:
  """Makes channels of a state's last axes: of the stack, and of colours.

  Args:
    state: [H, W, S], or [H, W, C, S] of observations that have channels.

  Returns:
    [H, W, C * S] float32.

  Raises:
    ValueError: the state is no image. Flax would take what is left of its
      first axes for a batch, and answer without a word.
  """
  if state.ndim not in (3, 4):
    raise ValueError(
      f'Convolutions take images, states of shape (height, width, stack) or '
      f'(height, width, channels, stack), not {tuple(state.shape)}.'
    )
  return state.astype(jnp.float32).reshape(*state.shape[:2], -1)


def rescale(
  state: Array, min_vals: tuple[float, ...], max_vals: tuple[float, ...]
) -> Array:
  """Maps each entry of `state[N]` from its range to [-1, 1].

  Args:
    state: [N] float32.
    min_vals: N smallest values.
    max_vals: N largest values.

  Returns:
    [N] float32.
  """
  low, high = jnp.array(min_vals), jnp.array(max_vals)
  return 2.0 * ((state - low) / (high - low)) - 1.0


def nature_convolutions(
  state: Array,
  *,
  kernel_init: Initializer = kernel_initializer,
  padding: str = 'SAME',
) -> Array:
  """The three convolutions of Mnih et al. 2015, flattened.

  Args:
    state: [H, W, S] float32, or [H, W, C, S].
    kernel_init: of the kernels.
    padding: 'SAME', as Dopamine's value networks have it, or 'VALID'.

  Returns:
    [F] features; F is 7744 of 84 x 84 pixels padded, 3136 unpadded.
  """
  return _convolve(
    state, _NATURE_CONVOLUTIONS, kernel_init=kernel_init, padding=padding
  )


def _convolve(
  state: Array,
  convolutions: Sequence[tuple[int, int, int]],
  *,
  kernel_init: Initializer,
  padding: str,
) -> Array:
  x = as_image(state)
  for features, side, stride in convolutions:
    convolution = nn.Conv(
      features=features,
      kernel_size=(side, side),
      strides=(stride, stride),
      padding=padding,
      kernel_init=kernel_init,
    )
    x = nn.relu(convolution(x))
  return x.reshape(-1)


def nature_torso(
  state: Array,
  *,
  kernel_init: Initializer = kernel_initializer,
  padding: str = 'SAME',
) -> Array:
  """Three convolutions and a hidden layer of 512 (Mnih et al. 2015).

  Args:
    state: [H, W, S] float32, or [H, W, C, S].
    kernel_init: of every kernel.
    padding: of the convolutions.

  Returns:
    [512] features.
  """
  x = nature_convolutions(state, kernel_init=kernel_init, padding=padding)
  return _hidden(x, HIDDEN_UNITS, kernel_init)


def compact_convolutions(state: Array) -> Array:
  """The two convolutions of Mnih et al. 2013, flattened.

  Args:
    state: [H, W, S] float32, or [H, W, C, S].

  Returns:
    [F] features; F is 2592 of 84 x 84 pixels.
  """
  settings = {'kernel_init': kernel_initializer, 'padding': 'VALID'}
  return _convolve(state, _COMPACT_CONVOLUTIONS, **settings)


def compact_torso(state: Array) -> Array:
  """Two convolutions and a hidden layer of 256 (Mnih et al. 2013).

  Args:
    state: [H, W, S] float32, or [H, W, C, S].

  Returns:
    [256] features.
  """
  return _hidden(compact_convolutions(state), COMPACT_HIDDEN_UNITS)


def patch_torso(state: Array) -> Array:
  """A convolution over patches, and a hidden layer of 256.

  A vision transformer takes such patches (Dosovitskiy et al. 2021): each pixel
  is in one of them, where other torsos see it in four windows.

  Args:
    state: [H, W, S] float32, or [H, W, C, S].

  Returns:
    [256] features.
  """
  settings = {'kernel_init': kernel_initializer, 'padding': 'VALID'}
  x = _convolve(state, _PATCH_CONVOLUTIONS, **settings)
  return _hidden(x, COMPACT_HIDDEN_UNITS)


def _hidden(
  x: Array, units: int, kernel_init: Initializer = kernel_initializer
) -> Array:
  return nn.relu(nn.Dense(units, kernel_init=kernel_init)(x))


def mlp_torso(
  state: Array,
  num_layers: int,
  hidden_units: int,
  kernel_init: Initializer = kernel_initializer,
) -> Array:
  """`num_layers` hidden layers, named `layers_0`, `layers_1`, ...

  Args:
    state: [N] float32.
    num_layers: number of hidden layers.
    hidden_units: units in each.
    kernel_init: of every kernel.

  Returns:
    [hidden_units] features.
  """
  x = state
  for layer in range(num_layers):
    dense = nn.Dense(
      hidden_units, kernel_init=kernel_init, name=f'layers_{layer}'
    )
    x = nn.relu(dense(x))
  return x


def flat_torso(
  state: Array,
  *,
  num_layers: int,
  hidden_units: int,
  min_vals: tuple[float, ...] | None,
  max_vals: tuple[float, ...] | None,
  inputs_preprocessed: bool,
  kernel_init: Initializer = kernel_initializer,
) -> Array:
  """`mlp_torso` of an observation of any shape, rescaled if its range is known.

  Args:
    state: [*O, S]; flat, float32 and rescaled if `inputs_preprocessed`.
    num_layers: number of hidden layers.
    hidden_units: units in each.
    min_vals: smallest value of each entry; None: no rescaling.
    max_vals: largest values; given exactly when `min_vals` is.
    inputs_preprocessed: whether to leave the state as it is.
    kernel_init: of every kernel.

  Returns:
    [hidden_units] features; the flat state itself if there are no layers.

  Raises:
    ValueError: when only one of `min_vals` and `max_vals` is given.
  """
  if (min_vals is None) != (max_vals is None):
    raise ValueError('Give both min_vals and max_vals, or neither.')
  if not inputs_preprocessed:
    state = state.astype(jnp.float32).reshape(-1)
    if min_vals is not None and max_vals is not None:
      state = rescale(state, min_vals, max_vals)
  return mlp_torso(state, num_layers, hidden_units, kernel_init)
