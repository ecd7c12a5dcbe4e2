"""Reloading: the student begins as what the teacher is, and is fine-tuned."""

from typing import Any

import numpy as np

from reincarnating_rl.agents.snapshots import (
  IncompatibleSnapshotError,
  flatten,
  unflatten,
)
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.training_state import (
  ONLINE,
  OPTIMIZER,
  TARGET,
  TrainingState,
)

_ADVICE = 'fine-tuning goes on with its network, its actions and its atoms'


class UnlikeTeacherError(UserError):
  """A student that cannot begin as the teacher is."""


class Reloading:
  """Fine-tuning (Agarwal et al. 2022, section 5), before a student's class.

  Parameters, target, moments and replay are the teacher's to begin with, as far
  as it has left them; from then on it is tabula rasa's training.
  """

  needs_teacher = True
  starts_from_teacher = True

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    reload_optimizer: bool = True,
    load_replay: bool = True,
  ) -> None:
    """Builds the student.

    Args:
      num_actions: A.
      seed: of the network, until it is reloaded, of exploration and replay.
      reload_optimizer: whether to take over the optimiser's moments.
      load_replay: whether to take over the teacher's replay.
    """
    self._reload_optimizer = reload_optimizer
    self.loads_replay = load_replay
    super().__init__(num_actions, seed=seed)

  def reload(self, state: TrainingState) -> list[str]:
    """Becomes what the teacher is: all is checked before anything is changed.

    Args:
      state: of the teacher, which `set_teacher` was told of.

    Returns:
      What was reloaded: parameters, and maybe the target and the moments.

    Raises:
      UnlikeTeacherError: the teacher has another network, or other actions.
    """
    self._check_meaning(state.path)
    online = self._parameters(state, ONLINE)
    has_target = any(name.startswith(f'{TARGET}/') for name in state.arrays)
    target = self._parameters(state, TARGET) if has_target else None
    moments = self._moments(state) if self._reload_optimizer else None
    self.online_params, found = online, ['parameters']
    if target is None:
      self._sync_weights()
    else:
      self.target_network_params, found = target, [*found, 'target']
    if moments is not None:
      self.optimizer_state, found = moments, [*found, "optimiser's moments"]
    return found

  def _check_meaning(self, path: str) -> None:
    """Refuses what equal shapes would hide."""
    told, mine = self.teacher.lineage, self.identity
    if told.get('agent') != self.teacher_kind:
      raise UnlikeTeacherError(
        f'The teacher of {path} is of the kind {told.get("agent")}, and the '
        f'student of {self.teacher_kind}: {_ADVICE}.'
      )
    if told.get('actions') is not None:
      raise UnlikeTeacherError(
        f"The teacher of {path} has other actions than the game's, or another "
        f'order of them: {_ADVICE}.'
      )
    vmax = told.get('vmax')
    atoms = [mine.get('atoms from', 0.0), mine.get('atoms to', 0.0)]
    if vmax is not None and not np.allclose(atoms, [-vmax, vmax], rtol=1e-5):
      raise UnlikeTeacherError(
        f"The atoms of {path} reach from {-vmax} to {vmax}, and the student's "
        f'from {atoms[0]:.6g} to {atoms[1]:.6g}: bind JaxFullRainbowAgent.vmax '
        f'= {vmax}.'
      )

  def _parameters(self, state: TrainingState, group: str) -> Any:
    ours = flatten({group: self.online_params})
    theirs = {
      n: x for n, x in state.arrays.items() if n.startswith(f'{group}/')
    }
    for name in sorted(ours.keys() | theirs.keys()):
      shapes = [_shape(ours, name), _shape(theirs, name)]
      if shapes[0] != shapes[1]:
        raise UnlikeTeacherError(
          f'{name} has {shapes[1]} in {state.path} and {shapes[0]} in the '
          f"student: bind {self.network_parameter} to the teacher's network."
        )
    arrays = {n: x.astype(ours[n].dtype) for n, x in theirs.items()}
    return unflatten(arrays, {group: self.online_params})[group]

  def _moments(self, state: TrainingState) -> Any | None:
    """Returns the optimiser's state; None if the teacher's is of another."""
    ours = flatten({OPTIMIZER: self.optimizer_state})
    theirs = {n for n in state.arrays if n.startswith(f'{OPTIMIZER}/')}
    if theirs != ours.keys():
      return None  # Adam's, say, and here is RMSProp.
    try:
      return unflatten(state.arrays, {OPTIMIZER: self.optimizer_state})[
        OPTIMIZER
      ]
    except IncompatibleSnapshotError:
      return None


def _shape(arrays: dict[str, np.ndarray], name: str) -> str:
  return f'the shape {arrays[name].shape}' if name in arrays else 'no place'
