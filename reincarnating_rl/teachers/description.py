"""What a checkpoint says of the network whose parameters it holds.

A manifest that has an entry `network` spares its user `--teacher_agent` and
`create_teacher.network`. Networks are named, never imported: only those of this
project can be described.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from flax import linen as nn

from reincarnating_rl.learner.actions import Continuous, from_json
from reincarnating_rl.networks import registry
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.support.game_names import split_module
from reincarnating_rl.teachers.inferred_fields import Fields

ENTRY = 'network'
GAME = 'game'
STATE_SHAPE = 'state_shape'  # In the entry of what was converted.
BOUNDS = 'bounds'  # The same: of actions that are vectors.
MODULE = 'module'  # In the entry of the game: what registers its name.
NETWORKS: dict[str, type[nn.Module]] = {
  name: network.module for name, network in registry.NETWORKS.items()
}
_NOT_FIELDS = {'name', 'parent', 'num_actions'}
_COUNTS = ('num_layers', 'actor_layers', 'num_critics')
_MAX_LAYERS = 1000  # Each costs time before it is seen not to fit.


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
  fields = {field: getattr(network, field) for field in _fields(type(network))}
  told = Description(kind, name, fields, vmax)
  return told if all(map(_is_json, fields.values())) else None


def _fields(network: type[nn.Module]) -> list[str]:
  """Returns the names of a network's own fields; class variables are none."""
  names = [field.name for field in dataclasses.fields(network)]
  return [name for name in names if name not in _NOT_FIELDS]


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
  _check_values(told, source)
  return told._replace(fields=fields)


def _is_count(number: Any) -> bool:
  """Whether it may be a number of layers; None where that is not told."""
  return number is None or (isinstance(number, int) and number <= _MAX_LAYERS)


def _check_values(told: Description, source: str) -> None:
  """Refuses what no description has, before anything is made of it."""
  known = set(_fields(NETWORKS[told.network]))
  atoms = told.fields.get('num_atoms', 1)
  for is_right, name in (
    (told.fields.keys() <= known, 'fields'),
    (isinstance(atoms, int) and atoms >= 1, 'num_atoms'),
    *((_is_count(told.fields.get(name)), name) for name in _COUNTS),
    (told.vmax is None or 0 < told.vmax < math.inf, 'vmax'),
  ):
    if not is_right:
      raise DamagedFileError(
        f'{source} describes its network {told.network} with {name} that it '
        'cannot have: copy it again.'
      )


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


def bounds_from_manifest(
  manifest: Mapping[str, Any], source: str
) -> Continuous | None:
  """Reads the bounds of actions that are vectors.

  Args:
    manifest: of a checkpoint.
    source: its path, for messages.

  Returns:
    The actions; None where the manifest does not say.

  Raises:
    DamagedFileError: the entry holds anything else.
  """
  game = manifest.get(GAME)
  told = game.get(BOUNDS) if isinstance(game, dict) else None
  if told is None:
    return None
  try:
    actions = from_json(told)
    if not isinstance(actions, Continuous):
      raise ValueError
  except (LookupError, TypeError, ValueError, OverflowError) as error:
    raise DamagedFileError(
      f'{source} has no bounds of actions: copy it again.'
    ) from error
  return actions


def state_shape_of(manifest: Mapping[str, Any]) -> tuple[int, ...] | None:
  """Returns the shape (*O, S) of the states that a teacher was converted for.

  Args:
    manifest: of a checkpoint; None stands for one that does not say.
  """
  told = manifest.get('teacher')
  shape = told.get(STATE_SHAPE) if isinstance(told, dict) else None
  is_shape = isinstance(shape, list) and all(
    isinstance(size, int) and size > 0 for size in shape
  )
  return tuple(shape) if is_shape and shape else None


def module_of_game(manifest: Mapping[str, Any]) -> str | None:
  """Returns the module of one's own that registers a manifest's game, if any.

  A stranger may have written it, so it is for the user, and never imported.

  Args:
    manifest: of a checkpoint.
  """
  told = manifest.get(GAME)
  if not isinstance(told, dict):
    return None
  module, name = told.get(MODULE), told.get('name')
  if module is None and isinstance(name, str):
    module, _ = split_module(name)
  return module if isinstance(module, str) else None


def trained_on(metadata: Mapping[str, Any]) -> str | None:
  """Returns the game that a checkpoint names, however it was written.

  Args:
    metadata: a manifest, or what a foreign file says.
  """
  entries = ((GAME, 'name'), ('teacher', 'game'))
  named = [
    metadata[entry].get(key)
    for entry, key in entries
    if isinstance(metadata.get(entry), dict)
  ]
  for name in (*named, metadata.get('trained_on')):
    if isinstance(name, str) and name != 'unknown':
      return split_module(name)[1]
  return None


def _tuples(value: Any) -> Any:
  """Makes tuples of lists, which JSON has in their place."""
  if isinstance(value, list):
    return tuple(map(_tuples, value))
  return value
