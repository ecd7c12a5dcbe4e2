"""Reads files of `torch.save` without PyTorch and without running anything.

Since PyTorch 1.6 such a file is a zip file: `data.pkl` is a pickle that builds
tensors from storages, and `data/KEY` holds the numbers of a storage.
"""

import warnings
from collections.abc import Collection
from typing import Any

from reincarnating_rl.importers.formats.pickle_machine import MALFORMED, Machine
from reincarnating_rl.importers.formats.pickle_names import (
  ForbiddenNameError,
  Placeholder,
)
from reincarnating_rl.importers.formats.torch_tensors import Tensors
from reincarnating_rl.importers.formats.zip_members import MAGIC, Members
from reincarnating_rl.support.errors import DamagedFileError, UnsafeFileError

# Start of files of PyTorch up to 1.5: the pickled number of their format.
_LEGACY = bytes.fromhex('80028a0a6cfc9c46f9206aa850192e')
_MAX_PICKLE = 1 << 24  # Bytes; agents' pickles have some thousands.
_SAVE_PARAMETERS = (
  'save only the parameters, torch.save(model.state_dict(), path)'
)


def is_torch_file(data: bytes) -> bool:
  """Returns whether data begin like those of `torch.save`."""
  return data.startswith((MAGIC, _LEGACY))


def loads(data: bytes, source: str) -> Any:
  """Reads one saved value.

  Tensors and parameters become NumPy arrays: bfloat16 as float32, booleans as
  uint8. Objects of other classes of known libraries become a `Placeholder`.
  Memory is bounded by a multiple of `data`.

  Args:
    data: the whole file.
    source: path of the file, for messages.

  Returns:
    Containers, numbers, text, read-only arrays and placeholders only.

  Raises:
    UnsafeFileError: the file names something that could run code, such as a
      user's own class.
    DamagedFileError: the file is cut short or malformed, holds a whole model
      or TorchScript, or was written by PyTorch up to 1.5.
  """
  if data.startswith(_LEGACY):
    raise DamagedFileError(
      f'{source} is in the format of PyTorch up to 1.5: save it again with a '
      'later version, torch.save(torch.load(path), path).'
    )
  members = Members(data, source)
  root = _root(members.names, source)
  _check_byte_order(members, root, source)
  value = _unpickle(members, root, source)
  if isinstance(value, Placeholder):
    raise DamagedFileError(
      f'{source} holds a whole {value.name[:80]}: {_SAVE_PARAMETERS}.'
    )
  return value


def _root(names: Collection[str], source: str) -> str:
  """Returns the folder of all members, with its slash."""
  roots = [name[:-8] for name in names if name.endswith('/data.pkl')]
  if len(roots) != 1 or f'{roots[0]}version' not in names:
    raise DamagedFileError(
      f'{source} is a zip file, but not of torch.save: {_SAVE_PARAMETERS}.'
    )
  if f'{roots[0]}constants.pkl' in names:
    raise DamagedFileError(
      f'{source} is a TorchScript program: save only its parameters, '
      'torch.save(torch.jit.load(path).state_dict(), other_path).'
    )
  return roots[0]


def _check_byte_order(members: Members, root: str, source: str) -> None:
  name = f'{root}byteorder'  # Missing before PyTorch 2.1.
  if name in members.names and members.read(name) != b'little':
    raise DamagedFileError(
      f'{source} was written by a big-endian machine: save it again on a '
      'little-endian one, torch.save(torch.load(path), path).'
    )


def _unpickle(members: Members, root: str, source: str) -> Any:
  data = members.read(f'{root}data.pkl')
  tensors = Tensors(lambda key: members.read(f'{root}data/{key}'))
  try:
    if len(data) > _MAX_PICKLE:
      raise ValueError('its pickle is too large')
    with warnings.catch_warnings():
      # Old text instructions can warn of backslashes in their text.
      warnings.simplefilter('ignore')
      machine = Machine(4 * len(data), tensors.resolve, tensors.load)
      return machine.run(data)
  except ForbiddenNameError as error:
    raise UnsafeFileError(
      f'{source} was not loaded: it asks for {error}, which parameters do not '
      'need and which could run code. Get it from a source that you trust and '
      f'{_SAVE_PARAMETERS}.'
    ) from error
  except MALFORMED as error:
    reason = ascii(str(error)[:100])[1:-1] or type(error).__name__
    raise DamagedFileError(
      f'{source} is cut short or not from torch.save ({reason}): copy it '
      'again from its source.'
    ) from error
