"""The last layers of another library's network, and what they return."""

from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.teachers.actions import indices_of
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.state_dicts import ADVICE, Layer

_SAME_ACTIONS = "the game's own, in the emulator's order"


class Head(NamedTuple):
  """The last layer of a network, as the game needs it."""

  layer: Layer
  taken: np.ndarray  # which of its outputs are kept, in their order
  actions: list[str] | str  # which these are, for people
  fields: dict[str, Any] = {}  # of `LayeredNetwork`, what only such heads have
  params: dict[str, np.ndarray] = {}  # beside the layer's


def head(layer: Layer, layers: Layers, target: Target, source: str) -> Head:
  """Finds the game's actions among those of a head.

  Args:
    layer: the head, of discrete actions.
    layers: its declaration.
    target: the game.
    source: the file, for messages.

  Raises:
    OtherGameError: the game has another number of actions.
    MismatchedTeacherError: its actions are vectors, or what was declared does
      not fit.
  """
  check_atoms(layer, layers, source)
  number = len(layer.bias) // (layers.num_atoms or 1)
  if not isinstance(target.actions, Discrete):
    raise MismatchedTeacherError(
      f'The teacher of {source} chooses among {number} discrete actions, and '
      f'the game has {target.actions}; give a teacher whose actions are '
      'vectors, or declare its layers with create_teacher.layers.'
    )
  found = target.action_map
  indices = indices_of(
    found, teacher=number, game=target.actions.number, source=source
  )
  actions = list(found.meanings) if found else _SAME_ACTIONS
  return Head(layer, taken(layer, layers, indices), actions)


def check_atoms(head: Layer, layers: Layers, source: str) -> None:
  """Checks that a head has so many numbers for each action.

  Raises:
    MismatchedTeacherError: it has not.
  """
  outputs, num_atoms = len(head.bias), layers.num_atoms or 1
  if outputs % num_atoms:
    raise MismatchedTeacherError(
      f'{source}: {head.name} has {outputs} outputs, which are not {num_atoms} '
      'for each action; correct Layers.num_atoms.'
    )


def taken(head: Layer, layers: Layers, indices: tuple[int, ...]) -> np.ndarray:
  """Returns which outputs of a head are an action's, action by action.

  Args:
    head: of a network.
    layers: its declaration.
    indices: of the game's actions among the teacher's.
  """
  numbers = np.arange(len(head.bias))
  return _by_action(numbers, layers)[list(indices)].reshape(-1)


def _by_action(numbers: np.ndarray, layers: Layers) -> np.ndarray:
  """Splits the last axis, of a head's outputs, into [A, N]."""
  atoms, before = layers.num_atoms or 1, numbers.shape[:-1]
  if layers.atoms_first:
    return numbers.reshape(*before, atoms, -1).swapaxes(-1, -2)
  return numbers.reshape(*before, -1, atoms)


def dueling(
  dense: list[Layer], value: list[Layer], layers: Layers, source: str
) -> list[Layer]:
  """Makes one stream of the two of a dueling network.

  Wang et al. 2016, equation 9: Q = V + A - mean(A), linear in what the hidden
  layers return, of both streams side by side.

  Args:
    dense: the shared layers, then those of the advantage.
    value: those of the value, as many.
    layers: the declaration.
    source: the file, for messages.

  Returns:
    As many layers as `dense` has; equal to it if there is no value.

  Raises:
    MismatchedTeacherError: the streams do not fit together.
  """
  if not value:
    return dense
  shared, advantage = dense[: -len(value)], dense[-len(value) :]
  head, value_head = advantage[-1], value[-1]
  check_atoms(head, layers, source)
  if len(value_head.bias) != (layers.num_atoms or 1):
    raise MismatchedTeacherError(
      f'{source}: {value_head.name} has {len(value_head.bias)} outputs, not '
      f'{layers.num_atoms or 1} as a value has; correct Layers.value.'
    )
  if value[0].kernel.shape[0] != advantage[0].kernel.shape[0]:
    raise MismatchedTeacherError(
      f'{source}: {value[0].name} and {advantage[0].name} do not take the same '
      f'features; {ADVICE}'
    )
  merged = [
    first._replace(
      kernel=_beside(first.kernel, second.kernel, is_shared=not index),
      bias=np.concatenate([first.bias, second.bias]),
    )
    for index, (first, second) in enumerate(
      zip(advantage[:-1], value[:-1], strict=True)
    )
  ]
  kernels = (
    _centred(head.kernel, layers),
    _repeated(value_head.kernel, head, layers),
  )
  kernel = np.concatenate(kernels) if merged else sum(kernels)
  bias = _centred(head.bias, layers) + _repeated(value_head.bias, head, layers)
  return [*shared, *merged, head._replace(kernel=kernel, bias=bias)]


def _beside(
  first: np.ndarray, second: np.ndarray, *, is_shared: bool
) -> np.ndarray:
  """Returns a kernel [in, out] of both, of the same inputs or of their own."""
  if is_shared:
    return np.concatenate([first, second], axis=1)
  zeros = (len(first), second.shape[1]), (len(second), first.shape[1])
  right, left = (np.zeros(shape, np.float32) for shape in zeros)
  return np.block([[first, right], [left, second]])


def _centred(numbers: np.ndarray, layers: Layers) -> np.ndarray:
  """Subtracts the mean of all actions from a head's numbers [..., A * N]."""
  split = _by_action(numbers.astype(np.float64), layers)
  return _joined(split - split.mean(axis=-2, keepdims=True), layers)


def _repeated(numbers: np.ndarray, head: Layer, layers: Layers) -> np.ndarray:
  """Repeats the numbers [..., N] of a value for each action."""
  atoms = numbers.shape[-1]
  actions = len(head.bias) // atoms
  shape = (*numbers.shape[:-1], actions, atoms)
  return _joined(np.broadcast_to(numbers[..., None, :], shape), layers)


def _joined(numbers: np.ndarray, layers: Layers) -> np.ndarray:
  """Joins [..., A, N] as the head has them; the reverse of `_by_action`."""
  if layers.atoms_first:
    numbers = numbers.swapaxes(-1, -2)
  return numbers.reshape(*numbers.shape[:-2], -1).astype(np.float32)
