"""Whether parameters are those of a kind of teacher for a game."""

import dataclasses

import jax
import numpy as np
from flax import errors as flax_errors
from flax import linen as nn

from reincarnating_rl.learner.types import Params
from reincarnating_rl.networks import torsos
from reincarnating_rl.support.errors import first_line, name_of
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
    num_actions: A, of the game.
  """

  kind: Kind
  network: NetworkFactory
  state_shape: tuple[int, ...]
  num_actions: int

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
      return self.kind.logits(output, 1.0), params

    state = jax.ShapeDtypeStruct(self.state_shape, np.uint8)
    try:
      logits, params = jax.eval_shape(init, jax.random.key(0), state)
      if logits.shape != (num_actions or self.num_actions,):
        raise ValueError(f'its policy has the shape {logits.shape}')
      shapes = params_lib.shapes(params)
      torsos.check_depth(shapes.values(), self.state_shape)
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
  fields, expected = candidate.read(found)
  is_given = candidate.network is not candidate.kind.network
  usual = fields.get('num_atoms') in (None, 1, candidate.kind.usual_atoms)
  if found == expected and (usual or is_given):
    return fields
  # Some kinds differ in nothing but the usual number of atoms.
  others = _others(found, candidate)
  if others:
    # If this is right none the less, naming the network says so.
    way_out = ', or give create_teacher.network' if found == expected else ''
    raise MismatchedTeacherError(
      f'{source} is not of the kind {candidate.kind.name} but looks like '
      f'{" or ".join(others)}; pass --teacher_agent {others[0]} for '
      f'that{way_out}.'
    )
  if found != expected:
    raise _mismatch(found, expected, candidate, fields, source=source)
  return fields


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
    )
    if kind != candidate.kind and telling and found == expected:
      names.append(kind.name)
  return names


def _mismatch(
  found: Shapes,
  expected: Shapes,
  candidate: Candidate,
  fields: Fields,
  *,
  source: str,
) -> MismatchedTeacherError:
  if found.keys() == expected.keys():
    atoms = fields.get('num_atoms', 1)
    sizes = {size // atoms for shape in found.values() for size in shape[-1:]}
    for actions in sorted(sizes - {0, candidate.num_actions}):
      if found == candidate.shapes(fields, actions):
        return OtherGameError(
          f'The teacher of {source} has {actions} actions, but the game has '
          f'{candidate.num_actions}; give a teacher of this game.',
          num_actions=actions,
        )
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
