"""A student's state as flat, named arrays and plain data, and back again."""

from typing import Any

import jax
import numpy as np

from reincarnating_rl.agents.student import Student
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.description import Description, describe


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


def counters(student: Student) -> dict[str, float]:
  """Returns what a student has spent, and lambda."""
  return {
    'training_steps': student.training_steps,
    'pretraining_updates': student.trainer.pretraining_updates,
    'online_updates': student.trainer.online_updates,
    'distill_coefficient': student.weaner.coefficient,
    **student.actor.counters,
  }


def _stateful_parts(student: Student) -> dict[str, Any]:
  return {
    'weaner': student.weaner,
    'batches': student.batches,
    'actor': student.actor,
  }


def take(student: Student) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
  """Returns all that shapes a student's future, its replay apart.

  Args:
    student: between episodes.

  Returns:
    Arrays by name, and JSON-able counters.
  """
  states = {n: x.state_dict() for n, x in _stateful_parts(student).items()}
  return flatten(student.trainer.trees()), counters(student) | {'parts': states}


def restore(
  student: Student, arrays: dict[str, np.ndarray], told: dict[str, Any]
) -> None:
  """Inverse of `take`: arrays are checked before anything is changed.

  Args:
    student: of the same settings.
    arrays: by name.
    told: the counters.

  Raises:
    IncompatibleSnapshotError: the arrays are of another configuration.
  """
  student.trainer.load_trees(unflatten(arrays, student.trainer.trees()))
  student.training_steps = told['training_steps']
  student.trainer.pretraining_updates = told['pretraining_updates']
  student.trainer.online_updates = told['online_updates']
  for name, part in _stateful_parts(student).items():
    part.load_state_dict(told['parts'][name])


def description(student: Student) -> Description | None:
  """Returns what a checkpoint says of the network, if that can be said."""
  meaning = student.value.meaning
  vmax = None
  if 'distributional' in meaning:
    vmin, vmax = meaning['atoms from'], meaning['atoms to']
    if meaning['distributional'] and vmin != -vmax:
      return None
  return describe(student.kind.name, student.network_def, vmax)
