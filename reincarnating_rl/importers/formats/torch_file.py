"""Reads what `torch.save` wrote, without PyTorch and without running anything.

Since PyTorch 1.6 that is a zip file: `data.pkl`, a pickle in which tensors are
built of storages, and the numbers of each storage as `data/KEY`.
"""

import warnings
from collections.abc import Collection
from typing import Any

from reincarnating_rl.importers.formats.pickle_machine import (
  MALFORMED,
  Machine,
)
from reincarnating_rl.importers.formats.pickle_names import (
  ForbiddenNameError,
  Placeholder,
)
from reincarnating_rl.importers.formats.torch_tensors import Tensors
from reincarnating_rl.importers.formats.zip_members import (
  MAGIC,
  Members,
)
from reincarnating_rl.support.errors import (
  DamagedFileError,
  UnsafeFileError,
)

# How files of PyTorch up to 1.5 begin: a pickle of the number of their format.
_LEGACY = bytes.fromhex('80028a0a6cfc9c46f9206aa850192e')
_MAX_PICKLE = 1 << 24  # Bytes; those of agents have some thousands.
_SAVE_PARAMETERS = (
  'save the parameters alone: torch.save(model.state_dict(), path)'
)


def is_torch_file(data: bytes) -> bool:
  """Tells whether data begin as those of `torch.save` do."""
  return data.startswith((MAGIC, _LEGACY))


def loads(data: bytes, source: str) -> Any:
  """Reads one saved value.

  Tensors and parameters become NumPy arrays, those of bfloat16 of float32 and
  those of booleans of uint8; objects of other classes of known libraries
  become a `Placeholder`. Memory is bounded by a multiple of `data`.

  Args:
    data: of the whole file.
    source: where it is from, for messages.

  Returns:
    The value; containers, numbers, text, read-only arrays and placeholders.

  Raises:
    UnsafeFileError: it asks for anything that could run code, such as a class
      of one's own.
    DamagedFileError: it is cut short, makes no sense, holds a whole model or
      TorchScript, or was written by PyTorch up to 1.5.
  """
  if data.startswith(_LEGACY):
    raise DamagedFileError(
      f'{source} is in the format of PyTorch up to 1.5; write it anew with a '
      'later one: torch.save(torch.load(path), path).'
    )
  members = Members(data, source)
  root = _root(members.names, source)
  _check_byte_order(members, root, source)
  value = _unpickle(members, root, source)
  if isinstance(value, Placeholder):
    raise DamagedFileError(
      f'{source} holds a whole {value.name[:80]}; {_SAVE_PARAMETERS}.'
    )
  return value


def _root(names: Collection[str], source: str) -> str:
  """Returns the folder that all is in, with its slash."""
  roots = [name[:-8] for name in names if name.endswith('/data.pkl')]
  if len(roots) != 1 or f'{roots[0]}version' not in names:
    raise DamagedFileError(
      f'{source} is a zip file, but not one of torch.save; {_SAVE_PARAMETERS}.'
    )
  if f'{roots[0]}constants.pkl' in names:
    raise DamagedFileError(
      f'{source} is a TorchScript program; save its parameters alone: '
      'torch.save(torch.jit.load(path).state_dict(), other_path).'
    )
  return roots[0]


def _check_byte_order(members: Members, root: str, source: str) -> None:
  name = f'{root}byteorder'  # Unknown before PyTorch 2.1.
  if name in members.names and members.read(name) != b'little':
    raise DamagedFileError(
      f'{source} was written by a big-endian machine; write it anew on a '
      'little-endian one: torch.save(torch.load(path), path).'
    )


def _unpickle(members: Members, root: str, source: str) -> Any:
  data = members.read(f'{root}data.pkl')
  tensors = Tensors(lambda key: members.read(f'{root}data/{key}'))
  try:
    if len(data) > _MAX_PICKLE:
      raise ValueError('its pickle is too large')
    with warnings.catch_warnings():
      # Old text instructions warn of backslashes in what they hold.
      warnings.simplefilter('ignore')
      machine = Machine(4 * len(data), tensors.resolve, tensors.load)
      return machine.run(data)
  except ForbiddenNameError as error:
    raise UnsafeFileError(
      f'{source} was not loaded: it asks for {error}, which parameters have no '
      'need of and which could run code; get it from a source that you trust '
      f'and {_SAVE_PARAMETERS}.'
    ) from error
  except MALFORMED as error:
    reason = ascii(str(error)[:100])[1:-1] or type(error).__name__
    raise DamagedFileError(
      f'{source} is cut short or not of torch.save ({reason}); copy it again '
      'from where it came.'
    ) from error
