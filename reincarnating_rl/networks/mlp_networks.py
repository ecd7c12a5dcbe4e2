"""Networks for observations that are vectors: multilayer perceptrons.

Each is its agent's usual head on hidden layers called `layers_0`, `layers_1`,
..., for one state; callers vmap them. Where Dopamine 4.1.2 has a network of
the same purpose, parameters have its names, shapes and initial values.
"""

import functools

from flax import linen as nn

from reincarnating_rl.learner.types import Array, QOutput
from reincarnating_rl.networks import rainbow_head, torsos
from reincarnating_rl.networks.quantile_networks import (
  ImplicitQuantileNetwork,
  QuantileNetwork,
)
from reincarnating_rl.networks.rainbow_networks import RainbowNetwork
from reincarnating_rl.support.setting_types import NonNegativeInt, PositiveInt


class MLPTorso(nn.Module, kw_only=True):
  """The hidden layers: a base class that comes before a network's others.

  Attributes:
    num_layers: hidden layers.
    hidden_units: units in each hidden layer.
    min_vals: smallest value of each entry of the state; None: no rescaling.
    max_vals: largest values; given exactly when `min_vals` is.
    inputs_preprocessed: whether states arrive flat, float32 and rescaled.
  """

  num_layers: NonNegativeInt = 2
  hidden_units: PositiveInt = 512
  min_vals: tuple[float, ...] | None = None
  max_vals: tuple[float, ...] | None = None
  inputs_preprocessed: bool = False

  _kernel_initializer = staticmethod(torsos.kernel_initializer)

  def _features(self, state: Array) -> Array:
    """Returns the features [hidden_units] of `state[*O, S]`.

    Raises:
      ValueError: only one of `min_vals` and `max_vals` is given.
    """
    return self._hidden_layers(state, self.num_layers)

  def _hidden_layers(self, state: Array, num_layers: int) -> Array:
    return torsos.flat_torso(
      state,
      num_layers=num_layers,
      hidden_units=self.hidden_units,
      min_vals=self.min_vals,
      max_vals=self.max_vals,
      inputs_preprocessed=self.inputs_preprocessed,
      kernel_init=self._kernel_initializer,
    )


class MLPDQNNetwork(MLPTorso):
  """DQN for vectors, with the parameters of `ClassicControlDQNNetwork`.

  Attributes:
    num_actions: number of actions, A.
  """

  num_actions: PositiveInt

  @nn.compact
  def __call__(self, state: Array) -> QOutput:
    """Returns the Q-values [A] of one `state[*O, S]`.

    Raises:
      ValueError: only one of `min_vals` and `max_vals` is given.
    """
    features = self._features(state)
    head = nn.Dense(
      self.num_actions,
      kernel_init=torsos.kernel_initializer,
      name='final_layer',
    )
    return QOutput(head(features))


class MLPRainbowNetwork(MLPTorso, RainbowNetwork):
  """Rainbow for vectors.

  Its hidden layers have no noise. Without noise and dueling it has the
  parameters of Dopamine's `ClassicControlRainbowNetwork`.
  """

  def _atom_logits(self, x: Array, layer: rainbow_head.Layer) -> Array:
    return self._head(
      self._features(x),
      functools.partial(layer, name='final_layer'),
      functools.partial(layer, name='value_layer'),
    )


class MLPQuantileNetwork(MLPTorso, QuantileNetwork):
  """Quantile-regression DQN (Dabney et al. 2018a) for vectors.

  With seven layers of 600 units and 51 atoms it is the network of Perciatelli
  (Bellemare et al. 2020).
  """

  _kernel_initializer = staticmethod(torsos.fan_in_initializer)


class MLPImplicitQuantileNetwork(MLPTorso, ImplicitQuantileNetwork):
  """IQN (Dabney et al. 2018b) for vectors.

  As on Atari, the fraction enters before the last hidden layer. That layer
  counts in `num_layers`, which is at least 1. With one layer, the features are
  the state itself.
  """

  _kernel_initializer = staticmethod(torsos.fan_in_initializer)

  @property
  def _hidden_units(self) -> int:
    return self.hidden_units

  def _features(self, state: Array) -> Array:
    if self.num_layers < 1:
      raise ValueError(
        'num_layers must be at least 1: the fraction needs a hidden layer.'
      )
    return self._hidden_layers(state, self.num_layers - 1)
