"""What a checkpoint holds of an agent besides its policy, to go on training.

Names are those of our own checkpoints, by group and path:
`online_params/params/Conv_0/kernel`, `optimizer_state/0/mu/params/...`.
"""

import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from flax import traverse_util

from reincarnating_rl.importers.formats.pickle_names import Placeholder
from reincarnating_rl.learner.control.parts import LOG_ALPHA, TEMPERATURE
from reincarnating_rl.learner.types import Params
from reincarnating_rl.teachers import (
  checkpoint_files,
  checkpoints,
  dopamine_checkpoints,
  native_checkpoint,
  params,
)
from reincarnating_rl.teachers.base import ONLINE, OPTIMIZER, TARGET
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.errors import TeacherError

_MAX_DEPTH, _MAX_LEAVES = 20, 30_000
# Optax's states, by what is pickled of them: their values in this order.
_FIELDS = {
  'EmptyState': (),
  'ScaleState': (),
  'ScaleByAdamState': ('count', 'mu', 'nu'),
  'ScaleByRmsState': ('nu',),
  'ScaleByRStdDevState': ('mu', 'nu'),
  'ScaleByStddevState': ('mu', 'nu'),  # Its name up to optax 0.1.
}


_REWARD_SCALE = 'SACAgent.reward_scale_factor'


class TrainingState(NamedTuple):
  """The arrays of an agent; of target and optimiser there may be none."""

  arrays: dict[str, np.ndarray]
  path: str
  reward_scale: float | None = None  # that it learnt with, where that is told


class _UnknownStateError(Exception):
  """An optimiser whose state cannot be told from the file."""


def read(
  directory: str | os.PathLike[str],
  number: int | None = None,
  prefix: str = 'ckpt',
) -> TrainingState:
  """Reads the parameters of an agent, and what there is of the rest.

  Args:
    directory: of a run, or of its checkpoints.
    number: which checkpoint; None for the newest complete one.
    prefix: of the files' names.

  Returns:
    The state. TensorFlow's checkpoints give the online parameters alone.

  Raises:
    TeacherError: it is a file of another library.
    UserError: there is no such checkpoint, it is damaged, or unsafe.
  """
  path = pathlib.Path(directory).expanduser()
  if path.is_file() or not checkpoint_files.has_any(
    checkpoint_files.find_folder(path), prefix
  ):
    raise TeacherError(
      f'{path} has no checkpoint of an agent of Dopamine or of this project, '
      'whose training could go on: distil it with --agent qdagger_dqn.'
    )
  found = checkpoints.load_checkpoint(path, number, prefix)
  arrays = of_params(found).arrays
  if found.metadata['format'] == native_checkpoint.FORMAT:
    arrays |= native_checkpoint.read_groups(found.path, (TARGET, OPTIMIZER))
  elif found.metadata['format'] == 'dopamine':
    arrays |= _rest_of_pickle(pathlib.Path(found.path))
  params.check_finite(arrays, found.path)
  return TrainingState(arrays, found.path, _reward_scale(found.metadata))


def _reward_scale(manifest: Mapping[str, Any]) -> float | None:
  """Reads by what a run of ours multiplied rewards off its settings."""
  told: Any = manifest
  for key in ('state', 'identity', _REWARD_SCALE):
    told = told.get(key) if isinstance(told, dict) else None
  try:
    return None if told is None else float(told)
  except (TypeError, ValueError):
    return None


def of_params(found: TeacherCheckpoint) -> TrainingState:
  """Returns the state that parameters alone are.

  Args:
    found: what was read of a teacher.
  """
  return TrainingState(_named(ONLINE, found.params), found.path)


def _rest_of_pickle(path: pathlib.Path) -> dict[str, np.ndarray]:
  bundle, _ = dopamine_checkpoints.read_bundle(path)
  arrays = {}
  if TARGET in bundle:
    target = params.from_pickle(bundle[TARGET], str(path))
    arrays |= _named(TARGET, target)
  log_alpha = bundle.get(LOG_ALPHA)
  if isinstance(log_alpha, np.ndarray) and log_alpha.dtype.kind == 'f':
    arrays[f'{ONLINE}/{TEMPERATURE}/{LOG_ALPHA}'] = log_alpha
  try:
    for number, (name, leaf) in enumerate(
      _leaves(bundle.get(OPTIMIZER, ()), (OPTIMIZER,))
    ):
      if number == _MAX_LEAVES:
        raise _UnknownStateError
      arrays['/'.join(name)] = leaf
  except _UnknownStateError:
    return {n: x for n, x in arrays.items() if not n.startswith(OPTIMIZER)}
  return arrays


def _leaves(
  tree: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
  """Yields the arrays of a pickled optax state, named as JAX names them."""
  if isinstance(tree, np.ndarray | np.generic):
    yield path, np.asarray(tree)
    return
  if isinstance(tree, Placeholder):
    fields = _FIELDS.get(tree.name.rpartition('.')[2])
    if fields is None or len(fields) != len(tree.arguments):
      raise _UnknownStateError
    branches = list(zip(fields, tree.arguments, strict=True))
  elif isinstance(tree, tuple | list):
    branches = [(str(i), branch) for i, branch in enumerate(tree)]
  elif isinstance(tree, dict):
    branches = list(tree.items())
  else:
    raise _UnknownStateError
  if len(path) > _MAX_DEPTH:
    raise _UnknownStateError
  for name, branch in branches:
    if not isinstance(name, str):
      raise _UnknownStateError
    yield from _leaves(branch, (*path, name))


def _named(group: str, tree: Params) -> dict[str, np.ndarray]:
  flat = traverse_util.flatten_dict(tree, sep='/')
  return {f'{group}/{name}': np.asarray(leaf) for name, leaf in flat.items()}
