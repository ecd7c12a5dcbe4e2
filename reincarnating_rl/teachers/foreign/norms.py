"""Normalizations, as they are at inference.

A BatchNorm is a part of the layer before it. Any other is applied by the
network, to axes in the order that states have here.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.declared_norms import Norm
from reincarnating_rl.teachers.foreign.state_dicts import (
  ADVICE,
  Layer,
  StateDict,
  floats,
)

# Flax calls a weight a scale.
LEAVES = {
  'batch': ('weight', 'bias', 'running_mean', 'running_var')
  + ('num_batches_tracked',),
  'layer': ('weight', 'scale', 'bias'),
  'group': ('weight', 'scale', 'bias'),
}
Arrays = Mapping[str, np.ndarray]


class Position(NamedTuple):
  """What a normalization takes."""

  size: tuple[int, ...]  # (H, W, C) or (N,)
  layout: str  # one of `layers.LAYOUTS`
  # Orders an array [*size, M] as states have it here.
  reorder: Callable[[np.ndarray], np.ndarray] = lambda array: array


class Placed(NamedTuple):
  """A normalization of a `LayeredNetwork`."""

  kind: str  # key of `layered.NORMS`
  detail: Any
  params: dict[str, np.ndarray]  # `scale` and `bias`


def fold(layer: Layer, state_dict: StateDict, norm: Norm, source: str) -> Layer:
  """Folds PyTorch's BatchNorm into the layer whose outputs it takes.

  Args:
    layer: before it, without an activation between them.
    state_dict: holds its parameters.
    norm: a BatchNorm.
    source: the file, for messages.

  Returns:
    The layer that does both.

  Raises:
    MismatchedTeacherError: a parameter is missing, of another shape than the
      layer's outputs, or not of finite floats.
  """
  scale, parts = _batch_scale(state_dict, norm, layer.bias.shape, source)
  bias = (layer.bias - parts['running_mean']) * scale + parts['bias']
  # A negative variance is found here.
  return layer._replace(
    kernel=floats(layer.kernel * scale, norm.name, source),
    bias=floats(bias, norm.name, source),
  )


def _batch_scale(
  state_dict: StateDict, norm: Norm, shape: tuple[int, ...], source: str
) -> tuple[np.ndarray, Arrays]:
  """Returns what a BatchNorm multiplies by, and its parameters.

  Ioffe & Szegedy 2015, Algorithm 2: y = scale (x - mean) / sqrt(variance +
  epsilon) + shift.
  """
  parts = {
    leaf: _read(state_dict, norm, leaf, (shape,), source).astype(np.float64)
    for leaf in LEAVES['batch'][:-1]
  }
  with np.errstate(invalid='ignore', divide='ignore'):
    return parts['weight'] / np.sqrt(parts['running_var'] + norm.epsilon), parts


def place(
  norm: Norm, state_dict: StateDict, position: Position, source: str
) -> Placed:
  """Reads a normalization that the network applies.

  PyTorch's LayerNorm normalizes as many of the last axes of (C, H, W) as its
  weight has. A weight of one axis of C is that of a LayerNorm of the channels
  of each pixel, for which a network turns its images.

  Args:
    norm: the normalization.
    state_dict: holds its parameters.
    position: what it takes.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: a parameter is missing, of another shape than what
      it takes, or not of finite floats.
  """
  return _PLACED[norm.kind](norm, state_dict, position, source)


def _place_batch_norm(
  norm: Norm, state_dict: StateDict, position: Position, source: str
) -> Placed:
  scale, parts = _batch_scale(state_dict, norm, position.size[-1:], source)
  params = {
    'scale': scale,
    'bias': parts['bias'] - parts['running_mean'] * scale,
  }
  params = {k: floats(array, norm.name, source) for k, array in params.items()}
  return Placed('affine', None, _by_channel(position, params))


def _place_group_norm(
  norm: Norm, state_dict: StateDict, position: Position, source: str
) -> Placed:
  (features,) = position.size[-1:]
  if features % norm.groups:
    raise MismatchedTeacherError(
      f'{source}: {norm.name} takes {features} features, which are not '
      f'{norm.groups} groups of equal size; correct Layers.group_norms.'
    )
  order = {'order': np.arange(features)}
  is_kept = np.array_equal(
    _by_channel(position, order)['order'], order['order']
  )
  if 1 < norm.groups < features and not is_kept:
    raise MismatchedTeacherError(
      f'{source}: the groups of {norm.name} are of features in another order '
      "than the game's, which cannot be read; give a teacher without it."
    )
  params = _read_affine(norm, state_dict, ((features,),), source)
  return Placed('group', norm.groups, _by_channel(position, params))


def _place_layer_norm(
  norm: Norm, state_dict: StateDict, position: Position, source: str
) -> Placed:
  shapes = _layer_norm_shapes(position)
  params = _read_affine(norm, state_dict, tuple(shapes), source)
  axes = shapes[params['scale'].shape]
  if len(axes) == 3:
    turn = (1, 2, 0) if position.layout == 'channels_first' else (0, 1, 2)
    params = {
      name: position.reorder(array.transpose(turn)[..., None])[..., 0]
      for name, array in params.items()
    }
  elif axes[-1] == len(position.size) - 1 and len(axes) == 1:
    params = _by_channel(position, params)
  return Placed('layer', axes, params)


_PLACED = {
  'batch': _place_batch_norm,
  'layer': _place_layer_norm,
  'group': _place_group_norm,
}


def _layer_norm_shapes(
  position: Position,
) -> dict[tuple[int, ...], tuple[int, ...]]:
  """Returns the axes that are normalized, by the shapes of weights."""
  if len(position.size) == 1:
    return {position.size: (0,)}
  height, width, channels = position.size
  if position.layout == 'channels_last':
    return {
      (height, width, channels): (0, 1, 2),
      (width, channels): (1, 2),
      (channels,): (2,),
    }
  shapes = {
    (channels, height, width): (0, 1, 2),
    (height, width): (0, 1),
    (channels,): (2,),
  }
  if channels != width:
    return shapes | {(width,): (1,)}
  del shapes[(channels,)]  # Of the channels, or of the width: none can tell.
  return shapes


def _by_channel(position: Position, arrays: Arrays) -> dict[str, np.ndarray]:
  """Orders arrays of one number for each feature or channel."""
  ones = (1,) * (len(position.size) - 1)
  return {
    name: position.reorder(array.reshape(*ones, -1, 1)).reshape(-1)
    for name, array in arrays.items()
  }


def _read_affine(
  norm: Norm,
  state_dict: StateDict,
  shapes: tuple[tuple[int, ...], ...],
  source: str,
) -> dict[str, np.ndarray]:
  is_flax = f'{norm.name}.scale' in state_dict
  leaf = 'scale' if is_flax else 'weight'
  scale = _read(state_dict, norm, leaf, shapes, source)
  bias = _read(state_dict, norm, 'bias', (scale.shape,), source)
  return {'scale': scale, 'bias': bias}


def _read(
  state_dict: StateDict,
  norm: Norm,
  leaf: str,
  shapes: tuple[tuple[int, ...], ...],
  source: str,
) -> np.ndarray:
  """Reads a parameter, which PyTorch leaves out if it is none."""
  path = f'{norm.name}.{leaf}'
  array = state_dict.get(path)
  # Without parameters, nothing would tell a name that is not there.
  may_lack = {'batch': ('weight', 'bias')}.get(norm.kind, ('bias',))
  if array is None and leaf in may_lack:
    array = np.full(shapes[0], float(leaf == 'weight'), np.float32)
  if array is None and leaf in ('running_mean', 'running_var'):
    raise MismatchedTeacherError(
      f'{source} has no parameter {path}: {norm.name} is no BatchNorm, or '
      'normalizes by the statistics of each batch (track_running_stats=False), '
      f'and a single state has none; {ADVICE}'
    )
  if array is None or array.shape not in shapes:
    where = 'after' if norm.is_after else 'before'
    found = 'none' if array is None else f'one of {array.shape}'
    raise MismatchedTeacherError(
      f'{source} has no parameter {path} of shape '
      f'{" or ".join(map(str, shapes))}, which a {norm.torch_name} {where} '
      f'{norm.layer} has, but {found}; {ADVICE}'
    )
  return floats(array, path, source)
