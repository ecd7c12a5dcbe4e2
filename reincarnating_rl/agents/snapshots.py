"""An agent's arrays as a flat, named dictionary, and back again."""

from typing import Any

import jax
import numpy as np

from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.description import (
  Description,
  describe,
)


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


class Snapshots:
  """A student's state, out and in.

  Part of `ReincarnationMixin`, which has the attributes used here.
  """

  @property
  def counters(self) -> dict[str, float]:
    """What the student has spent, and lambda."""
    return {
      'training_steps': self.training_steps,
      'pretraining_updates': self.pretraining_updates,
      'online_updates': self.online_updates,
      'distill_coefficient': self.distill_coefficient,
    }

  @property
  def identity(self) -> dict[str, Any]:
    """What may not differ when a run is resumed, JSON-able."""
    term = self._teacher_term
    return {
      'double Q-learning': self._double_dqn,
      'data augmentation': self._data_augmentation,
      **(term.identity if term else {}),
    }

  @property
  def description(self) -> Description | None:
    """What a checkpoint says of the network, if that can be said."""
    return describe(self.teacher_kind, self.network_def)

  @property
  def method_state(self) -> dict[str, Any]:
    """What else shapes a method's future, JSON-able; nothing by default."""
    return {}

  def _restore_method(self, counters: dict[str, Any]) -> None:
    """Takes over `counters` of a snapshot, its 'method' being the state."""
    del counters

  def snapshot(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Returns all that shapes the student's future, its replay apart.

    Returns:
      Arrays by name, and JSON-able counters. Between episodes only.
    """
    counters = self.counters | {'method': self.method_state}
    return flatten(self._trees()), counters

  def restore(
    self, arrays: dict[str, np.ndarray], counters: dict[str, Any]
  ) -> None:
    """Inverse of `snapshot`: everything is read before anything is changed.

    Raises:
      IncompatibleSnapshotError: the arrays are of another configuration.
    """
    trees = unflatten(arrays, self._trees())
    self.online_params = trees['online_params']
    self.target_network_params = trees['target_params']
    self.optimizer_state = trees['optimizer_state']
    self._rng = trees['rng']
    self.training_steps = counters['training_steps']
    self.pretraining_updates = counters['pretraining_updates']
    self.online_updates = counters['online_updates']
    self.set_distill_coefficient(counters['distill_coefficient'])
    self._restore_method(counters)

  def _trees(self) -> dict[str, Any]:
    return {
      'online_params': self.online_params,
      'target_params': self.target_network_params,
      'optimizer_state': self.optimizer_state,
      'rng': self._rng,
    }
