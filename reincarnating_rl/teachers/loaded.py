"""What a user says of a teacher's file, and what was read of it."""

import os
from typing import NamedTuple

import jax.numpy as jnp

from reincarnating_rl.learner.types import Array, Params
from reincarnating_rl.teachers import observation_maps, recognition
from reincarnating_rl.teachers.action_functions import ActionFunction, Setting
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.description import Description, describe
from reincarnating_rl.teachers.fit import Candidate
from reincarnating_rl.teachers.foreign.base import algorithm_of
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.inferred_fields import Fields
from reincarnating_rl.teachers.kinds import NetworkFactory
from reincarnating_rl.teachers.network_teacher import Policy
from reincarnating_rl.teachers.observation_maps import ObservationMap

VMAX = 10.0
"""A Rainbow's, where nothing tells: Dopamine's."""


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
    action_meanings: of the teacher's actions, in its order; or a function; see
      `action_functions`.
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
  action_meanings: Setting | None = None
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
  decides: ActionFunction | None = None  # None: its actions are the game's

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
    inputs = kind.inputs(self.fields, self.vmax or VMAX)
    taken = None if self.indices is None else list(self.indices)
    observes, decides = self.observes, self.decides

    def policy(params: Params, state: Array) -> Array:
      state = state if observes is None else observes.function(state)
      output = network.apply(params, state, **inputs)
      said = kind.policy(output, temperature)
      said = said if taken is None else said[jnp.array(taken)]
      return said if decides is None else decides.function(said)

    return policy
