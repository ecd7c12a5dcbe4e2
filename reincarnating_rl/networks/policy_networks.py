"""Policy networks for one state, as Dopamine 4.1.2 has them; callers vmap.

Only teachers use them.
"""

import math

from flax import linen as nn

from reincarnating_rl.learner.types import Array, PolicyOutput
from reincarnating_rl.networks import torsos
from reincarnating_rl.support.setting_types import PositiveInt


class _Torso(nn.Module):
  """The Nature torso, unpadded, under a name of its own."""

  @nn.compact
  def __call__(self, state: Array) -> Array:
    initializer = nn.initializers.orthogonal(math.sqrt(2.0))
    return torsos.nature_torso(state, kernel_init=initializer, padding='VALID')


class _Readout(nn.Module):
  """One linear layer under a name of its own."""

  features: int
  scale: float

  @nn.compact
  def __call__(self, x: Array) -> Array:
    initializer = nn.initializers.orthogonal(self.scale)
    return nn.Dense(self.features, kernel_init=initializer)(x)


class NaturePolicyNetwork(nn.Module):
  """PPO's actor and critic on one torso (Schulman et al. 2017), for frames.

  It has the parameters of Dopamine's `PPODiscreteActorCriticNetwork`.

  Attributes:
    num_actions: number of actions, A.
    inputs_preprocessed: whether states arrive as float32 in [0, 1] already.
  """

  num_actions: PositiveInt
  inputs_preprocessed: bool = False

  @nn.compact
  def __call__(self, state: Array) -> PolicyOutput:
    """Returns the policy's logits [A] and the value of `state[84, 84, S]`."""
    if not self.inputs_preprocessed:
      state = torsos.preprocess_pixels(state)
    features = _Torso(name='_shared_network')(state)
    actor = _Readout(self.num_actions, 0.01, name='_actor')
    critic = _Readout(1, 1.0, name='_critic')
    return PolicyOutput(actor(features), critic(features)[0])
