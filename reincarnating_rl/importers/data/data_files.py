"""Finds files of data, and reads them into a store.

To read another format, write a function that makes `Steps` of a file, and add
an entry to `FORMATS`.
"""

import os
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers import checks, loading
from reincarnating_rl.importers.data import (
  d4rl,
  fitting,
  minari,
  npz,
  stable_baselines3,
)
from reincarnating_rl.importers.data.steps import Steps
from reincarnating_rl.importers.loading import LoadReport, StepColumns
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.progress import Progress

_CHUNK = 16_384  # Steps read at a time.


class DataFile(NamedTuple):
  """A file of data, as `ExternalReplay` wants it."""

  path: str
  format: str  # a key of `FORMATS`
  number: int = 0  # of none: a file is no iteration

  @property
  def folder(self) -> str:
    """The file itself: files side by side are no parts of one replay."""
    return self.path

  @property
  def missing(self) -> list[str]:
    """Nothing: a file is whole."""
    return []


class Format(NamedTuple):
  """A format of data.

  Attributes:
    description: for the user.
    suffixes: of its files.
    read: makes steps of a file.
    is_one: whether a file of such a suffix is of the format, by its names; one
      that a user names is of the first format of its suffix, else.
    in_folder: whether a file in a folder that is given is, by its own name.
  """

  description: str
  suffixes: tuple[str, ...]
  read: Callable[[str], Steps]
  is_one: Callable[[str], bool]
  in_folder: Callable[[str], bool] = lambda name: True


_HDF5 = ('.hdf5', '.h5')
FORMATS = {
  'minari': Format('of Minari', _HDF5, minari.read, minari.is_one),
  'd4rl': Format('of D4RL, HDF5', _HDF5, d4rl.read, d4rl.is_one),
  'npz': Format('of plain arrays, .npz', ('.npz',), npz.read, npz.is_one),
  'sb3': Format(
    'of Stable-Baselines3 or CleanRL, a ReplayBuffer in .pkl',
    ('.pkl', '.pickle'),
    stable_baselines3.read,
    is_one=lambda path: True,
    in_folder=lambda name: 'replay' in name.lower(),
  ),
}


def find(path: str, name: str) -> list[DataFile]:
  """Lists the files of one format.

  Args:
    path: of a file, which has only to be named as the format's files are; or
      of a folder, whose files are looked into.
    name: a key of `FORMATS`.
  """
  place, kind = pathlib.Path(path).expanduser(), FORMATS[name]
  if place.is_file():
    is_here = place.suffix.lower() in kind.suffixes and _format(place) == name
    return [DataFile(str(place), name)] * is_here
  dataset = minari.file_in(place)
  if dataset is not None:
    return [DataFile(str(dataset), name)] * (name == 'minari')
  if name == 'minari' and minari.is_arrow(place):
    return [DataFile(str(place), name)]  # Reading it says what to do.
  if not place.is_dir():
    return []
  return [
    DataFile(entry.path, name)
    for entry in sorted(os.scandir(place), key=lambda entry: entry.name)
    if entry.is_file()
    and pathlib.Path(entry.name).suffix.lower() in kind.suffixes
    and kind.in_folder(entry.name)
    and kind.is_one(entry.path)
  ]


def _format(path: pathlib.Path) -> str:
  """Returns what format a file that is named is of: one is a guess."""
  suffix = path.suffix.lower()
  likely = [name for name, f in FORMATS.items() if suffix in f.suffixes]
  return next((n for n in likely if FORMATS[n].is_one(str(path))), likely[-1])


def inspect(file: DataFile) -> Steps:
  """Reads all but the observations.

  Raises:
    UserError: the file is damaged, unsafe, empty, or of wrong shapes.
  """
  return FORMATS[file.format].read(file.path)


def read_columns(
  file: DataFile, progress: Progress = lambda done, total: None
) -> StepColumns:
  """Reads all columns but the observations.

  Args:
    file: of data.
    progress: called once.

  Raises:
    UserError: see `inspect`.
  """
  steps = inspect(file)
  progress(steps.entries, steps.entries)
  return steps.columns()


def load(
  file: DataFile,
  store: FrameStore,
  *,
  newest: int | None = None,
  progress: Progress = lambda done, total: None,
) -> LoadReport:
  """Fills a store; its former content is dropped.

  Args:
    file: of data.
    store: of the game, whose shapes and bounds the file must fit.
    newest: the largest number of steps to load, counted from the last; None
      for all.
    progress: called with steps read and steps to read.

  Returns:
    What was loaded and what was left out.

  Raises:
    UserError: see `inspect`; or the data are another game's, or too many. The
      store is empty then.
  """
  store.clear()
  steps, settings = inspect(file), store.settings
  checks.check_newest(newest)
  first = 0 if newest is None else max(steps.entries - newest, 0)
  checks.check_capacity(store, file.folder, steps.entries - first)
  columns = {
    'action': fitting.actions(steps, settings.actions),
    'reward': steps.reward,
    'terminal': steps.terminal,
    # Nothing tells the frames before an episode's lost start. It is lost where
    # no frame is needed, too.
    'episode_step': steps.counted_from(max(settings.stack_size - 1, 1)),
  }
  checks.check_rewards(file.path, steps.reward)
  read = fitting.observations(steps, settings)
  for at in range(first, steps.entries, _CHUNK):
    stop = min(at + _CHUNK, steps.entries)
    rows = {name: column[at:stop] for name, column in columns.items()}
    rows['observation'] = read(at, stop)
    rows['teacher_policy'] = np.zeros((stop - at, 1), np.float32)
    store.write(at - first, rows)
    progress(stop - first, steps.entries - first)
  left_out = {'older steps': first}
  return loading.begin_elements(
    store,
    steps.entries - first,
    left_out,
    partial=(step - first for step in steps.partial),
  )
