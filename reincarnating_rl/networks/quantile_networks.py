"""Quantile networks for one state, as Dopamine 4.1.2 has them; callers vmap.

The caller of an implicit network gives the fractions: students sample them,
teachers have fixed ones.
"""

import math

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import Array, QuantileOutput
from reincarnating_rl.networks import torsos
from reincarnating_rl.support.setting_types import PositiveInt


class QuantileNetwork(nn.Module):
  """Quantile-regression DQN (Dabney et al. 2018a), for Atari frames.

  Attributes:
    num_actions: number of actions, A.
    num_atoms: quantiles of each action's distribution, K.
    inputs_preprocessed: whether states arrive as float32 in [0, 1] already.
  """

  num_actions: PositiveInt
  num_atoms: PositiveInt = 200
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> QuantileOutput:
    """Returns the quantiles [A, K] and their means of `state[84, 84, S]`."""
    features = self._features(state)  # Flax numbers layers as they are made.
    head = nn.Dense(
      self.num_actions * self.num_atoms, kernel_init=torsos.fan_in_initializer
    )
    quantiles = head(features).reshape(self.num_actions, self.num_atoms)
    return QuantileOutput(quantiles.mean(axis=1), quantiles)

  def _features(self, state: Array) -> Array:
    """Returns the torso's features, [F]."""
    if not self.inputs_preprocessed:
      state = torsos.preprocess_pixels(state)
    return torsos.nature_torso(state, kernel_init=torsos.fan_in_initializer)


class ImplicitQuantileNetwork(nn.Module):
  """IQN (Dabney et al. 2018b), for Atari frames.

  Attributes:
    num_actions: number of actions, A.
    quantile_embedding_dim: cosines that embed a fraction, n of Eq. 4.
    inputs_preprocessed: whether states arrive as float32 in [0, 1] already.
  """

  num_actions: PositiveInt
  quantile_embedding_dim: PositiveInt = 64
  inputs_preprocessed: bool = False
  _hidden_units = torsos.HIDDEN_UNITS

  @nn.compact
  def __call__(self, state: Array, quantiles: Array) -> QuantileOutput:
    """Returns the quantiles of each action's return, and their means.

    It is a function of the fractions; Dopamine's network samples them itself.

    Args:
      state: [84, 84, S].
      quantiles: [K] float32 in [0, 1], the fractions.

    Returns:
      Their values [A, K].
    """
    initializer = torsos.fan_in_initializer
    features = self._features(state)
    # Dopamine's frequencies begin at 1, the paper's (Eq. 4) at 0.
    frequencies = jnp.arange(1, self.quantile_embedding_dim + 1) * math.pi
    embedded = jnp.cos(frequencies[None] * quantiles[:, None])
    embed = nn.Dense(len(features), kernel_init=initializer)
    hidden = nn.Dense(self._hidden_units, kernel_init=initializer)
    head = nn.Dense(self.num_actions, kernel_init=initializer)
    x = features[None] * nn.relu(embed(embedded))
    values = head(nn.relu(hidden(x))).T
    return QuantileOutput(values.mean(axis=1), values)

  def _features(self, state: Array) -> Array:
    """Returns the torso's features, [F]."""
    if not self.inputs_preprocessed:
      state = torsos.preprocess_pixels(state)
    initializer = torsos.fan_in_initializer
    return torsos.nature_convolutions(state, kernel_init=initializer)
