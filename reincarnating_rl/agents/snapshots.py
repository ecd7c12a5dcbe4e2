"""An agent's arrays as a flat, named dictionary, and back again."""

from typing import Any

import jax
import numpy as np

from reincarnating_rl.errors import UserError


class IncompatibleSnapshotError(UserError):
  """A checkpoint that does not fit the agent as it is configured."""


def flatten(trees: dict[str, Any]) -> dict[str, np.ndarray]:
  """Names every leaf `tree/path/to/leaf`.

  Args:
    trees: pytrees of arrays by name.

  Returns:
    Host copies of the leaves.
  """
  flat = {}
  for name, tree in trees.items():
    for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
      flat[_leaf_name(name, path)] = np.asarray(leaf)
  return flat


def unflatten(
  flat: dict[str, np.ndarray], templates: dict[str, Any]
) -> dict[str, Any]:
  """Inverse of `flatten`.

  Args:
    flat: arrays by leaf name; names of other trees are ignored.
    templates: trees with the structure, shapes and dtypes to restore.

  Returns:
    Trees of device arrays.

  Raises:
    IncompatibleSnapshotError: a leaf is missing or of another shape or type.
  """
  return {
    name: jax.tree_util.tree_map_with_path(
      lambda path, leaf, name=name: _restore_leaf(
        flat, _leaf_name(name, path), leaf
      ),
      template,
    )
    for name, template in templates.items()
  }


def _restore_leaf(
  flat: dict[str, np.ndarray], name: str, template: Any
) -> jax.Array:
  template = np.asarray(template)
  if name not in flat:
    raise IncompatibleSnapshotError(
      f'The checkpoint has no {name}: it was made with another network or '
      'optimiser. Restore the old settings, or choose another --base_dir.'
    )
  value = flat[name]
  if (value.shape, value.dtype) != (template.shape, template.dtype):
    raise IncompatibleSnapshotError(
      f"The checkpoint's {name} is {value.dtype}{list(value.shape)} and the "
      f'agent needs {template.dtype}{list(template.shape)}: restore the old '
      'settings, or choose another --base_dir.'
    )
  return jax.numpy.asarray(value)


def _leaf_name(tree: str, path: tuple[Any, ...]) -> str:
  keys = (
    getattr(key, 'key', getattr(key, 'name', getattr(key, 'idx', key)))
    for key in path
  )
  return '/'.join([tree, *map(str, keys)])
