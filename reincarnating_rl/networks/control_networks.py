"""Networks of students whose actions are vectors: an actor and critics.

`actor(state[*O, S]) -> [W]` and `critic(state[*O, S], action[D]) -> [C, N]` are
their methods, for one state; callers vmap them.
"""

from typing import Literal

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner import kinds
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.learner.types import ActorOutput, Array
from reincarnating_rl.networks import torsos
from reincarnating_rl.support.setting_types import NonNegativeInt, PositiveInt

_block_initializer = nn.initializers.he_normal()
_output_initializer = nn.initializers.orthogonal()


class MLPTower(nn.Module):
  """Hidden layers and an output, with the parameters of Dopamine's SAC."""

  num_layers: int
  hidden_units: int
  num_outputs: int

  @nn.compact
  def __call__(self, x: Array) -> Array:
    """Returns the outputs of a vector `x[M]`."""
    init = torsos.kernel_initializer
    for _ in range(self.num_layers):
      x = nn.relu(nn.Dense(self.hidden_units, kernel_init=init)(x))
    return nn.Dense(self.num_outputs, kernel_init=init)(x)


class LayerNormTower(MLPTower):
  """The same with LayerNorm after each hidden layer.

  As in the critics of RLPD: Ball et al. 2023, https://arxiv.org/abs/2302.02948.
  """

  @nn.compact
  def __call__(self, x: Array) -> Array:
    """Returns the outputs of a vector `x[M]`."""
    init = torsos.kernel_initializer
    for _ in range(self.num_layers):
      x = nn.Dense(self.hidden_units, kernel_init=init)(x)
      x = nn.relu(nn.LayerNorm()(x))
    return nn.Dense(self.num_outputs, kernel_init=init)(x)


class SimbaTower(MLPTower):
  """SimBa: residual blocks, LayerNorm before each and after the last.

  Lee et al. 2024, https://arxiv.org/abs/2410.09754. Theirs divides observations
  by running statistics first. This one has none: LayerNorm alone scales.
  """

  @nn.compact
  def __call__(self, x: Array) -> Array:
    """Returns the outputs of a vector `x[M]`."""
    size = self.hidden_units
    x = nn.Dense(size, kernel_init=_output_initializer)(x)
    for _ in range(self.num_layers):
      y = nn.LayerNorm()(x)
      y = nn.relu(nn.Dense(4 * size, kernel_init=_block_initializer)(y))
      x = x + nn.Dense(size, kernel_init=_block_initializer)(y)
    x = nn.LayerNorm()(x)
    return nn.Dense(self.num_outputs, kernel_init=_output_initializer)(x)


class MLPActorCriticNetwork(nn.Module, kw_only=True):
  """An actor and critics of plain layers.

  With two critics of one number and a Gaussian policy, it has the parameters of
  Dopamine's `ActorCriticNetwork`.

  Attributes:
    num_actions: D, the numbers of an action.
    policy: what the actor's output is of: 'tanh_gaussian', W = 2D, means and
      log standard deviations of what `tanh` makes actions; or 'deterministic',
      W = D, actions in [-1, 1].
    num_critics: C.
    num_atoms: N, numbers of a critic's output.
    value_range: returns that the first and the last atom stand for, kept for
      those who go on training; None where there are no atoms.
    num_layers: hidden layers, or blocks.
    hidden_units: units in each.
    actor_layers: the same of the actor; None for as many.
    actor_units: the same of the actor; None for as many.
  """

  num_actions: PositiveInt
  policy: Literal['tanh_gaussian', 'deterministic'] = TANH_GAUSSIAN
  num_critics: PositiveInt = 2
  num_atoms: PositiveInt = 1
  value_range: tuple[float, float] | None = None
  num_layers: NonNegativeInt = 2
  hidden_units: PositiveInt = 256
  actor_layers: NonNegativeInt | None = None
  actor_units: PositiveInt | None = None

  _tower = MLPTower  # Without a type, or it would be a field.

  def setup(self) -> None:
    """Makes the parts, by Dopamine's names."""
    layers, units = self.actor_layers, self.actor_units
    self._actor = self._tower(
      self.num_layers if layers is None else layers,
      self.hidden_units if units is None else units,
      kinds.width(self.policy) * self.num_actions,
    )
    self._critics = [self._make_critic(i) for i in range(self.num_critics)]

  def _make_critic(self, index: int) -> nn.Module:
    critic = self._tower(self.num_layers, self.hidden_units, self.num_atoms)
    setattr(self, f'_critic{index + 1}', critic)
    return critic

  def __call__(self, state: Array) -> ActorOutput:
    """Returns the policy in one `state[*O, S]`, as a teacher is asked."""
    if self.is_initializing():
      self.critic(state, jnp.zeros(self.num_actions))
    return ActorOutput(self.actor(state))

  def actor(self, state: Array) -> Array:
    """Returns the parameters of the policy [W] in one `state[*O, S]`."""
    output = self._actor(_flat(state))
    return jnp.tanh(output) if self.policy == DETERMINISTIC else output

  def critic(self, state: Array, action: Array) -> Array:
    """Returns what all critics say [C, N] of an action [D] in one state."""
    x = jnp.concatenate([_flat(state), action])
    return jnp.stack([critic(x) for critic in self._critics])


class LayerNormActorCriticNetwork(MLPActorCriticNetwork):
  """An actor and critics with LayerNorm after each hidden layer (RLPD)."""

  _tower = LayerNormTower


class SimbaActorCriticNetwork(MLPActorCriticNetwork):
  """SimBa's actor and critics: in the paper 1 block of 128, and 2 of 512."""

  _tower = SimbaTower


def _flat(state: Array) -> Array:
  return state.astype(jnp.float32).reshape(-1)
