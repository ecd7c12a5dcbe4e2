"""D4RL's files (Fu et al. 2020): HDF5 with an array for each part of a step."""

import h5py
import numpy as np

from reincarnating_rl.importers.data import hdf5
from reincarnating_rl.importers.data.checking import checked, where_cut
from reincarnating_rl.importers.data.steps import (
  MALFORMED,
  DataError,
  Steps,
  begins_with,
  lacks,
)

TERMINAL, CUT = 'terminals', 'timeouts'
_COLUMNS = ('observations', 'actions', 'rewards', TERMINAL)
_NEXT = 'next_observations'


def is_one(path: str) -> bool:
  """Whether a file among others holds steps, as far as names tell."""
  try:
    with h5py.File(path, 'r', locking=False) as file:
      return {*_COLUMNS[:3]} <= file.keys()
  except MALFORMED:
    return begins_with(path, hdf5.MAGIC)  # Reading it reports the damage.


def read(path: str) -> Steps:
  """Reads all but the observations, which are read when they are asked for.

  An episode was also cut where the next observation is not the one that
  follows. If the file marks its time-outs, steps are missing there.

  Args:
    path: of the file.

  Raises:
    DataError: an array is missing, or of a wrong shape or type.
    EmptyReplayError: there is no step.
    DamagedFileError: the file is damaged.
  """
  with hdf5.opened(path) as file:
    lacks(path, _COLUMNS, [*file])
    observations = hdf5.array(path, file, 'observations')
    flags = {TERMINAL: hdf5.flag(path, file, TERMINAL)}
    cuts = None
    if CUT in file:
      flags[CUT] = hdf5.flag(path, file, CUT)
    if _NEXT in file:
      following = hdf5.array(path, file, _NEXT)
      if CUT not in file or following.dtype == observations.dtype:
        cuts = where_cut(path, observations, following, flags)
    elif CUT not in file:
      raise DataError(
        f'{path} has no {CUT} and no {_NEXT}, so nobody knows where its '
        f'episodes end that were cut: add {CUT}, a 0 or 1 a step.'
      )
    return checked(
      path,
      observations=(observations.shape, observations.dtype),
      read=_Rows(path),
      actions=hdf5.whole(path, file, 'actions'),
      rewards=hdf5.whole(path, file, 'rewards'),
      flags=flags,
      terminal=TERMINAL,
      cuts=cuts,
      are_gaps=CUT in file,
    )


class _Rows:
  """The observations, on disk."""

  def __init__(self, path: str) -> None:
    self._path = path

  def __call__(self, start: int, stop: int) -> np.ndarray:
    with hdf5.opened(self._path) as file:
      return hdf5.array(self._path, file, 'observations')[start:stop]
