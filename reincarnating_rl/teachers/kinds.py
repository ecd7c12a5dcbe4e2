"""The kinds of teachers that have a network, as data."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import Array
from reincarnating_rl.networks import registry
from reincarnating_rl.teachers import inferred_fields
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
    is_policy: whether the network returns `logits` of a policy rather than
      `q_values`.
  """

  name: str
  network: NetworkFactory
  read_fields: Callable[[Shapes, int], list[Fields]] = inferred_fields.nothing
  inputs: Callable[[Fields, float], dict[str, Any]] = _no_inputs
  usual_atoms: int | None = None
  is_policy: bool = False

  @property
  def acts(self) -> str:
    """How such a teacher plays unless a user says otherwise.

    A policy was trained and measured by draws from it, Q-values greedily.
    """
    return SAMPLE if self.is_policy else GREEDY

  def logits(self, output: Any, temperature: float) -> Array:
    """Returns finished logits [A]: Q / tau, or the policy's own.

    Args:
      output: of the network, for one state.
      temperature: tau of a policy made of Q-values.
    """
    return output.logits if self.is_policy else output.q_values / temperature


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
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
