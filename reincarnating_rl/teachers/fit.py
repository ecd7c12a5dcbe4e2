"""Whether parameters are those of a kind of teacher for a game."""

import dataclasses

import jax
import numpy as np
from flax import errors as flax_errors
from flax import linen as nn

from reincarnating_rl.learner.actions import Actions, Discrete
from reincarnating_rl.learner.types import Params
from reincarnating_rl.networks import channels
from reincarnating_rl.support.errors import first_line, name_of
from reincarnating_rl.teachers import bounds, kinds
from reincarnating_rl.teachers import params as params_lib
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  OtherGameError,
)
from reincarnating_rl.teachers.inferred_fields import Fields, Shapes
from reincarnating_rl.teachers.kinds import KINDS, Kind, NetworkFactory

# The last two: a field that the kind lacks, and images that are too small for
# the network's convolutions.
_UNUSABLE = (
  *(TypeError, ValueError, AttributeError, flax_errors.FlaxError),
  *(LookupError, ZeroDivisionError),
)
_ADVICE = (
  'give the network that the teacher was trained with (create_teacher.network).'
)


@dataclasses.dataclass(frozen=True)
class Candidate:
  """A kind of teacher for a game, and the network that it is thought to have.

  Attributes:
    kind: of the teacher.
    network: makes its network, given the fields of its kind.
    state_shape: (*O, S), of one state of the game.
    actions: of the game.
  """

  kind: Kind
  network: NetworkFactory
  state_shape: tuple[int, ...]
  actions: Actions

  @property
  def num_actions(self) -> int:
    """A, or D of vectors."""
    return kinds.count(self.actions)

  def make(self, fields: Fields, num_actions: int | None = None) -> nn.Module:
    """Makes the network, for the game's number of actions if none is given.

    Raises:
      MismatchedTeacherError: it does not take the fields of its kind.
    """
    try:
      return self.network(num_actions=num_actions or self.num_actions, **fields)
    except TypeError as error:
      raise self._unusable(error) from error

  def shapes(self, fields: Fields, num_actions: int | None = None) -> Shapes:
    """Returns the shape of each parameter by its path, without computing.

    Raises:
      MismatchedTeacherError: the network is not one of this kind, or not one
        for states of this shape.
    """
    module = self.make(fields, num_actions)

    def init(key: jax.Array, state: jax.Array) -> tuple[jax.Array, Params]:
      # Neither vmax nor the temperature is of consequence here.
      inputs = self.kind.inputs(fields, 1.0)
      output, params = module.init_with_output(key, state, **inputs)
      return self.kind.policy(output, 1.0), params

    state = jax.ShapeDtypeStruct(self.state_shape, np.uint8)
    try:
      policy, params = jax.eval_shape(init, jax.random.key(0), state)
      if policy.shape != (self.kind.width(num_actions or self.num_actions),):
        raise ValueError(f'its policy has the shape {policy.shape}')
      shapes = params_lib.shapes(params)
      channels.check_depth(shapes.values(), self.state_shape)
    except _UNUSABLE as error:
      raise self._unusable(error) from error
    return shapes

  def read(self, found: Shapes) -> tuple[Fields, Shapes]:
    """Returns the fields that fit best, and the shapes that they demand."""
    read = [
      (fields, self.shapes(fields))
      for fields in self.kind.read_fields(found, self.num_actions)
    ]
    return min(read, key=lambda pair: len(found.items() ^ pair[1].items()))

  def _unusable(self, error: Exception) -> MismatchedTeacherError:
    return MismatchedTeacherError(
      f'{name_of(self.network)} is no network for a teacher of kind '
      f'{self.kind.name} and states of shape {self.state_shape} '
      f'({first_line(error)[:150]}); {_ADVICE}'
    )


def fit(params: Params, candidate: Candidate, source: str) -> Fields:
  """Finds the fields of the network that has exactly these parameters.

  Args:
    params: from a checkpoint.
    candidate: what they are thought to be.
    source: the file, for messages.

  Returns:
    The fields.

  Raises:
    MismatchedTeacherError: if a parameter is missing, unknown, of another
      shape or not of floats, or the teacher is of another kind or for another
      number of actions than the game's.
  """
  params_lib.check_leaves(params, source)
  found = params_lib.shapes(params)
  _check_sort(found, candidate, source)
  fields, expected = candidate.read(found)
  is_given = candidate.network is not candidate.kind.network
  usual = fields.get('num_atoms') in (None, 1, candidate.kind.usual_atoms)
  if found == expected and (usual or is_given):
    return fields
  # Some kinds differ in nothing but the usual number of atoms. If this is right
  # none the less, naming the network says so.
  way_out = ', or give create_teacher.network' if found == expected else ''
  _check_others(found, candidate, source, way_out)
  if found != expected:
    raise _mismatch(found, expected, candidate, fields, source=source)
  return fields


def _check_others(
  found: Shapes, candidate: Candidate, source: str, way_out: str = ''
) -> None:
  others = _others(found, candidate)
  if others:
    raise MismatchedTeacherError(
      f'{source} is not of the kind {candidate.kind.name} but looks like '
      f'{" or ".join(others)}; pass --teacher_agent {others[0]} for '
      f'that{way_out}.'
    )


def _others(found: Shapes, candidate: Candidate) -> list[str]:
  """Returns the kinds whose own network has these shapes beyond doubt."""
  names = []
  for kind in KINDS.values():
    other = dataclasses.replace(candidate, kind=kind, network=kind.network)
    try:
      fields, expected = other.read(found)
    except MismatchedTeacherError:
      continue  # Not for such states.
    telling = (
      fields.get('noisy')
      or fields.get('dueling')
      or fields.get('num_atoms') == kind.usual_atoms
      or kind.distribution is not None
    )
    if kind != candidate.kind and telling and found == expected:
      names.append(kind.name)
  return names


def _check_sort(found: Shapes, candidate: Candidate, source: str) -> None:
  """Refuses a teacher of vectors in a game without, and the reverse."""
  kind, game = candidate.kind, candidate.actions
  if kind.takes(game):
    return
  _check_others(found, candidate, source)
  if kind.distribution is None:
    raise MismatchedTeacherError(
      f'The {kind.name} teacher of {source} chooses among discrete actions, '
      f'and the game has {game}; give a teacher whose actions are vectors.'
    )
  fields, expected = candidate.read(found)
  actions = _actions_of(found, candidate, fields, expected)
  if actions is None:
    raise MismatchedTeacherError(_difference(found, expected, source))
  bounds.check_size(actions.size, game, source)


def _actions_of(
  found: Shapes, candidate: Candidate, fields: Fields, expected: Shapes
) -> Actions | None:
  """Returns the actions that make the network's shapes those found, if any."""
  kind = candidate.kind
  if found.keys() != expected.keys():
    return None
  # The atoms of an actor's critic are no numbers of an action.
  atoms = 1 if kind.distribution else fields.get('num_atoms', 1)
  each = atoms * kind.width(1)
  sizes = {size // each for shape in found.values() for size in shape[-1:]}
  for number in sorted(sizes - {0}):
    is_other = number != candidate.num_actions or not kind.takes(
      candidate.actions
    )
    if is_other and found == candidate.shapes(fields, number):
      return kind.actions(number)
  return None


def _mismatch(
  found: Shapes,
  expected: Shapes,
  candidate: Candidate,
  fields: Fields,
  *,
  source: str,
) -> MismatchedTeacherError:
  actions = _actions_of(found, candidate, fields, expected)
  if isinstance(actions, Discrete):
    return OtherGameError(
      f'The teacher of {source} has {actions.number} actions, but the game has '
      f'{candidate.num_actions}; give a teacher of this game.',
      actions=actions,
    )
  if actions is not None:
    bounds.check_size(actions.size, candidate.actions, source)
  return MismatchedTeacherError(_difference(found, expected, source))


def _difference(found: Shapes, expected: Shapes, source: str) -> str:
  for path, shape in expected.items():
    if path not in found:
      return f'{source} has no parameter {path}, of shape {shape}; {_ADVICE}'
    if found[path] != shape:
      return (
        f'{source}: the parameter {path} has the shape {found[path]}, but the '
        f'network expects {shape}; {_ADVICE}'
      )
  unknown = min(found.keys() - expected.keys())
  return (
    f'{source} has a parameter {unknown!a} that the network lacks; {_ADVICE}'
  )
