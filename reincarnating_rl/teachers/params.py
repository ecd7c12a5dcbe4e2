"""Network parameters as they are found in files, and whether they fit."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from flax import linen as nn
from flax import traverse_util

from reincarnating_rl.teachers.errors import (
  DamagedCheckpointError,
  MismatchedTeacherError,
)
from reincarnating_rl.types import Params

NetworkFactory = Callable[..., nn.Module]
"""`(num_actions=A) -> network`, whose outputs have `q_values`."""

_MAX_DEPTH, _MAX_PARAMETERS = 16, 10_000
_NUMBERED_LAYER = re.compile(r'([A-Za-z]+)_([0-9]{1,6})')


def from_pickle(tree: Any, source: str) -> Params:
  """Brings the parameters of any era of Dopamine into today's form.

  Args:
    tree: `online_params` of a pickle: `{'params': ...}`, or, before Flax had
      linen, the layers themselves, numbered jointly (`Conv_2`, `Dense_3`).
    source: the file, for messages.

  Returns:
    `{'params': {layer: {'kernel': array, ...}}}`, plain dictionaries.

  Raises:
    DamagedCheckpointError: if it is not a tree of arrays.
  """
  leaves = {}
  for path, leaf in _leaves(tree, (), source):
    leaves[path] = leaf
    # A small file can hold an immense tree by repeating its branches.
    if len(leaves) > _MAX_PARAMETERS:
      raise DamagedCheckpointError(
        f'{source} holds more than {_MAX_PARAMETERS} parameters; give the '
        'checkpoint of a Q-network.'
      )
  params = traverse_util.unflatten_dict(leaves)
  return params if 'params' in params else {'params': _renumber(params)}


def _leaves(
  tree: Any, path: tuple[str, ...], source: str
) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
  if isinstance(tree, np.ndarray) and path:
    yield path, tree
  elif isinstance(tree, dict) and len(path) < _MAX_DEPTH:
    for key, branch in tree.items():
      if not isinstance(key, str):
        raise DamagedCheckpointError(f'{source} has a parameter without name.')
      yield from _leaves(branch, (*path, key), source)
  else:
    raise DamagedCheckpointError(
      f'{source} holds a {type(tree).__name__} where the parameter '
      f'{"/".join(path)[:80]!a} belongs; give the checkpoint of a Q-network.'
    )


def _renumber(layers: dict[str, Any]) -> dict[str, Any]:
  """Counts the layers of each kind from 0, as linen does."""
  counts: dict[str, int] = {}
  renamed = {}
  matches = {name: _NUMBERED_LAYER.fullmatch(name) for name in layers}
  for name in sorted(
    layers, key=lambda n: int(m[2]) if (m := matches[n]) else -1
  ):
    match = matches[name]
    if match:
      index = counts.get(match[1], 0)
      counts[match[1]] = index + 1
      renamed[f'{match[1]}_{index}'] = layers[name]
    else:
      renamed[name] = layers[name]
  return renamed


def check(
  params: Params,
  network: NetworkFactory,
  state_shape: Sequence[int],
  num_actions: int,
  source: str,
) -> None:
  """Checks that `params` are those of `network` for this game.

  Args:
    params: from a checkpoint.
    network: makes the network for a number of actions.
    state_shape: (*O, S), of one state.
    num_actions: actions of the game.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: if a parameter is missing, unknown or of another
      shape, or the teacher has another number of actions than the game.
  """
  found = _shapes(params)
  for name, leaf in traverse_util.flatten_dict(params, sep='/').items():
    if leaf.dtype.kind != 'f':
      raise MismatchedTeacherError(
        f'{source}: the parameter {name} holds {leaf.dtype} numbers, but the '
        'network expects floats; give the checkpoint of a Q-network.'
      )
  expected = expected_shapes(network, state_shape, num_actions)
  if found == expected:
    return
  teacher_actions = _last_sizes(found) - {num_actions}
  for actions in sorted(teacher_actions):
    if found == expected_shapes(network, state_shape, actions):
      raise MismatchedTeacherError(
        f'The teacher of {source} has {actions} actions, but the game has '
        f'{num_actions}; give a teacher of this game.'
      )
  raise MismatchedTeacherError(_difference(found, expected, source))


def expected_shapes(
  network: NetworkFactory, state_shape: Sequence[int], num_actions: int
) -> dict[str, tuple[int, ...]]:
  """Returns the shape of each parameter by its path, without computing."""
  state = jax.ShapeDtypeStruct(tuple(state_shape), np.uint8)
  module = network(num_actions=num_actions)
  return _shapes(jax.eval_shape(module.init, jax.random.key(0), state))


def _shapes(params: Params) -> dict[str, tuple[int, ...]]:
  flat = traverse_util.flatten_dict(params, sep='/')
  return {path: tuple(leaf.shape) for path, leaf in flat.items()}


def _last_sizes(shapes: dict[str, tuple[int, ...]]) -> set[int]:
  return {shape[0] for shape in shapes.values() if len(shape) == 1 and shape[0]}


def _difference(
  found: dict[str, tuple[int, ...]],
  expected: dict[str, tuple[int, ...]],
  source: str,
) -> str:
  advice = 'give the network that the teacher was trained with.'
  for path, shape in expected.items():
    if path not in found:
      return f'{source} has no parameter {path}, of shape {shape}; {advice}'
    if found[path] != shape:
      return (
        f'{source}: the parameter {path} has the shape {found[path]}, but the '
        f'network expects {shape}; {advice}'
      )
  unknown = min(found.keys() - expected.keys())
  return (
    f'{source} has a parameter {unknown!a} that the network lacks; {advice}'
  )


def fingerprint(params: Params) -> str:
  """Returns the SHA-256 of the names, shapes, types and values, in hex."""
  digest = hashlib.sha256()
  flat = traverse_util.flatten_dict(params, sep='/')
  for path in sorted(flat):
    leaf = np.asarray(flat[path])
    digest.update(f'{path} {leaf.dtype.str} {leaf.shape}\n'.encode())
    digest.update(np.ascontiguousarray(leaf).data)
  return digest.hexdigest()
