"""Which kind of teacher, with which network, some parameters are of."""

import dataclasses
import math

from reincarnating_rl.learner.actions import Actions, Discrete
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.teachers import fit
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.description import NETWORKS
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  OtherGameError,
)
from reincarnating_rl.teachers.fit import Candidate
from reincarnating_rl.teachers.inferred_fields import Fields
from reincarnating_rl.teachers.kinds import KINDS, Kind, NetworkFactory, count
from reincarnating_rl.teachers.params import shapes

AUTO = 'auto'
_MANY_ACTIONS = 10**9  # More than any game has.


def recognise(
  checkpoint: TeacherCheckpoint,
  agent: str,
  network: NetworkFactory | None,
  *,
  state_shape: tuple[int, ...],
  actions: Actions,
) -> tuple[Candidate, Fields]:
  """Finds the kind, the network and its fields.

  A network that the caller names is believed, then what the checkpoint says of
  itself, then the shapes of the parameters.

  Args:
    checkpoint: of the teacher.
    agent: a key of `KINDS`, or `AUTO`.
    network: makes the network, or None.
    state_shape: (*O, S), of one state of the game.
    actions: of the teacher.

  Returns:
    What the teacher is, and the fields of its network.

  Raises:
    MismatchedTeacherError: nothing fits.
  """
  if network is None and checkpoint.description is not None:
    candidate = _described(checkpoint, agent, state_shape, actions)
    return candidate, fit.fit(checkpoint.params, candidate, checkpoint.path)
  kinds = _guesses(actions) if agent == AUTO else [KINDS[agent]]
  failures = []
  for kind in kinds:
    candidate = Candidate(kind, network or kind.network, state_shape, actions)
    try:
      fields = fit.fit(checkpoint.params, candidate, checkpoint.path)
      if agent == AUTO:
        _check_usual(candidate, fields, checkpoint.path)
      return candidate, fields
    except MismatchedTeacherError as error:
      failures.append((candidate, error))
  raise _likeliest(failures, checkpoint, is_guess=agent == AUTO)


def _guesses(actions: Actions) -> list[Kind]:
  """Returns the kinds that parameters without a word can be of.

  Plain layers tell nothing of themselves. Where actions are discrete, those of
  vectors are among them, to be told from the rest.
  """
  return [
    kind
    for kind in KINDS.values()
    if kind.is_guessed
    and (kind.takes(actions) or isinstance(actions, Discrete))
  ]


def _likeliest(
  failures: list[tuple[Candidate, MismatchedTeacherError]],
  checkpoint: TeacherCheckpoint,
  *,
  is_guess: bool,
) -> MismatchedTeacherError:
  """Chooses the error of the kind that comes nearest."""
  found = shapes(checkpoint.params)

  def rank(failure: tuple[Candidate, MismatchedTeacherError]) -> float:
    candidate, error = failure
    # Read as Q-values, atoms are many actions.
    if isinstance(error, OtherGameError):
      return count(error.actions)
    try:
      expected = candidate.read(found)[1]
    except MismatchedTeacherError:
      return math.inf
    if not found.keys() & expected.keys():
      return math.inf
    return _MANY_ACTIONS + len(found.items() ^ expected.items())

  nearest = min(failures, key=rank)  # Of equals, the first.
  if is_guess and rank(nearest) == math.inf:
    game = nearest[0]
    return MismatchedTeacherError(
      f'{checkpoint.path} does not say of what network it is, and none that is '
      f'known takes states of shape {game.state_shape} for {game.actions}: '
      'give create_teacher.network and --teacher_agent.'
    )
  return nearest[1]


def _described(
  checkpoint: TeacherCheckpoint,
  agent: str,
  state_shape: tuple[int, ...],
  actions: Actions,
) -> Candidate:
  told = checkpoint.description
  if told.kind not in KINDS:
    raise MismatchedTeacherError(
      f'{checkpoint.path} is of the kind {told.kind!r}, which this program '
      'does not have; install the reincarnating_rl that wrote it.'
    )
  if agent not in (AUTO, told.kind):
    raise MismatchedTeacherError(
      f'{checkpoint.path} is of the kind {told.kind!r}, not {agent}; leave out '
      '--teacher_agent.'
    )
  kind = dataclasses.replace(
    KINDS[told.kind],
    read_fields=lambda shapes, actions: [told.fields],
    usual_atoms=told.fields.get('num_atoms'),
  )
  if told.network == LayeredNetwork.__name__:
    # It takes nothing beside the state: its atoms are among its fields.
    kind = dataclasses.replace(kind, inputs=lambda fields, vmax: {})
  return Candidate(kind, NETWORKS[told.network], state_shape, actions)


def _check_usual(candidate: Candidate, fields: Fields, source: str) -> None:
  """Refuses what is more likely a teacher for another number of actions."""
  kind, atoms = candidate.kind, fields.get('num_atoms', 1)
  if candidate.network is not kind.network or atoms in (1, kind.usual_atoms):
    return
  outputs = atoms * candidate.num_actions
  number, rest = divmod(outputs, kind.usual_atoms)
  way_out = (
    f'pass --teacher_agent {kind.name} if it has {atoms} atoms an action.'
  )
  if rest:
    raise MismatchedTeacherError(
      f'The teacher of {source} has {outputs} outputs, and the game has '
      f'{candidate.num_actions} actions; {way_out}'
    )
  raise OtherGameError(
    f'The teacher of {source} has {number} actions, but the game has '
    f'{candidate.num_actions}; give a teacher of this game, or {way_out}',
    actions=Discrete(number),
  )
