"""Quantile networks for observations that are vectors; callers vmap them.

They are called as those for Atari's frames, have the hidden layers of
`MLPDQNNetwork` by the same names, and the initial values of quantile networks.
"""

import math

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.networks import torsos
from reincarnating_rl.types import Array, QuantileOutput


class MLPQuantileNetwork(nn.Module):
  """Quantile-regression DQN (Dabney et al. 2018a), for vectors.

  With seven layers of 600 units and 51 atoms it is the network of Perciatelli
  (Bellemare et al. 2020).

  Attributes:
    num_actions: number of actions, A.
    num_atoms: quantiles of each action's distribution, K.
    num_layers: hidden layers.
    hidden_units: units in each hidden layer.
    min_vals: smallest value of each entry of the state; None: no rescaling.
    max_vals: largest values; given exactly when `min_vals` is.
    inputs_preprocessed: whether states arrive flat, float32 and rescaled.
  """

  num_actions: int
  num_atoms: int = 200
  num_layers: int = 2
  hidden_units: int = 512
  min_vals: tuple[float, ...] | None = None
  max_vals: tuple[float, ...] | None = None
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> QuantileOutput:
    """Returns the quantiles [A, K] and their means of one `state[*O, S]`.

    Raises:
      ValueError: when only one of `min_vals` and `max_vals` is given.
    """
    features = torsos.flat_torso(
      state,
      num_layers=self.num_layers,
      hidden_units=self.hidden_units,
      min_vals=self.min_vals,
      max_vals=self.max_vals,
      inputs_preprocessed=self.inputs_preprocessed,
      kernel_init=torsos.fan_in_initializer,
    )
    head = nn.Dense(
      self.num_actions * self.num_atoms,
      kernel_init=torsos.fan_in_initializer,
      name='final_layer',
    )
    quantiles = head(features).reshape(self.num_actions, self.num_atoms)
    return QuantileOutput(quantiles.mean(axis=1), quantiles)


class MLPImplicitQuantileNetwork(nn.Module):
  """IQN (Dabney et al. 2018b), for vectors.

  As on Atari, the fraction comes in before the last hidden layer: it is
  embedded (Eq. 4), multiplied with the features of the layers before, and the
  last hidden layer sees the product. With one hidden layer, the features are
  the state itself.

  Attributes:
    num_actions: number of actions, A.
    quantile_embedding_dim: cosines that embed a fraction, n of Eq. 4.
    num_layers: hidden layers, the last one included; at least 1.
    hidden_units: units in each hidden layer.
    min_vals: smallest value of each entry of the state; None: no rescaling.
    max_vals: largest values; given exactly when `min_vals` is.
    inputs_preprocessed: whether states arrive flat, float32 and rescaled.
  """

  num_actions: int
  quantile_embedding_dim: int = 64
  num_layers: int = 2
  hidden_units: int = 512
  min_vals: tuple[float, ...] | None = None
  max_vals: tuple[float, ...] | None = None
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array, quantiles: Array) -> QuantileOutput:
    """Returns the quantiles of each action's return, and their means.

    Args:
      state: [*O, S].
      quantiles: [K] float32 in [0, 1], the fractions.

    Returns:
      Their values [A, K].

    Raises:
      ValueError: there is no hidden layer, or only one of `min_vals` and
        `max_vals` is given.
    """
    if self.num_layers < 1:
      raise ValueError('The fraction needs a hidden layer: num_layers >= 1.')
    initializer = torsos.fan_in_initializer
    features = torsos.flat_torso(
      state,
      num_layers=self.num_layers - 1,
      hidden_units=self.hidden_units,
      min_vals=self.min_vals,
      max_vals=self.max_vals,
      inputs_preprocessed=self.inputs_preprocessed,
      kernel_init=initializer,
    )
    # From 1 on, as in `ImplicitQuantileNetwork`.
    frequencies = jnp.arange(1, self.quantile_embedding_dim + 1) * math.pi
    cosines = jnp.cos(frequencies[None] * quantiles[:, None])
    embed = nn.Dense(len(features), kernel_init=initializer, name='embedding')
    hidden = nn.Dense(
      self.hidden_units,
      kernel_init=initializer,
      name=f'layers_{self.num_layers - 1}',
    )
    head = nn.Dense(
      self.num_actions, kernel_init=initializer, name='final_layer'
    )
    x = features[None] * nn.relu(embed(cosines))
    values = head(nn.relu(hidden(x))).T
    return QuantileOutput(values.mean(axis=1), values)
