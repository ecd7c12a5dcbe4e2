"""Models of other libraries as files, which our readers read as data.

Neither library is imported: who has such an object has its library.
"""

import os
import pathlib
import tempfile
from typing import Any

import numpy as np


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
