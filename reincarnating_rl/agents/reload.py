"""Fine-tuning begins here: a student becomes what its teacher is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from absl import logging

from reincarnating_rl.agents.snapshot import (
  IncompatibleSnapshotError,
  flatten,
  unflatten,
)
from reincarnating_rl.agents.student import Student
from reincarnating_rl.learner.control.parts import TEMPERATURE
from reincarnating_rl.students import StudentKind
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import ONLINE, OPTIMIZER, TARGET
from reincarnating_rl.teachers.training_state import TrainingState

_TEMPERATURE = f'{ONLINE}/{TEMPERATURE}/'  # Of SAC; a target has none.
_ADVICE = 'fine-tuning goes on with its network, its actions and its atoms'


class UnlikeTeacherError(UserError):
  """A student that cannot begin as the teacher is."""


def reload(student: Student, state: TrainingState) -> list[str]:
  """Makes a student what its teacher is; all is checked before any change.

  Args:
    student: whose `teacher` the state is of.
    state: of the teacher's checkpoint; target and moments may lack.

  Returns:
    What was reloaded: parameters, and maybe the target, SAC's temperature and
    the moments.

  Raises:
    UnlikeTeacherError: the teacher has another network, or other actions.
  """
  arrays, path = state.arrays, state.path
  _check_meaning(student, path)
  _check_rewards(student, state)
  online = _parameters(student, arrays, ONLINE, path)
  trees, found = {ONLINE: online}, ['parameters']
  if any(name.startswith(f'{TARGET}/') for name in arrays):
    trees[TARGET] = _parameters(student, arrays, TARGET, path)
    found.append('target')
  if any(name.startswith(_TEMPERATURE) for name in arrays):
    found.append(TEMPERATURE)
  if student.method_settings.reload_optimizer:
    moments = _moments(student, arrays)
    if moments is not None:
      trees[OPTIMIZER] = moments
      found.append("optimiser's moments")
  student.trainer.load_trees(trees)
  if TARGET not in trees:
    student.trainer.sync_target()
  return found


def _check_meaning(student: Student, path: str) -> None:
  """Refuses what equal shapes would hide."""
  told, mine = student.teacher.lineage, student.value.meaning
  if told.get('agent') != student.kind.name:
    raise UnlikeTeacherError(
      f'The teacher of {path} is of the kind {told.get("agent")}, and the '
      f'student of {student.kind.name}: {_ADVICE}.'
    )
  if told.get('actions') is not None:
    raise UnlikeTeacherError(
      f"The teacher of {path} has other actions than the game's, or another "
      f'order of them: {_ADVICE}.'
    )
  if told.get('observation_map') is not None:
    raise UnlikeTeacherError(
      f"The teacher of {path} sees the game's states through "
      'create_teacher.observation_map, and a student sees them as they are: '
      'distil it instead, such as with --agent qdagger_'
      f'{student.kind.name}.'
    )
  _check_range(told.get('network_fields') or {}, mine, path)
  vmax = told.get('vmax')
  atoms = [mine.get('atoms from', 0.0), mine.get('atoms to', 0.0)]
  if vmax is not None and not np.allclose(atoms, [-vmax, vmax], rtol=1e-5):
    raise UnlikeTeacherError(
      f"The atoms of {path} reach from {-vmax} to {vmax}, and the student's "
      f'from {atoms[0]:.6g} to {atoms[1]:.6g}: bind JaxFullRainbowAgent.vmax '
      f'= {vmax}.'
    )


def _check_range(
  theirs: Mapping[str, Any], mine: Mapping[str, Any], path: str
) -> None:
  """Refuses a D4PG whose atoms stand for other returns."""
  low, high = theirs.get('value_range') or (None, None)
  if low is not None and (low, high) != (mine['atoms from'], mine['atoms to']):
    raise UnlikeTeacherError(
      f'The atoms of {path} reach from {low} to {high}: {_ADVICE}, so bind '
      f'D4PG.vmin = {low} and D4PG.vmax = {high}.'
    )


def _check_rewards(student: Student, state: TrainingState) -> None:
  """Refuses values of rewards that were multiplied by something else."""
  if not student.kind.is_continuous:
    return
  theirs, mine = state.reward_scale, student.value.reward_scale
  if theirs is None and mine != 1.0:
    logging.warning(
      '%s does not tell by what its rewards were multiplied: its values are '
      'taken for those of SACAgent.reward_scale_factor = %s.',
      *(state.path, mine),
    )
  elif theirs not in (None, mine):
    raise UnlikeTeacherError(
      f'The rewards of {state.path} were multiplied by {theirs}, and the '
      f"student's are by {mine}: bind SACAgent.reward_scale_factor = {theirs}."
    )


def _to_bind(kind: StudentKind) -> str:
  if not kind.is_continuous:
    return kind.network_parameter
  sizes = 'SACAgent.num_layers and SACAgent.hidden_units'
  return f'{kind.network_parameter}, {sizes}'


def _parameters(
  student: Student, arrays: dict[str, np.ndarray], group: str, path: str
) -> Any:
  template = {group: student.trainer.trees()[group]}
  ours = flatten(template)
  theirs = {n: x for n, x in arrays.items() if n.startswith(f'{group}/')}
  # Where a checkpoint has no temperature, ours begins anew.
  theirs |= {
    n: x
    for n, x in ours.items()
    if n.startswith(_TEMPERATURE) and n not in theirs
  }
  for name in sorted(ours.keys() | theirs.keys()):
    shapes = [_shape(ours, name), _shape(theirs, name)]
    if shapes[0] != shapes[1]:
      raise UnlikeTeacherError(
        f'{name} has {shapes[1]} in {path} and {shapes[0]} in the student: '
        f"bind {_to_bind(student.kind)} to the teacher's network."
      )
  cast = {n: x.astype(ours[n].dtype) for n, x in theirs.items()}
  return unflatten(cast, template)[group]


def _moments(student: Student, arrays: dict[str, np.ndarray]) -> Any | None:
  """Returns the optimiser's state; None if the teacher's is of another."""
  template = {OPTIMIZER: student.trainer.state.optimizer_state}
  theirs = {n for n in arrays if n.startswith(f'{OPTIMIZER}/')}
  if theirs != flatten(template).keys():
    return None  # Adam's, say, and here is RMSProp.
  try:
    return unflatten(arrays, template)[OPTIMIZER]
  except IncompatibleSnapshotError:
    return None


def _shape(arrays: dict[str, np.ndarray], name: str) -> str:
  return f'the shape {arrays[name].shape}' if name in arrays else 'no place'
