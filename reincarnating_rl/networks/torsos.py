"""Torsos: what turns one state into features.

They are functions to be called inside a compact module, not modules, so that
the parameters keep the flat names (`Conv_0`, `Dense_0`, ...) under which
Dopamine's checkpoints hold them.
"""

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.types import Array

# Features, kernel side and stride of Mnih et al. 2015, Methods.
_NATURE_CONVOLUTIONS = ((32, 8, 4), (64, 4, 2), (64, 3, 1))

kernel_initializer = nn.initializers.xavier_uniform()


def preprocess_pixels(state: Array) -> Array:
  """Scales uint8 pixels to float32 in [0, 1]; any shape."""
  return state.astype(jnp.float32) / 255.0


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


def nature_torso(state: Array) -> Array:
  """Three convolutions and a hidden layer of 512 (Mnih et al. 2015).

  Like Dopamine's, the convolutions pad ('SAME').

  Args:
    state: [H, W, S] float32.

  Returns:
    [512] features.
  """
  x = state
  for features, side, stride in _NATURE_CONVOLUTIONS:
    x = nn.relu(
      nn.Conv(
        features=features,
        kernel_size=(side, side),
        strides=(stride, stride),
        kernel_init=kernel_initializer,
      )(x)
    )
  return nn.relu(nn.Dense(512, kernel_init=kernel_initializer)(x.reshape(-1)))


def mlp_torso(state: Array, num_layers: int, hidden_units: int) -> Array:
  """`num_layers` hidden layers, named `layers_0`, `layers_1`, ...

  Args:
    state: [N] float32.
    num_layers: number of hidden layers.
    hidden_units: units in each.

  Returns:
    [hidden_units] features.
  """
  x = state
  for layer in range(num_layers):
    dense = nn.Dense(
      hidden_units, kernel_init=kernel_initializer, name=f'layers_{layer}'
    )
    x = nn.relu(dense(x))
  return x
