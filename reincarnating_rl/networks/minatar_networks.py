"""Networks for MinAtar's `[10, 10, C]` binary channels; callers vmap them.

States are `[10, 10, C, S]`; a stack is further channels. `MinAtarDQNNetwork` is
the network of Young & Tian 2019: one convolution of 16 features, unpadded, and
a hidden layer of 128. Initial values are those of Dopamine's networks.
"""

from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import Array, QOutput
from reincarnating_rl.networks import torsos
from reincarnating_rl.networks.impala import ImpalaEncoder
from reincarnating_rl.networks.quantile_networks import (
  ImplicitQuantileNetwork,
  QuantileNetwork,
)
from reincarnating_rl.networks.rainbow_networks import RainbowNetwork
from reincarnating_rl.support.setting_types import PositiveInt

_SIDE = 3  # Of the kernel.
_HIDDEN_UNITS = 128
_FEATURES = 16
# One stack fewer than on Atari, whose 84 pixels take one more halving.
_STACK_FEATURES = (16, 32)


def convolve_patches(
  images: Array, kernel: Array, *settings: Any, **more: Any
) -> Array:
  """A convolution without padding, as one product of matrices.

  XLA on a CPU takes half as long for it as for its own convolution of so few
  pixels, and a tenth inside a loop.

  Args:
    images: [B, H, W, C] float32.
    kernel: [h, w, C, F] float32.
    *settings: of Flax, which are this function's own: stride 1, no dilation.
    **more: the same.

  Returns:
    [B, H - h + 1, W - w + 1, F] float32.
  """
  del settings, more
  (height, width), (h, w) = images.shape[1:3], kernel.shape[:2]
  rows, columns = height - h + 1, width - w + 1
  patches = [
    images[:, i : i + rows, j : j + columns] for i in range(h) for j in range(w)
  ]
  flat = kernel.reshape(-1, kernel.shape[-1])
  return jnp.concatenate(patches, axis=-1) @ flat


def _convolution(
  state: Array, kernel_init: torsos.Initializer = torsos.kernel_initializer
) -> Array:
  """Returns [1024] features of `state[10, 10, C, S]`; for a compact module."""
  convolution = nn.Conv(
    _FEATURES,
    (_SIDE, _SIDE),
    padding='VALID',
    kernel_init=kernel_init,
    conv_general_dilated=convolve_patches,
  )
  return nn.relu(convolution(torsos.as_image(state))).reshape(-1)


def _residual(state: Array, width_scale: int) -> Array:
  """Returns [288 * width_scale] features; for a compact module."""
  encoder = ImpalaEncoder(width_scale, _STACK_FEATURES, name='encoder')
  return encoder(state).reshape(-1)


def _q_values(features: Array, num_actions: int) -> QOutput:
  hidden = nn.Dense(_HIDDEN_UNITS, kernel_init=torsos.kernel_initializer)
  head = nn.Dense(num_actions, kernel_init=torsos.kernel_initializer)
  return QOutput(head(nn.relu(hidden(features))))


class MinAtarDQNNetwork(nn.Module):
  """DQN's network for MinAtar (Young & Tian 2019, section 3).

  Attributes:
    num_actions: number of actions, A.
    inputs_preprocessed: of no consequence: there is nothing to scale.
  """

  num_actions: PositiveInt
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> QOutput:
    """Returns the Q-values [A] of one `state[10, 10, C, S]`."""
    return _q_values(_convolution(state), self.num_actions)


class MinAtarImpalaDQNNetwork(nn.Module):
  """DQN on two of Impala's residual stacks, for MinAtar.

  Attributes:
    num_actions: number of actions, A.
    width_scale: multiplies the features of each convolution.
    inputs_preprocessed: of no consequence: there is nothing to scale.
  """

  num_actions: PositiveInt
  width_scale: PositiveInt = 1
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> QOutput:
    """Returns the Q-values [A] of one `state[10, 10, C, S]`."""
    return _q_values(_residual(state, self.width_scale), self.num_actions)


class MinAtarRainbowNetwork(RainbowNetwork):
  """Rainbow on the convolution of Young & Tian 2019."""

  _hidden_units = _HIDDEN_UNITS

  def _features(self, x: Array) -> Array:
    return _convolution(x)


class MinAtarImpalaRainbowNetwork(RainbowNetwork):
  """Rainbow on two of Impala's residual stacks, for MinAtar.

  Attributes:
    width_scale: multiplies the features of each convolution.
  """

  width_scale: PositiveInt = 1
  _hidden_units = _HIDDEN_UNITS

  def _features(self, x: Array) -> Array:
    return _residual(x, self.width_scale)


class MinAtarQuantileNetwork(QuantileNetwork):
  """Quantile-regression DQN on the network of Young & Tian 2019."""

  def _features(self, state: Array) -> Array:
    initializer = torsos.fan_in_initializer
    hidden = nn.Dense(_HIDDEN_UNITS, kernel_init=initializer)
    return nn.relu(hidden(_convolution(state, initializer)))


class MinAtarImplicitQuantileNetwork(ImplicitQuantileNetwork):
  """IQN on the convolution of Young & Tian 2019."""

  _hidden_units = _HIDDEN_UNITS

  def _features(self, state: Array) -> Array:
    return _convolution(state, torsos.fan_in_initializer)
