"""Batch normalization, as it is at inference: a part of the layer before it."""

import numpy as np

from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.state_dicts import (
  ADVICE,
  Layer,
  StateDict,
  floats,
)

LEAVES = (
  *('weight', 'bias', 'running_mean', 'running_var'),
  'num_batches_tracked',
)
_STATISTICS = ('running_mean', 'running_var')


def fold(
  layer: Layer, state_dict: StateDict, name: str, epsilon: float, source: str
) -> Layer:
  """Folds PyTorch's BatchNorm into the layer whose outputs it takes.

  Ioffe & Szegedy 2015, Algorithm 2: y = scale (x - mean) / sqrt(variance +
  epsilon) + shift.

  Args:
    layer: before it, without an activation between them.
    state_dict: holds its parameters.
    name: of the normalization.
    epsilon: of it.
    source: the file, for messages.

  Returns:
    The layer that does both.

  Raises:
    MismatchedTeacherError: a parameter is missing, of another shape than the
      layer's outputs, or not of finite floats.
  """
  parts = {}
  for leaf in LEAVES[:-1]:
    path = f'{name}.{leaf}'
    array = state_dict.get(path)
    if array is None and leaf not in _STATISTICS:
      array = np.full(layer.bias.shape, float(leaf == 'weight'), np.float32)
    if array is None or array.shape != layer.bias.shape:
      raise MismatchedTeacherError(
        f'{source} has no parameter {path} of shape {layer.bias.shape}, which '
        f'a BatchNorm after {layer.name} has; {ADVICE}'
      )
    parts[leaf] = floats(array, path, source).astype(np.float64)
  with np.errstate(invalid='ignore'):
    scale = parts['weight'] / np.sqrt(parts['running_var'] + epsilon)
  bias = (layer.bias - parts['running_mean']) * scale + parts['bias']
  # A negative variance is found here.
  return layer._replace(
    kernel=floats(layer.kernel * scale, name, source),
    bias=floats(bias, name, source),
  )
