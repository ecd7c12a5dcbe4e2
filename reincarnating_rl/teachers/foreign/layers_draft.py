"""A declaration of layers, as far as parameters by name can tell it."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np

from reincarnating_rl.teachers.foreign import declared_layers, layer_order
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.state_dicts import StateDict

_KERNELS = ('.weight', '.kernel')
_MEAN = '.running_mean'
_POLICY = frozenset('actor policy pi logits'.split())
_UNKNOWN = 'LAYER'  # What a user is to replace, as STRIDE.


class Draft(NamedTuple):
  """A declaration for a user to complete."""

  text: str  # as Python has it, but for the strides
  batch_norms: str  # what is to be added if they follow their layers; or ''
  left_out: tuple[str, ...]  # parameters that no declaration reads


def draft(state_dict: StateDict) -> Draft:
  """Drafts a declaration.

  Layers are taken in the order of the file, unless their sizes say otherwise.

  Args:
    state_dict: the parameters by name.
  """
  kind, fields = _kind(state_dict)
  kernels = dict(_kernels(state_dict, kind))
  convolutions, dense = (
    layer_order.ordered(
      {
        name: _size(state_dict[kernel], is_torch=kernel.endswith('.weight'))
        for name, kernel in kernels.items()
        if state_dict[kernel].ndim == rank
      }
    )
    for rank in (4, 2)
  )
  norms = dict(_batch_norms(state_dict, kernels))
  for field, named in (
    ('convolutions', [f'({name!r}, STRIDE)' for name in convolutions]),
    ('dense', [repr(name) for name in dense]),
  ):
    fields += f', {field}=({", ".join(named)},)' if named else ''
  left_out: list[str] = []
  if dense:
    known = Layers(
      convolutions=tuple((name, 1) for name in convolutions),
      dense=tuple(dense),
      unused=(*norms, *(n for n in state_dict if _is_spared(n, kind))),
    )
    left_out = declared_layers.left_out(state_dict, known)
  if kind == 'rainbow':
    left_out = [
      name
      for name in left_out
      if not declared_layers.is_atoms(name, state_dict[name])
    ]
  text = f"Layers(kind={kind!r}{fields}, activation='relu')"
  pairs = ', '.join(f'({layer!r}, {norm!r})' for norm, layer in norms.items())
  # An activation between the two would leave no trace in the parameters.
  return Draft(
    text, f'Layers.batch_norms = ({pairs},)' if pairs else '', tuple(left_out)
  )


def _kind(state_dict: StateDict) -> tuple[str, str]:
  """Returns the likely kind of the teacher, and fields that it needs."""
  for name, array in state_dict.items():
    if declared_layers.is_atoms(name, array):
      low, high = float(array.reshape(-1)[0]), float(array.reshape(-1)[-1])
      return (
        'rainbow',
        f', num_atoms={array.size}, value_range=({low:g}, {high:g})',
      )
  parts = {part for name in state_dict for part in name.lower().split('.')}
  words = {word for part in parts for word in part.split('_')}
  is_policy = words & _POLICY or any(map(declared_layers.is_critic, state_dict))
  return ('ppo' if is_policy else 'dqn'), ''


def _is_spared(name: str, kind: str) -> bool:
  return kind == 'ppo' and declared_layers.is_critic(name)


def _size(kernel: np.ndarray, *, is_torch: bool) -> tuple[int, int]:
  """Returns the inputs and the outputs of a layer."""
  if is_torch:
    return kernel.shape[1], kernel.shape[0]
  return kernel.shape[-2], kernel.shape[-1]


def _kernels(state_dict: StateDict, kind: str) -> Iterator[tuple[str, str]]:
  """Yields what can be layers of the policy, and the names of their kernels."""
  seen: list[str] = []
  for name, array in state_dict.items():
    is_other = (
      _is_spared(name, kind)
      or declared_layers.is_target(name, state_dict, state_dict.keys() - {name})
      or declared_layers.is_copy(name, state_dict, seen)
    )
    if name.endswith(_KERNELS) and array.ndim in (2, 4) and not is_other:
      seen.append(name)
      yield name.rpartition('.')[0], name


def _batch_norms(
  state_dict: StateDict, layers: Collection[str]
) -> Iterator[tuple[str, str]]:
  """Yields the BatchNorms, and the layer before each, if it is of its size."""
  before = _UNKNOWN
  for name, array in state_dict.items():
    module, _, leaf = name.rpartition('.')
    if module in layers and f'.{leaf}' in _KERNELS:
      before, features = module, array.shape[:1]
    if f'.{leaf}' == _MEAN:
      is_fitting = before != _UNKNOWN and features == array.shape
      yield module, before if is_fitting else _UNKNOWN
