"""Whether a network that a user chose fits the student; one line if not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gin
import jax
from flax import errors as flax_errors

from reincarnating_rl.networks import channels
from reincarnating_rl.support.errors import UserError, first_line, name_of

Shapes = Mapping[str, tuple[int, ...]]


class Outputs(NamedTuple):
  """What an actor and critics say of one state."""

  actor: Any
  critic: Any


# RuntimeError is gin's, of a required parameter; the one before it comes of
# layers without features.
_UNUSABLE = (
  *(TypeError, ValueError, flax_errors.FlaxError),
  *(ZeroDivisionError, RuntimeError),
)


class UnfitNetworkError(UserError):
  """A network that the student cannot use."""


def check_fields(parameter: str, fields: Sequence[str]) -> None:
  """Checks that the network can be made, before Dopamine makes it.

  Args:
    parameter: gin's name of the student's network, such as
      `JaxDQNAgent.network`; its default fits.
    fields: the names of what it will be made with, all numbers.

  Raises:
    UnfitNetworkError: it cannot be called so.
  """
  configurable, name = parameter.split('.')
  try:
    network = gin.get_bindings(configurable).get(name)
  except _UNUSABLE as error:  # gin calls what is written with parentheses.
    raise UnfitNetworkError(
      f'{parameter} cannot be used: write it without (). {_what(error)}.'
    ) from error
  if network is None:
    return
  if not callable(network):
    raise _unfit(parameter, network, 'it is no network; write @ before a name')
  try:
    # Neither gin's wrapper nor a partial application has a signature to trust.
    made = network(**dict.fromkeys(fields, 1))
  except _UNUSABLE as error:
    raise _unfit(
      parameter,
      network,
      f'the student makes it with {", ".join(fields)}: {_what(error)}',
    ) from error
  if not (hasattr(made, 'init') and hasattr(made, 'apply')):
    raise _unfit(parameter, network, f'it makes a {type(made).__name__}')


def check_output(
  parameter: str, network: Any, output: Callable[[], Any], shapes: Shapes
) -> None:
  """Checks what a network makes of one state, without computing it.

  Args:
    parameter: gin's name of the student's network.
    network: to be named in messages.
    output: initialises and calls it.
    shapes: of the output's fields that the student reads.

  Raises:
    UnfitNetworkError: it cannot be called, or its output lacks a field or has
      one of another shape.
  """
  try:
    found = jax.eval_shape(output)
  except _UNUSABLE as error:
    raise _unfit(
      parameter, network, f'it cannot be called: {_what(error)}'
    ) from error
  for name, shape in shapes.items():
    if not hasattr(found, name):
      raise _unfit(parameter, network, f'its output has no {name}')
    if getattr(found, name).shape != shape:
      raise _unfit(
        parameter,
        network,
        f'its {name} have the shape {getattr(found, name).shape}, not {shape}',
      )


def check_depth(
  parameter: str, network: Any, params: Any, state_shape: tuple[int, ...]
) -> None:
  """Checks that a network does not take the rows of an image for a batch.

  Args:
    parameter: gin's name of the student's network.
    network: to be named in messages.
    params: its parameters, or their shapes.
    state_shape: [*O, S].

  Raises:
    UnfitNetworkError: none of its convolutions takes the channels.
  """
  shapes = [leaf.shape for leaf in jax.tree.leaves(params)]
  try:
    channels.check_depth(shapes, state_shape)
  except ValueError as error:
    raise _unfit(parameter, network, _what(error)) from error


def _what(error: Exception) -> str:
  return first_line(error).rstrip('.')


def _unfit(parameter: str, network: Any, why: str) -> UnfitNetworkError:
  return UnfitNetworkError(
    f'{parameter} = {name_of(network)} does not fit this student: {why}.'
  )
