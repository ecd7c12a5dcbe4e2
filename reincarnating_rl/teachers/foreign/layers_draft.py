"""A declaration of layers, as far as parameters by name can tell it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from reincarnating_rl.teachers.foreign import (
  declared_layers,
  layer_order,
  norms_draft,
)
from reincarnating_rl.teachers.foreign.layers import ACTORS, POLICIES, Layers
from reincarnating_rl.teachers.foreign.state_dicts import StateDict

_KERNELS = ('.weight', '.kernel')
_POLICY = frozenset('actor policy pi logits'.split())
_QUANTILES = frozenset('quantile quantiles'.split())
_LOG_STD = re.compile(r'log_?(std|sigma|scale)', re.ASCII | re.IGNORECASE)
_ADVANTAGE = frozenset('advantage advantages adv'.split())


class Draft(NamedTuple):
  """A declaration for a user to complete."""

  text: str  # as Python has it, but for the strides
  norms: str  # what is to be added if they are where they seem; or ''
  left_out: tuple[str, ...]  # parameters that no declaration reads
  is_chain: bool  # whether each layer takes what the one before it returns


def draft(state_dict: StateDict, *, of_vectors: bool = False) -> Draft:
  """Drafts a declaration.

  Layers are taken in the order of the file, unless their sizes say otherwise.

  Args:
    state_dict: the parameters by name.
    of_vectors: whether the game's actions are vectors.
  """
  log_std = _log_std(state_dict) if of_vectors else None
  if of_vectors:
    kind, fields = _actor(state_dict, log_std)
  else:
    kind, fields = _kind(state_dict)
  kernels = dict(_kernels(state_dict, kind))
  kernels.pop(log_std, None)
  sizes = {
    name: _size(state_dict[kernel], is_torch=kernel.endswith('.weight'))
    for name, kernel in kernels.items()
  }
  groups: dict[str, list[str]] = {'convolutions': [], 'dense': [], 'value': []}
  for name, kernel in kernels.items():
    is_linear = state_dict[kernel].ndim == 2
    is_value = is_linear and declared_layers.is_critic(kernel)
    field = 'value' if is_value else 'dense'
    groups[field if is_linear else 'convolutions'].append(name)
  if kind in POLICIES or not _has_advantage(state_dict):
    groups['dense'] = [
      name for name in kernels if name not in groups['convolutions']
    ]
    groups['value'] = []
  chains = [{name: sizes[name] for name in group} for group in groups.values()]
  convolutions, dense, value = map(layer_order.ordered, chains)
  norms, norm_names = norms_draft.draft(
    {n: x for n, x in state_dict.items() if not _is_other(n, state_dict, kind)},
    convolutions + dense + value,
    sizes,
    convolutions,
  )
  for field, named in (
    ('convolutions', [f'({name!r}, STRIDE)' for name in convolutions]),
    ('dense', [repr(name) for name in dense]),
    ('value', [repr(name) for name in value]),
  ):
    fields += f', {field}=({", ".join(named)},)' if named else ''
  left_out: list[str] = []
  if dense:
    known = Layers(
      convolutions=tuple((name, 1) for name in convolutions),
      dense=(*value, *dense),
      unused=(
        *norm_names,
        *(n for n in state_dict if _is_spared(n, kind)),
        *((log_std,) if log_std else ()),
      ),
    )
    left_out = declared_layers.left_out(state_dict, known)
  if kind == 'rainbow':
    left_out = [
      name
      for name in left_out
      if not declared_layers.is_atoms(name, state_dict[name])
    ]
  return Draft(
    f"Layers(kind={kind!r}{fields}, activation='relu')",
    norms,
    tuple(left_out),
    all(
      layer_order.fits(order, sizes) for order in (convolutions, dense, value)
    ),
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
  if words & _QUANTILES:  # As Stable-Baselines3 has them, quantiles first.
    return 'quantile', ', num_atoms=NUM_ATOMS, atoms_first=True'
  is_policy = words & _POLICY or any(map(declared_layers.is_critic, state_dict))
  is_policy = is_policy and not _has_advantage(state_dict)
  return ('ppo' if is_policy else 'dqn'), ''


def _log_std(state_dict: StateDict) -> str | None:
  """Returns the layer or the parameter of log standard deviations, if any."""
  for name in state_dict:
    module = name.rpartition('.')[0]
    for found in (name, module):
      if _LOG_STD.search(found.rpartition('.')[2]):
        return found
  return None


def _actor(state_dict: StateDict, log_std: str | None) -> tuple[str, str]:
  """Returns the likely kind of an actor, and fields that it needs."""
  if log_std is None:
    return 'td3', ", squash='tanh'"
  kind = 'gaussian_ppo' if log_std in state_dict else 'sac'
  limit = ", log_std_limit=('clip', LOW, HIGH)" if kind == 'sac' else ''
  return kind, f', log_std={log_std!r}{limit}'


def _has_advantage(state_dict: StateDict) -> bool:
  """Tells whether there are the two streams of a dueling network."""
  return any(map(declared_layers.is_critic, state_dict)) and any(
    part == 'A' or declared_layers.words(part) & _ADVANTAGE
    for name in state_dict
    for part in name.split('.')[:-1]
  )


def _is_spared(name: str, kind: str) -> bool:
  is_beside = kind in ACTORS and declared_layers.is_beside_actor(name)
  return is_beside or (kind in POLICIES and declared_layers.is_critic(name))


def _is_other(name: str, state_dict: StateDict, kind: str) -> bool:
  """Tells whether a parameter is of another network than the policy."""
  return _is_spared(name, kind) or declared_layers.is_target(
    name, state_dict, state_dict.keys() - {name}
  )


def _size(kernel: np.ndarray, *, is_torch: bool) -> tuple[int, int]:
  """Returns the inputs and the outputs of a layer."""
  if is_torch:
    return kernel.shape[1], kernel.shape[0]
  return kernel.shape[-2], kernel.shape[-1]


def _kernels(state_dict: StateDict, kind: str) -> Iterator[tuple[str, str]]:
  """Yields what can be layers of the policy, and the names of their kernels."""
  seen: list[str] = []
  for name, array in state_dict.items():
    is_other = _is_other(name, state_dict, kind) or declared_layers.is_copy(
      name, state_dict, seen
    )
    bias = state_dict.get(f'{name.rpartition(".")[0]}.bias')
    is_norm = bias is not None and bias.ndim > 1  # Of a height and a width.
    is_kernel = name.endswith(_KERNELS) and array.ndim in (2, 4)
    if is_kernel and not is_norm and not is_other:
      seen.append(name)
      yield name.rpartition('.')[0], name
