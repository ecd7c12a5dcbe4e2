"""Parameters by name, as other libraries keep them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from reincarnating_rl.teachers.errors import MismatchedTeacherError

StateDict = Mapping[str, np.ndarray]
"""Parameters by name, `fc.weight` (PyTorch) or `Dense_0.kernel` (Flax)."""

ADVICE = (
  'give a teacher of this game, or correct create_teacher.layers if you '
  'declared them.'
)
_SHOWN = 12  # Parameters in a message.


class Layer(NamedTuple):
  """A layer in the layout of Flax."""

  name: str
  kernel: np.ndarray  # [height, width, in, out] or [in, out] float32
  bias: np.ndarray  # [out] float32
  layout: str  # usual where it is from, one of `layers.LAYOUTS`


def read_layer(
  state_dict: StateDict, name: str, rank: int, source: str
) -> Layer:
  """Reads a layer of PyTorch or Flax.

  PyTorch keeps the kernel of a convolution as [out, in, height, width] and that
  of a linear layer as [out, in].

  Args:
    state_dict: holds it.
    name: of the layer.
    rank: of its kernel: 4 of a convolution, 2 of a linear layer.
    source: the file, for messages.

  Returns:
    The layer; a bias that is not there is zero.

  Raises:
    MismatchedTeacherError: a parameter is missing, of an impossible shape or
      not of finite floats.
  """
  is_torch = f'{name}.weight' in state_dict
  leaf = f'{name}.weight' if is_torch else f'{name}.kernel'
  kernel = state_dict.get(leaf)
  if kernel is None:
    raise MismatchedTeacherError(
      f'{source} has no parameter {name}.weight: it has {listing(state_dict)}; '
      f'{ADVICE}'
    )
  if kernel.ndim != rank or not kernel.size:
    raise MismatchedTeacherError(
      f'{source}: the parameter {leaf} has the shape {kernel.shape}, not that '
      f'of a {"convolution" if rank == 4 else "linear layer"}; {ADVICE}'
    )
  if is_torch:
    kernel = kernel.transpose((2, 3, 1, 0) if rank == 4 else (1, 0))
  bias = state_dict.get(f'{name}.bias', np.zeros(kernel.shape[-1], np.float32))
  if bias.shape != kernel.shape[-1:]:
    raise MismatchedTeacherError(
      f'{source}: the parameter {name}.bias has the shape {bias.shape}, but '
      f'its layer has {kernel.shape[-1]} outputs; {ADVICE}'
    )
  layout = 'channels_first' if is_torch else 'channels_last'
  kernel = floats(kernel, leaf, source)
  bias = floats(bias, f'{name}.bias', source)
  return Layer(name, kernel, bias, layout)


def floats(array: np.ndarray, name: str, source: str) -> np.ndarray:
  """Returns a parameter as float32.

  Args:
    array: of any shape.
    name: of the parameter, for messages.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: it is not of finite floats.
  """
  if array.dtype.kind == 'f':
    # What float32 cannot hold becomes infinite, and is told.
    with np.errstate(over='ignore'):
      floats = np.asarray(array, np.float32, order='C')
    if np.isfinite(floats).all():
      return floats
  raise MismatchedTeacherError(
    f'{source}: the numbers of {name}, of {array.dtype}, are not all finite '
    'floats of 32 bits; give a teacher whose training did not diverge.'
  )


def listing(state_dict: StateDict) -> str:
  """Says which parameters there are, in few words."""
  shown = [
    f'{ascii(name[:60])[1:-1]} {tuple(array.shape)}'
    for name, array in list(state_dict.items())[:_SHOWN]
  ]
  more = len(state_dict) - len(shown)
  return ', '.join(shown) + (f' and {more} more' if more else '')
