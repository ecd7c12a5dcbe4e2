"""The table of trackers. To add one, add an entry and the class that it names.

A class is made with a `Story` and has `log`, `finish` and `id`; see `Tracker`.
It alone imports the tracker's library. It may raise whatever it likes.
"""

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from reincarnating_rl.support.errors import UserError, pick


class Row(NamedTuple):
  """One number of a run, as TensorBoard gets it."""

  name: str
  step: int
  value: float


class Story(NamedTuple):
  """What a tracker is told when a run begins, or goes on.

  Attributes:
    id: of the run there, if it goes on; None if it begins.
    name: of the run.
    group: of runs that belong together.
    project: that the tracker files it under, if its user chose no other.
    base_dir: of the run.
    config: settings by name; numbers, texts and None.
    lineage: where the student comes from, JSON.
  """

  id: str | None
  name: str
  group: str
  project: str
  base_dir: str
  config: dict[str, Any]
  lineage: dict[str, Any]


class Tracker(Protocol):
  """A run in a tracker.

  Attributes:
    id: by which it can go on.
  """

  id: str

  def log(self, rows: Sequence[Row]) -> None:
    """Takes numbers, in the order in which they were measured."""

  def finish(
    self, scores: dict[str, float], lineage: dict[str, Any], *, done: bool
  ) -> None:
    """Takes the final scores, and ends; `done` is False for half a run."""


class Entry(NamedTuple):
  """A tracker that `--track` can name.

  Attributes:
    title: as its makers write it.
    package: that must be importable.
    tracker: `module:class`, that makes a `Tracker` of a `Story`.
    remedy: what a user does if it cannot start.
    takes_many: whether one process may have several runs.
  """

  title: str
  package: str
  tracker: str
  remedy: str
  takes_many: bool = True


_ROOM = 'reincarnating_rl.tracking'
TRACKERS = {
  'wandb': Entry(
    'Weights & Biases',
    'wandb',
    f'{_ROOM}.wandb_tracker:WandbTracker',
    'log in with `wandb login`, or set WANDB_MODE=offline',
  ),
  'mlflow': Entry(
    'MLflow',
    'mlflow',
    f'{_ROOM}.mlflow_tracker:MlflowTracker',
    'set MLFLOW_TRACKING_URI to a server that answers',
  ),
  'trackio': Entry(
    'Trackio',
    'trackio',
    f'{_ROOM}.trackio_tracker:TrackioTracker',
    'check the network, or unset TRACKIO_SPACE_ID',
    takes_many=False,
  ),
}


def check(name: str, *, many: bool = False) -> Entry:
  """Returns a tracker that can be used here.

  Args:
    name: a key of `TRACKERS`.
    many: whether one process has several runs.

  Raises:
    UserError: there is none, its library is not installed, or it takes one
      run alone.
  """
  entry = pick('tracker of --track', TRACKERS, name)
  if many and not entry.takes_many:
    raise UserError(
      f'--track {name} takes one run of a process: leave out --num_seeds.'
    )
  if importlib.util.find_spec(entry.package) is None:
    raise UserError(
      f'--track {name} needs {entry.title}, which is not installed: '
      f"pip install -e '.[{name}]', or leave out --track."
    )
  return entry


def start(entry: Entry, story: Story) -> Tracker:
  """Begins a run in a tracker, or goes on in it; may raise anything."""
  module, _, cls = entry.tracker.partition(':')
  return getattr(importlib.import_module(module), cls)(story)
