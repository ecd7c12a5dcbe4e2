"""The last layers of another library's actor, whose actions are vectors."""

import numpy as np

from reincarnating_rl.learner.actions import Actions, Continuous
from reincarnating_rl.networks.actor_heads import HEAD, PARAMETER
from reincarnating_rl.teachers import bounds
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.heads import Head
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.state_dicts import (
  ADVICE,
  Layer,
  StateDict,
  floats,
  read_layer,
)

SCALE, BIAS = 'action_scale', 'action_bias'  # As CleanRL names its buffers.


def head(
  layer: Layer,
  state_dict: StateDict,
  layers: Layers,
  game: Actions,
  told: Continuous | None,
  source: str,
) -> Head:
  """Reads what an actor does with its last features.

  Args:
    layer: the last of its linear layers.
    state_dict: holds what is beside it.
    layers: the declaration, of an actor.
    game: the game's actions.
    told: the teacher's, if its file tells their bounds.
    source: the file, for messages.

  Returns:
    The head; of a Gaussian, its outputs are means and then log standard
    deviations, unless these are a parameter.

  Raises:
    OtherGameError: the game's actions are discrete, or of another size.
    MismatchedTeacherError: a parameter is missing, of an impossible shape or
      not of finite floats, or the actions are within other bounds.
  """
  log_std = None
  if layers.log_std is not None and layers.log_std in state_dict:
    log_std = _parameter(layer, state_dict, layers.log_std, source)
  elif layers.log_std is not None:
    other = read_layer(state_dict, layers.log_std, 2, source)
    layer = _beside(layer, other, source)
  size = _size(layer, layers, log_std, source)
  bounds.check_size(size, game, source, told)
  if told is not None:
    bounds.check(told, game, source)
  by = 'as its file says' if told else "the game's, for its file tells none"
  return Head(
    layer,
    np.arange(len(layer.bias)),
    f'{game}, {by}',
    {
      'squash': layers.squash,
      'log_std_from': HEAD if log_std is None else PARAMETER,
      'log_std_limit': layers.log_std_limit,
      'bounds': _bounds(layers, game),
    },
    {} if log_std is None else {'log_std': log_std},
  )


def _size(
  layer: Layer, layers: Layers, log_std: np.ndarray | None, source: str
) -> int:
  """Returns D; a head may hold log standard deviations too."""
  is_halved = layers.kind != 'td3' and log_std is None
  size, rest = divmod(len(layer.bias), 2 if is_halved else 1)
  if rest:
    raise MismatchedTeacherError(
      f'{source}: {layer.name} has {len(layer.bias)} outputs, which are not as '
      'many means as log standard deviations; name these with Layers.log_std.'
    )
  return size


def _parameter(
  layer: Layer, state_dict: StateDict, name: str, source: str
) -> np.ndarray:
  """Reads log standard deviations that are the same in all states."""
  array = floats(state_dict[name], name, source).reshape(-1)
  if array.shape != layer.bias.shape:
    raise MismatchedTeacherError(
      f'{source}: the parameter {name} has the shape {state_dict[name].shape}, '
      f'but {layer.name} has {len(layer.bias)} outputs; {ADVICE}'
    )
  return array


def _beside(layer: Layer, other: Layer, source: str) -> Layer:
  """Makes one head of two that take the same features."""
  if layer.kernel.shape != other.kernel.shape:
    raise MismatchedTeacherError(
      f'{source}: {other.name} has the shape {other.kernel.shape}, but '
      f'{layer.name} beside it has {layer.kernel.shape}; {ADVICE}'
    )
  return layer._replace(
    kernel=np.concatenate([layer.kernel, other.kernel], axis=1),
    bias=np.concatenate([layer.bias, other.bias]),
  )


def _bounds(
  layers: Layers, game: Continuous
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
  """Returns what the head's numbers are actions in, if not in [-1, 1]."""
  is_squashed = layers.kind == 'sac' or (
    layers.kind == 'td3' and layers.squash == 'tanh'
  )
  if is_squashed or layers.within == 'unit':
    return None
  return game.low, game.high


def told_by_buffers(
  state_dict: StateDict, prefix: str, source: str
) -> Continuous | None:
  """Reads the bounds that CleanRL's actors keep beside their parameters.

  Args:
    state_dict: the parameters by name.
    prefix: of the actor's.
    source: the file, for messages.

  Returns:
    None where there are none.

  Raises:
    MismatchedTeacherError: they are not finite, or no bounds.
  """
  names = (f'{prefix}{SCALE}', f'{prefix}{BIAS}')
  if not all(name in state_dict for name in names):
    return None
  scale, bias = (
    floats(state_dict[name], name, source).reshape(-1) for name in names
  )
  try:
    return Continuous(
      *(tuple(map(float, bias + sign * scale)) for sign in (-1, 1))
    )
  except ValueError as error:
    raise MismatchedTeacherError(
      f'{source}: its {names[0]} and {names[1]} are no bounds of actions; '
      f'{ADVICE}'
    ) from error
