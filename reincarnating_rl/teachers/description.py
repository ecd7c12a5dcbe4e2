"""What a checkpoint says of the network whose parameters it holds.

A manifest that has an entry `network` spares its user `--teacher_agent` and
`create_teacher.network`. Networks are named, never imported: only those of this
project can be described.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flax import linen as nn

from reincarnating_rl.errors import DamagedFileError
from reincarnating_rl.networks import (
  layered,
  policy_networks,
  q_networks,
  quantile_networks,
  rainbow_networks,
)
from reincarnating_rl.teachers.readings import Fields

ENTRY = 'network'
GAME = 'game'
NETWORKS: dict[str, Callable[..., nn.Module]] = {
  network.__name__: network
  for network in (
    q_networks.NatureDQNNetwork,
    q_networks.ImpalaDQNNetwork,
    q_networks.MLPDQNNetwork,
    rainbow_networks.NatureRainbowNetwork,
    rainbow_networks.ImpalaRainbowNetwork,
    rainbow_networks.MLPRainbowNetwork,
    quantile_networks.QuantileNetwork,
    quantile_networks.ImplicitQuantileNetwork,
    policy_networks.NaturePolicyNetwork,
    layered.LayeredNetwork,
  )
}
_NOT_FIELDS = {'name', 'parent', 'num_actions'}


class Description(NamedTuple):
  """A network, and how its outputs become a policy."""

  kind: str  # a key of `kinds.KINDS`
  network: str  # a key of `NETWORKS`
  fields: Fields  # of the network besides `num_actions`; JSON
  vmax: float | None = None  # of the atoms, where it has any


def describe(
  kind: str, network: nn.Module, vmax: float | None = None
) -> Description | None:
  """Describes a network as it was made.

  Args:
    kind: of the agent that it belongs to.
    network: one of `NETWORKS`; of any other, nothing can be said.
    vmax: of its atoms, where it has any.

  Returns:
    The description; None where there can be none.
  """
  name = type(network).__name__
  # gin makes a subclass of what it configures.
  if not (name in NETWORKS and isinstance(network, NETWORKS[name])):
    return None
  fields = {
    field: getattr(network, field)
    for field in type(network).__dataclass_fields__
    if field not in _NOT_FIELDS
  }
  told = Description(kind, name, fields, vmax)
  return told if all(map(_is_json, fields.values())) else None


def _is_json(value: Any) -> bool:
  if isinstance(value, tuple | list):
    return all(map(_is_json, value))
  return value is None or isinstance(value, bool | int | float | str)


def from_manifest(
  manifest: Mapping[str, Any], source: str
) -> Description | None:
  """Reads the description in a manifest.

  Args:
    manifest: of a checkpoint.
    source: its path, for messages.

  Returns:
    The description; None where it has none.

  Raises:
    DamagedFileError: the entry is no description, or names a network that
      this version does not have.
  """
  if ENTRY not in manifest:
    return None
  try:
    told = Description(**manifest[ENTRY])
  except TypeError:
    told = Description('', '', [])
  is_sound = isinstance(told.kind, str) and isinstance(told.fields, dict)
  if not is_sound or not isinstance(told.vmax, int | float | None):
    raise DamagedFileError(f'{source} describes no network: copy it again.')
  if not isinstance(told.network, str) or told.network not in NETWORKS:
    raise DamagedFileError(
      f'{source} is of the network {str(told.network)[:80]!r}, which this '
      'program does not have; install the reincarnating_rl that wrote it.'
    )
  fields = {name: _tuples(value) for name, value in told.fields.items()}
  return told._replace(fields=fields)


def actions_from_manifest(
  manifest: Mapping[str, Any], source: str
) -> tuple[str, ...] | None:
  """Reads what the teacher's actions mean, in its order.

  Args:
    manifest: of a checkpoint.
    source: its path, for messages.

  Returns:
    The meanings; None where the manifest does not say.

  Raises:
    DamagedFileError: the entry holds anything else.
  """
  game = manifest.get(GAME) or {}
  actions = game.get('actions') if isinstance(game, dict) else game
  if actions is None:
    return None
  if not isinstance(actions, list) or not all(
    isinstance(action, str) for action in actions
  ):
    raise DamagedFileError(f'{source} names no actions: copy it again.')
  return tuple(actions)


def _tuples(value: Any) -> Any:
  """Makes tuples of lists, which JSON has in their place."""
  if isinstance(value, list):
    return tuple(map(_tuples, value))
  return value
