"""A checkpoint of any sort as a network, its parameters and its actions."""

import os
from typing import NamedTuple

import jax.numpy as jnp

from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.learner.control.parts import TEMPERATURE
from reincarnating_rl.learner.types import Array, Params
from reincarnating_rl.teachers import actions as action_maps
from reincarnating_rl.teachers import (
  balloon_facts,
  checkpoints,
  game_checks,
  observation_maps,
  perciatelli,
  recognition,
)
from reincarnating_rl.teachers.actions import ActionMap, Meanings
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.description import (
  Description,
  actions_from_manifest,
  describe,
)
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)
from reincarnating_rl.teachers.fit import Candidate
from reincarnating_rl.teachers.foreign.base import Target, algorithm_of
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.inferred_fields import Fields
from reincarnating_rl.teachers.kinds import NetworkFactory
from reincarnating_rl.teachers.network_teacher import Policy
from reincarnating_rl.teachers.observation_maps import ObservationMap

_VMAX = 10.0  # Dopamine's.


class TeacherSource(NamedTuple):
  """What a user says of a teacher's file; None where it tells by itself.

  Attributes:
    path: a run, its checkpoints folder, or a file of another library; None for
      a teacher that a package has.
    agent: a key of `kinds.KINDS`, 'auto', or `perciatelli.NAME`.
    number: which checkpoint; None for the newest complete one.
    prefix: of the checkpoints' names.
    network: makes the network, called with `num_actions` and its kind's fields.
    layers: which parameters of another library's file are which layers.
    vmax: a Rainbow's atoms span the returns from -vmax to vmax.
    action_meanings: of the teacher's actions, in its order.
    observation_statistics: file of the statistics by which a teacher of another
      library had its observations normalized; 'none' if there are none.
    observation_map: of the game's states to the teacher's; see
      `observation_maps.make`.
  """

  path: str | os.PathLike[str] | None
  agent: str = recognition.AUTO
  number: int | None = None
  prefix: str = 'ckpt'
  network: NetworkFactory | None = None
  layers: Layers | None = None
  vmax: float | None = None
  action_meanings: Meanings | None = None
  observation_statistics: str | None = None
  observation_map: observation_maps.Setting | None = None


class LoadedTeacher(NamedTuple):
  """A network with the parameters of a checkpoint."""

  checkpoint: TeacherCheckpoint
  candidate: Candidate  # its kind, its network and the game
  fields: Fields  # of the network
  vmax: float | None  # of its atoms, where it is a Rainbow with any
  indices: tuple[int, ...] | None  # the game's actions among its own; None: all
  meanings: tuple[str, ...] | None  # of its own actions, where that is known
  knows_bounds: bool = True  # those of vectors: from the game, or its file
  observes: ObservationMap | None = None  # None: the game's states as they are

  @property
  def trained_by(self) -> str:
    """The kind; of a policy, the algorithm that its file names, if any."""
    kind = self.candidate.kind
    told = algorithm_of(self.checkpoint.metadata) if kind.is_policy else None
    return told or kind.name

  @property
  def description(self) -> Description | None:
    """What a manifest should say of the network, if that can be said."""
    return describe(
      self.candidate.kind.name, self.candidate.make(self.fields), self.vmax
    )

  def policy(self, temperature: float) -> Policy:
    """Returns the policy over the game's actions.

    Args:
      temperature: tau of a teacher of Q-values; a policy has none.
    """
    network, kind = self.candidate.make(self.fields), self.candidate.kind
    inputs = kind.inputs(self.fields, self.vmax or _VMAX)
    taken = None if self.indices is None else list(self.indices)
    observes = self.observes

    def policy(params: Params, state: Array) -> Array:
      state = state if observes is None else observes.function(state)
      output = network.apply(params, state, **inputs)
      said = kind.policy(output, temperature)
      return said if taken is None else said[jnp.array(taken)]

    return policy


def load(
  source: TeacherSource,
  *,
  actions: Actions,
  state_shape: tuple[int, ...],
  game_actions: tuple[str, ...] | None = None,
  game_name: str | None = None,
) -> LoadedTeacher:
  """Reads a teacher and finds out what it is.

  Args:
    source: where it is, and what is known of it.
    actions: of the game.
    state_shape: (*O, S), of one state of the game.
    game_actions: what the game's actions mean; None if it does not tell.
    game_name: such as 'Pong'; None to take a teacher of any game. So does
      whoever declares what its actions mean.

  Returns:
    The teacher.

  Raises:
    UserError: the file is missing, damaged or unsafe, or of another kind,
      network or game.
  """
  if source.agent == perciatelli.NAME:
    return _load_perciatelli(source, actions, state_shape, game_actions)
  observes = None
  if source.observation_map is not None:
    observes = observation_maps.make(source.observation_map, state_shape)
    state_shape = observes.state_shape
  declared = source.action_meanings
  action_map = _declared(declared, actions, game_actions) if declared else None
  checkpoint = checkpoints.load_checkpoint(
    source.path,
    source.number,
    source.prefix,
    layers=source.layers,
    target=Target(actions, state_shape, action_map),
    statistics=source.observation_statistics,
  )
  checkpoint = checkpoint._replace(params=_of_network(checkpoint.params))
  game_checks.check(
    checkpoint, actions, state_shape, None if declared else game_name
  )
  if checkpoint.number is None:
    action_map = None  # Converted for the game's actions already.
  else:
    action_map = action_map or _told(checkpoint, actions, game_actions)
  candidate, fields = recognition.recognise(
    checkpoint,
    source.agent,
    source.network,
    state_shape=state_shape,
    actions=Discrete(len(action_map.meanings)) if action_map else actions,
  )
  return LoadedTeacher(
    checkpoint,
    candidate,
    fields,
    _vmax(source, checkpoint) if fields.get('distributional') else None,
    action_map and action_map.indices,
    action_map.meanings if action_map else game_actions,
    observes=observes,
  )


def _of_network(params: Params) -> Params:
  """Leaves out SAC's temperature, which training alone needs."""
  return {name: tree for name, tree in params.items() if name != TEMPERATURE}


def _load_perciatelli(
  source: TeacherSource,
  actions: Actions,
  state_shape: tuple[int, ...],
  game_actions: tuple[str, ...] | None,
) -> LoadedTeacher:
  plain = TeacherSource(None, source.agent, prefix=source.prefix)
  if source != plain:
    raise TeacherError(
      f'The {source.agent} teacher comes as it is: leave out its path, its '
      'number and all of create_teacher but the temperature.'
    )
  balloon_facts.check_game(source.agent, actions, state_shape)
  checkpoint = perciatelli.load()
  candidate, fields = recognition.recognise(
    checkpoint,
    recognition.AUTO,
    None,
    state_shape=state_shape,
    actions=actions,
  )
  return LoadedTeacher(checkpoint, candidate, fields, None, None, game_actions)


def _declared(
  meanings: Meanings,
  actions: Actions,
  game_actions: tuple[str, ...] | None,
) -> ActionMap:
  if isinstance(actions, Continuous):
    raise TeacherError(
      f'create_teacher.action_meanings is {meanings!r}, and the game has '
      f'{actions}: leave it out.'
    )
  return action_maps.declared(meanings, game_actions, actions.number)


def _told(
  checkpoint: TeacherCheckpoint,
  actions: Actions,
  game_actions: tuple[str, ...] | None,
) -> ActionMap | None:
  """Maps the actions that a manifest names; None where they are the game's."""
  told = actions_from_manifest(checkpoint.metadata, checkpoint.path)
  if not told or not isinstance(actions, Discrete):
    return None
  try:
    return action_maps.written(told, game_actions, actions.number)
  except TeacherError as error:
    raise MismatchedTeacherError(
      f'The actions that the manifest of {checkpoint.path} names do not serve '
      f'({error})'
    ) from error


def _vmax(source: TeacherSource, checkpoint: TeacherCheckpoint) -> float:
  told = checkpoint.description and checkpoint.description.vmax
  return source.vmax or told or _VMAX
