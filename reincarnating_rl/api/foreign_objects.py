"""Models of other libraries as files, which our readers read as data.

Neither library is imported: who has such an object has its library.
"""

import os
import pathlib
import tempfile
from typing import Any

import numpy as np

from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign import stable_baselines3_policies
from reincarnating_rl.teachers.foreign.layers import Layers

_OF_LOGITS = ('Softmax', 'LogSoftmax')  # What they take is a policy, too.
_SQUASHED = ('td3', 'sac')  # Their heads have a tanh.
# What activations have of their own, as `layered.ACTIVATIONS` computes them.
_USUAL = {'negative_slope': 0.01, 'alpha': 1.0, 'approximate': 'none'}


class Written:
  """What an object has been written to; the file goes with this.

  Attributes:
    path: of the file.
  """

  def __init__(self, path: str, folder: tempfile.TemporaryDirectory) -> None:
    """Takes the file, and its folder."""
    self.path, self._folder = path, folder


def write(source: Any) -> Written | None:
  """Writes a model of Stable-Baselines3, or a module of PyTorch.

  Args:
    source: the object, which is known by what it has.

  Returns:
    The file; None where the object is neither.
  """
  if hasattr(source, 'save') and hasattr(source, 'policy'):
    save = _save_model
  elif hasattr(source, 'state_dict'):
    save = _save_module
  else:
    return None
  folder = tempfile.TemporaryDirectory(prefix='reincarnating_rl-teacher-')
  return Written(save(source, folder.name), folder)


def check_activations(source: Any, layers: Layers | None) -> None:
  """Refuses a module that has another activation than is declared.

  Its parameters do not show it, but its children may.

  Args:
    source: a module of PyTorch, or any other object, of which nothing is asked.
    layers: that were declared, if any.

  Raises:
    TeacherError: an activation beside the declared layers is none of theirs.
  """
  if layers is None or not hasattr(source, 'named_modules'):
    return
  given = layers.activation
  declared = {given} if isinstance(given, str) else set(given)
  if layers.residual:
    declared.add('relu')
  others = [
    (name, child)
    for name, child in source.named_modules()
    if _is_activation(child)
    and _is_beside(name, layers)
    and not (_name(child) in declared and _is_usual(child))
  ]
  tanhs = [at for at in others if _name(at[1]) == 'tanh']
  if tanhs and layers.kind in _SQUASHED and layers.squash == 'tanh':
    others.remove(tanhs[-1])  # The head's.
  for name, child in others:
    if name not in layers.unused:
      raise TeacherError(
        f'The module has {child!r:.80} at {name}, and Layers.activation is '
        f'{given!r}: correct that, or name {name} in Layers.unused if it '
        'follows no hidden layer, or give a function as the teacher.'
      )


def _is_activation(child: Any) -> bool:
  kind = type(child)
  is_one = kind.__module__ == 'torch.nn.modules.activation'
  return is_one and kind.__name__ not in _OF_LOGITS


def _name(child: Any) -> str | None:
  return stable_baselines3_policies.activation_of(type(child))


def _is_usual(child: Any) -> bool:
  return all(getattr(child, x, usual) == usual for x, usual in _USUAL.items())


def _is_beside(name: str, layers: Layers) -> bool:
  """Whether it may be of the declared layers, not of a critic, say."""
  beside = name.rpartition('.')[0]
  folder = beside and f'{beside}.'
  return any(layer.startswith(folder) for layer in layers.names())


def _save_model(model: Any, folder: str) -> str:
  """Has a model of Stable-Baselines3 write its file; returns the path."""
  path = os.path.join(folder, 'model.zip')
  model.save(path)
  normalize = getattr(model, 'get_vec_normalize_env', lambda: None)()
  if normalize is not None and getattr(normalize, 'norm_obs', True):
    normalize.save(os.path.join(folder, 'vecnormalize.pkl'))
  return path


def _save_module(module: Any, folder: str) -> str:
  """Writes the parameters of a module of PyTorch; returns the path."""
  from safetensors import numpy as safetensors

  path = pathlib.Path(folder, 'module.safetensors')
  arrays = {
    name: np.ascontiguousarray(_array(tensor))
    for name, tensor in module.state_dict().items()
  }
  path.write_bytes(safetensors.save(arrays))
  return str(path)


def _array(tensor: Any) -> np.ndarray:
  tensor = tensor.detach().cpu()
  try:
    return tensor.numpy()
  except TypeError:  # NumPy has no bfloat16.
    return tensor.float().numpy()
