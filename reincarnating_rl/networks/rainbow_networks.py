"""Rainbow's networks (Hessel et al. 2018), for one state; callers vmap them.

They are called as Dopamine's agents call theirs, and `NatureRainbowNetwork` has
the parameters of its `FullRainbowNetwork`: names, shapes and initial values.
"""

import functools

from flax import linen as nn

from reincarnating_rl.learner.types import Array, CategoricalOutput, QOutput
from reincarnating_rl.networks import noisy, rainbow_head, torsos
from reincarnating_rl.networks.impala import ImpalaEncoder
from reincarnating_rl.support.setting_types import PositiveInt


class RainbowNetwork(nn.Module):
  """What Rainbow networks share; a subclass adds its torso.

  Attributes:
    num_actions: number of actions, A.
    num_atoms: atoms of each action's distribution, N.
    noisy: whether the head explores by learnt noise (Fortunato et al. 2018).
    dueling: whether it splits value and advantage (Wang et al. 2016).
    distributional: whether it learns distributions (Bellemare et al. 2017).
    inputs_preprocessed: whether states arrive as float32, scaled already.
  """

  num_actions: PositiveInt
  num_atoms: PositiveInt
  noisy: bool = True
  dueling: bool = True
  distributional: bool = True
  inputs_preprocessed: bool = False

  _hidden_units = torsos.HIDDEN_UNITS  # Of the layer between torso and head.

  @nn.compact
  def __call__(
    self,
    x: Array,
    support: Array,
    eval_mode: bool = False,
    key: Array | None = None,
  ) -> CategoricalOutput | QOutput:
    """Returns Q-values, and logits of the atoms if distributional.

    As in Dopamine, one key makes the noise of every layer. So layers of equal
    sizes share their noise, and equal keys give equal outputs.

    Args:
      x: [*O, S], one state.
      support: [N], returns that the atoms stand for.
      eval_mode: whether noise is off; static.
      key: of the noise; may be None without noise, and at initialisation.

    Returns:
      `CategoricalOutput` if distributional, else `QOutput`.

    Raises:
      ValueError: noise is on and there is no key.
    """
    noise_is_on = self.noisy and not (eval_mode or self.is_initializing())
    if noise_is_on and key is None:
      raise ValueError('A noisy network needs a key, except in eval_mode.')
    layer = functools.partial(
      noisy.linear, noisy=self.noisy, key=key if noise_is_on else None
    )
    logits = self._atom_logits(x, layer)
    return rainbow_head.rainbow_output(
      logits, support, distributional=self.distributional
    )

  def _atom_logits(self, x: Array, layer: rainbow_head.Layer) -> Array:
    """Returns [A, N] of one state."""
    hidden = layer(self._features(x), features=self._hidden_units)
    return self._head(nn.relu(hidden), layer, layer)

  def _head(
    self,
    features: Array,
    advantage_layer: rainbow_head.Layer,
    value_layer: rainbow_head.Layer,
  ) -> Array:
    return rainbow_head.atom_logits(
      features,
      advantage_layer,
      value_layer if self.dueling else None,
      num_actions=self.num_actions,
      num_atoms=self.num_atoms,
    )

  def _features(self, x: Array) -> Array:
    """Returns the torso's features, [F]."""
    raise NotImplementedError


class NatureRainbowNetwork(RainbowNetwork):
  """Rainbow on DQN's convolutions (Mnih et al. 2015)."""

  def _features(self, x: Array) -> Array:
    if not self.inputs_preprocessed:
      x = torsos.preprocess_pixels(x)
    return torsos.nature_convolutions(x)


class CompactRainbowNetwork(RainbowNetwork):
  """Rainbow on the first DQN's convolutions (Mnih et al. 2013)."""

  _hidden_units = torsos.COMPACT_HIDDEN_UNITS

  def _features(self, x: Array) -> Array:
    if not self.inputs_preprocessed:
      x = torsos.preprocess_pixels(x)
    return torsos.compact_convolutions(x)


class ImpalaRainbowNetwork(RainbowNetwork):
  """Rainbow on the residual torso of Impala (Espeholt et al. 2018).

  Attributes:
    width_scale: multiplies the features of each convolution.
  """

  width_scale: PositiveInt = 1

  def _features(self, x: Array) -> Array:
    if not self.inputs_preprocessed:
      x = torsos.preprocess_pixels(x)
    return ImpalaEncoder(self.width_scale, name='encoder')(x).reshape(-1)
