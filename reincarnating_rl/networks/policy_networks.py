"""Policy networks for one state, as Dopamine 4.1.2 has them; callers vmap.

Only teachers use them.
"""

import math

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import ActorOutput, Array, PolicyOutput
from reincarnating_rl.networks import torsos
from reincarnating_rl.support.setting_types import NonNegativeInt, PositiveInt


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


class _Perceptron(nn.Module):
  """Linear layers under a name of their own, a ReLU between each two."""

  sizes: tuple[int, ...]

  @nn.compact
  def __call__(self, x: Array) -> Array:
    for units in self.sizes[:-1]:
      x = nn.relu(nn.Dense(units)(x))
    return nn.Dense(self.sizes[-1])(x)


class SACPolicyNetwork(nn.Module):
  """SAC's actor (Haarnoja et al. 2018), for vectors; its critics are ignored.

  It has the parameters of Dopamine's `ActorCriticNetwork`.

  Attributes:
    num_actions: of an action's numbers, D.
    num_layers: hidden layers of each of the three networks.
    hidden_units: of each of these.
  """

  num_actions: PositiveInt
  num_layers: NonNegativeInt = 2
  hidden_units: PositiveInt = 256

  @nn.compact
  def __call__(self, state: Array) -> ActorOutput:
    """Returns the parameters [2D] of what `tanh` makes actions.

    Args:
      state: [*O, S].
    """
    x = state.astype(jnp.float32).reshape(-1)
    hidden = (self.hidden_units,) * self.num_layers
    if self.is_initializing():
      action = jnp.zeros(self.num_actions)
      for name in ('_critic1', '_critic2'):
        _Perceptron((*hidden, 1), name=name)(jnp.concatenate([x, action]))
    actor = _Perceptron((*hidden, 2 * self.num_actions), name='_actor')
    return ActorOutput(actor(x))
