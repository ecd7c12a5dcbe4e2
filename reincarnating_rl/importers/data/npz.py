"""Plain arrays of steps in one file of `numpy.savez`."""

import functools
import math
import zipfile
from collections.abc import Mapping

import numpy as np

from reincarnating_rl.importers.data.checking import checked
from reincarnating_rl.importers.data.steps import (
  MALFORMED,
  DataError,
  Steps,
  begins_with,
  lacks,
  reading,
)
from reincarnating_rl.importers.formats.npy_gzip import LARGEST_RATIO
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete

TERMINAL, CUT = 'terminations', 'truncations'
COLUMNS = ('observations', 'actions', 'rewards', TERMINAL, CUT)
# Whether a step is of an episode that is not whole; by choice.
PARTIAL = 'partial'
NUMBER, LOW, HIGH = 'num_actions', 'action_low', 'action_high'
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAGIC = b'PK\3\4'
_LONGEST = 10_000  # Bytes of a header: NumPy's own limit.
_Header = tuple[tuple[int, ...], np.dtype]


def is_one(path: str) -> bool:
  """Whether a file among others holds steps, as far as names tell."""
  try:
    with zipfile.ZipFile(path) as file:
      return {*COLUMNS[:3]} <= _members(file).keys()
  except MALFORMED:
    return begins_with(path, _MAGIC)  # Reading it reports the damage.


def read(path: str) -> Steps:
  """Reads all but the observations, which are read when they are asked for.

  Args:
    path: of the file.

  Raises:
    DataError: an array is missing, or of a wrong shape or type.
    EmptyReplayError: there is no step.
    DamagedFileError: the file is damaged.
  """
  with reading(path):
    headers = _headers(path)
    with np.load(path, allow_pickle=False) as file:
      arrays = {name: file[name] for name in COLUMNS[1:]}
      told = _told(path, file)
      marks = file[PARTIAL] if PARTIAL in file else None
    return checked(
      path,
      observations=headers['observations'],
      read=_Rows(path),
      actions=arrays['actions'],
      rewards=arrays['rewards'],
      flags={name: arrays[name] for name in (TERMINAL, CUT)},
      terminal=TERMINAL,
      told=told,
      marks=marks,
    )


class _Rows:
  """The observations; all are read where some are asked for."""

  def __init__(self, path: str) -> None:
    self._path = path

  @functools.cached_property
  def _all(self) -> np.ndarray:
    with reading(self._path), np.load(self._path, allow_pickle=False) as file:
      return file['observations']

  def __call__(self, start: int, stop: int) -> np.ndarray:
    return self._all[start:stop]


def _members(file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
  return {info.filename.removesuffix('.npy'): info for info in file.infolist()}


def _headers(path: str) -> dict[str, _Header]:
  """Returns shapes and types of all arrays, by name.

  Refuses a small file that claims a large array, before it is made.
  """
  headers = {}
  with zipfile.ZipFile(path) as file:
    members = _members(file)
    lacks(path, COLUMNS, sorted(members))
    for name, info in members.items():
      _check_kind(path, info)
      headers[name] = shape, dtype = _header(file, name)
      size = math.prod(shape) * dtype.itemsize
      if size > LARGEST_RATIO * (info.compress_size + 1):
        raise ValueError(f'{name} cannot hold an array of shape {shape}')
  return headers


def _check_kind(path: str, info: zipfile.ZipInfo) -> None:
  """Refuses what `numpy.savez` and `numpy.savez_compressed` do not write."""
  is_array = info.filename.endswith('.npy')
  if not is_array or info.compress_type not in _COMPRESSIONS:
    what = 'in another compression' if is_array else 'which is no array'
    raise DataError(
      f'{path} has {info.filename[:30]!a}, {what}: write it anew with '
      'numpy.savez or numpy.savez_compressed, of arrays alone (docs/data.md).'
    )


def _header(file: zipfile.ZipFile, name: str) -> _Header:
  with file.open(f'{name}.npy') as member:
    version = np.lib.format.read_magic(member)
    # NumPy would read a header of any length before it refuses it.
    length = int.from_bytes(
      member.read(2 if version == (1, 0) else 4), 'little'
    )
    if length > _LONGEST:
      raise ValueError(f'the header of {name} has {length} bytes')
  with file.open(f'{name}.npy') as member:
    np.lib.format.read_magic(member)
    read_header = (
      np.lib.format.read_array_header_1_0
      if version == (1, 0)
      else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read_header(member)
  return shape, dtype


def _told(path: str, file: Mapping[str, np.ndarray]) -> Actions | None:
  """Returns what the file says of the actions, if it does."""
  try:
    if NUMBER in file:
      return Discrete(int(file[NUMBER].item()))
    if LOW in file or HIGH in file:
      low, high = (np.atleast_1d(file[name]).tolist() for name in (LOW, HIGH))
      return Continuous(tuple(map(float, low)), tuple(map(float, high)))
  except (LookupError, TypeError, ValueError) as error:
    raise DataError(
      f'{path} tells of its actions what cannot be ({error}): write {NUMBER}, '
      f'or {LOW} and {HIGH} with an entry for each component.'
    ) from error
  return None
