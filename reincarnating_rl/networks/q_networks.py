"""Q-networks for one state; callers vmap over a batch.

Where Dopamine 4.1.2 has a network of the same purpose, parameters have its
names, shapes and initial values, so checkpoints load in either direction.
"""

from flax import linen as nn

from reincarnating_rl.learner.types import Array, QOutput
from reincarnating_rl.networks import torsos
from reincarnating_rl.networks.impala import ImpalaEncoder
from reincarnating_rl.support.setting_types import PositiveInt


class NatureDQNNetwork(nn.Module):
  """The network of DQN (Mnih et al. 2015), for Atari frames.

  Attributes:
    num_actions: number of actions, A.
    inputs_preprocessed: whether states arrive as float32 in [0, 1] already.
  """

  num_actions: PositiveInt
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> QOutput:
    """Returns the Q-values [A] of one `state[84, 84, S]`."""
    if not self.inputs_preprocessed:
      state = torsos.preprocess_pixels(state)
    features = self._features(state)  # Flax numbers layers as they are made.
    head = nn.Dense(self.num_actions, kernel_init=torsos.kernel_initializer)
    return QOutput(head(features))

  def _features(self, state: Array) -> Array:
    return torsos.nature_torso(state)


class UnpaddedDQNNetwork(NatureDQNNetwork):
  """The same without padding, as PyTorch has it, for Atari frames.

  Torsos of Stable-Baselines3 and CleanRL fit it.
  """

  def _features(self, state: Array) -> Array:
    return torsos.nature_torso(state, padding='VALID')


class CompactDQNNetwork(NatureDQNNetwork):
  """The first DQN's network (Mnih et al. 2013), for Atari frames.

  Its update takes a third of the time of the later network's on a CPU.
  """

  def _features(self, state: Array) -> Array:
    return torsos.compact_torso(state)


class PatchDQNNetwork(NatureDQNNetwork):
  """A convolution over patches of 7 x 7 pixels, for Atari frames.

  Its update takes half of the time of the compact network's on a CPU.
  """

  def _features(self, state: Array) -> Array:
    return torsos.patch_torso(state)


class ImpalaDQNNetwork(nn.Module):
  """DQN on the residual torso of Impala (Espeholt et al. 2018), for frames.

  Attributes:
    num_actions: number of actions, A.
    width_scale: multiplies the features of each convolution.
    inputs_preprocessed: whether states arrive as float32 in [0, 1] already.
  """

  num_actions: PositiveInt
  width_scale: PositiveInt = 1
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> QOutput:
    """Returns the Q-values [A] of one `state[H, W, S]`."""
    if not self.inputs_preprocessed:
      state = torsos.preprocess_pixels(state)
    x = ImpalaEncoder(self.width_scale, name='encoder')(state).reshape(-1)
    hidden = nn.Dense(
      torsos.HIDDEN_UNITS, kernel_init=torsos.kernel_initializer
    )
    head = nn.Dense(self.num_actions, kernel_init=torsos.kernel_initializer)
    return QOutput(head(nn.relu(hidden(x))))
