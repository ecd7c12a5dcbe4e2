"""The kinds of teachers that have a network, as data."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner import kinds
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.learner.kinds import (
  DETERMINISTIC,
  GAUSSIAN,
  TANH_GAUSSIAN,
)
from reincarnating_rl.learner.types import Array
from reincarnating_rl.networks import registry
from reincarnating_rl.networks.control_networks import MLPActorCriticNetwork
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.teachers import bounds, inferred_fields
from reincarnating_rl.teachers.base import GREEDY, SAMPLE
from reincarnating_rl.teachers.inferred_fields import Fields, Shapes

NetworkFactory = Callable[..., nn.Module]
"""`(num_actions=A, **fields of its kind) -> network` for one state."""

# As many midpoints as cosines: fewer cannot tell the fastest from a constant.
_FRACTIONS = 64


def _no_inputs(fields: Fields, vmax: float) -> dict[str, Any]:
  del fields, vmax
  return {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
  """How the parameters of an agent become a policy.

  Attributes:
    name: of the kind, as a user writes it.
    network: makes the network that Dopamine gives the agent.
    read_fields: readings of the network's fields from the parameters' shapes
      and the number of actions.
    inputs: what the network takes beside the state, given its fields and the
      largest return of a distribution's support.
    usual_atoms: how many atoms an action commonly has, where `num_atoms` is a
      field.
    is_policy: whether the network returns a policy rather than `q_values`.
    distribution: what its `parameters` are of, one of
      `learner.kinds.DISTRIBUTIONS`, where actions are vectors; None where the
      network returns `logits` of discrete ones.
    is_guessed: whether parameters that say nothing of themselves can be its.
  """

  name: str
  network: NetworkFactory
  read_fields: Callable[[Shapes, int], list[Fields]] = inferred_fields.nothing
  inputs: Callable[[Fields, float], dict[str, Any]] = _no_inputs
  usual_atoms: int | None = None
  is_policy: bool = False
  distribution: str | None = None
  is_guessed: bool = True

  @property
  def acts(self) -> str:
    """How such a teacher plays unless a user says otherwise.

    A policy over discrete actions was trained and measured by draws from it;
    Q-values are played greedily, and vectors are measured by their means.
    """
    is_drawn = self.is_policy and self.distribution is None
    return SAMPLE if is_drawn else GREEDY

  def policy(self, output: Any, temperature: float) -> Array:
    """Returns what says the policy in a state, [W].

    Args:
      output: of the network, for one state.
      temperature: tau of a policy made of Q-values.

    Returns:
      Finished logits [A], Q / tau or the policy's own; or the parameters of a
      distribution of vectors.
    """
    if self.distribution is not None:
      return output.parameters
    return output.logits if self.is_policy else output.q_values / temperature

  def width(self, num_actions: int) -> int:
    """Returns W, given A or D."""
    if self.distribution is None:
      return num_actions
    return num_actions * kinds.width(self.distribution)

  def actions(self, number: int) -> Actions:
    """Returns A actions of its sort, or vectors of D within [-1, 1]."""
    if self.distribution is None:
      return Discrete(number)
    return bounds.unit(number)

  def takes(self, actions: Actions) -> bool:
    """Tells whether it is of actions of this sort."""
    return isinstance(actions, Continuous) == (self.distribution is not None)


def count(actions: Actions) -> int:
  """Returns A, or D of vectors."""
  return actions.size if isinstance(actions, Continuous) else actions.number


def _rainbow_inputs(fields: Fields, vmax: float) -> dict[str, Any]:
  support = jnp.linspace(-vmax, vmax, fields['num_atoms'])
  return {'support': support, 'eval_mode': True}


def _midpoints(fields: Fields, vmax: float) -> dict[str, Any]:
  """Fractions that never change, so that neither do the logits.

  Dopamine samples as many of them, anew for each action.
  """
  del fields, vmax
  return {'quantiles': (jnp.arange(_FRACTIONS) + 0.5) / _FRACTIONS}


_ALL = (
  Kind(name='dqn', network=registry.default('dqn')),
  Kind(
    name='rainbow',
    network=registry.default('rainbow'),
    read_fields=inferred_fields.rainbow,
    inputs=_rainbow_inputs,
    usual_atoms=inferred_fields.RAINBOW_ATOMS,
  ),
  Kind(
    name='implicit_quantile',
    network=registry.default('implicit_quantile'),
    read_fields=inferred_fields.implicit_quantile,
    inputs=_midpoints,
  ),
  Kind(
    name='quantile',
    network=registry.default('quantile'),
    read_fields=inferred_fields.quantile,
    usual_atoms=inferred_fields.QUANTILES,
  ),
  Kind(name='ppo', network=registry.default('ppo'), is_policy=True),
  Kind(
    name='sac',
    network=registry.default('sac'),
    read_fields=inferred_fields.actor_critic,
    is_policy=True,
    distribution=TANH_GAUSSIAN,
  ),
  *(
    Kind(
      name=name,
      network=functools.partial(
        MLPActorCriticNetwork, policy=DETERMINISTIC, **fields
      ),
      read_fields=inferred_fields.actor_critic,
      is_policy=True,
      distribution=DETERMINISTIC,
    )
    # The first is of any deterministic actor.
    for name, fields in (
      ('td3', {}),
      ('d4pg', {'num_critics': 1, 'num_atoms': 51}),
    )
  ),
  # Of any Gaussian without a tanh.
  Kind(
    name='gaussian_ppo',
    network=functools.partial(LayeredNetwork, output=GAUSSIAN),
    is_policy=True,
    distribution=GAUSSIAN,
    is_guessed=False,
  ),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
