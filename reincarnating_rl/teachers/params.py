"""Network parameters as they are found in files."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from flax import traverse_util

from reincarnating_rl.learner.types import Params
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers.errors import MismatchedTeacherError

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
    DamagedFileError: if it is not a tree of arrays.
  """
  leaves = {}
  for path, leaf in _leaves(tree, (), source):
    leaves[path] = leaf
    # A small file can hold an immense tree by repeating its branches.
    if len(leaves) > _MAX_PARAMETERS:
      raise DamagedFileError(
        f'{source} holds more than {_MAX_PARAMETERS} parameters; give the '
        'checkpoint of an agent.'
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
        raise DamagedFileError(f'{source} has a parameter without name.')
      yield from _leaves(branch, (*path, key), source)
  else:
    raise DamagedFileError(
      f'{source} holds a {type(tree).__name__} where the parameter '
      f'{"/".join(path)[:80]!a} belongs; give the checkpoint of an agent.'
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


def check_leaves(params: Params, source: str) -> None:
  """Checks that `params` are numbers of the kind that networks have.

  Args:
    params: from a checkpoint.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: if a parameter is empty or not of floats.
  """
  for name, leaf in traverse_util.flatten_dict(params, sep='/').items():
    if leaf.dtype.kind != 'f' or not leaf.size:
      raise MismatchedTeacherError(
        f'{source}: the parameter {name} holds {leaf.size} {leaf.dtype} '
        'numbers, but the network expects floats; give the checkpoint of '
        'an agent.'
      )


def check_finite(params: Params, source: str) -> None:
  """Refuses a teacher whose training diverged.

  Args:
    params: from a checkpoint.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: a parameter is infinite or no number.
  """
  for name, leaf in traverse_util.flatten_dict(params, sep='/').items():
    if leaf.dtype.kind == 'f' and not np.isfinite(leaf).all():
      raise MismatchedTeacherError(
        f'{source}: the parameter {name[:100]!a} is not finite everywhere; '
        'give a teacher whose training did not diverge.'
      )


def shapes(params: Params) -> dict[str, tuple[int, ...]]:
  """Returns the shape of each parameter by its path, `params/Conv_0/bias`."""
  flat = traverse_util.flatten_dict(params, sep='/')
  return {path: tuple(leaf.shape) for path, leaf in flat.items()}


def fingerprint(params: Params) -> str:
  """Returns the SHA-256 of the names, shapes, types and values, in hex."""
  digest = hashlib.sha256()
  flat = traverse_util.flatten_dict(params, sep='/')
  for path in sorted(flat):
    leaf = np.asarray(flat[path])
    digest.update(f'{path} {leaf.dtype.str} {leaf.shape}\n'.encode())
    digest.update(np.ascontiguousarray(leaf).data)
  return digest.hexdigest()
