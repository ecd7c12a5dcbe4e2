"""A run as its tracker has it; whatever the tracker does, training goes on."""

import os
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

from reincarnating_rl.support import json_file
from reincarnating_rl.support.errors import UserError, first_line
from reincarnating_rl.tracking import table
from reincarnating_rl.tracking.table import Row, Story

FILE = 'tracking.json'
PROJECT = 'reincarnating_rl'
_REMEDY = 'choose another --base_dir'
_MANY = 512  # Rows that are kept back.


class Tracking:
  """Hands metrics, settings, lineage and scores to a tracker.

  `tracking.json` in the run's folder has the tracker's name of the run, and the
  last step of each metric: a resumed run goes on there, and tells nothing
  twice.
  """

  def __init__(
    self,
    name: str,
    base_dir: str,
    *,
    resumed: bool,
    config: dict[str, Any],
    lineage: dict[str, Any],
  ) -> None:
    """Begins in the tracker, or goes on there.

    Args:
      name: a key of `TRACKERS`.
      base_dir: of the run.
      resumed: whether the run goes on.
      config: settings by name.
      lineage: of the student.

    Raises:
      UserError: the tracker cannot start.
    """
    entry = table.check(name)
    self._name, self._base_dir = name, base_dir
    self._told = self._read() if resumed else {}
    told = self._told.get(name, {})
    self._steps: dict[str, int] = dict(told.get('steps', {}))
    self._pending: list[Row] = []
    parts = pathlib.Path(os.path.abspath(base_dir)).parts
    story = Story(
      id=told.get('id'),
      name='-'.join(parts[-2:]).strip('/'),
      group=parts[-2:][0],
      project=PROJECT,
      base_dir=base_dir,
      config=config,
      lineage=lineage,
    )
    try:
      self._tracker: table.Tracker | None = table.start(entry, story)
    except Exception as error:
      raise UserError(
        f'--track {name} cannot start ({first_line(error)[:200]}): '
        f'{entry.remedy}, or leave out --track.'
      ) from error
    self._id = self._tracker.id
    self._write()

  def log(self, rows: Sequence[Row]) -> None:
    """Takes numbers; those that were told before a resume are passed over."""
    for row in rows:
      if row.step > self._steps.get(row.name, -1):
        self._pending.append(row)
    if len(self._pending) > _MANY:
      self.flush()

  def flush(self) -> None:
    """Hands on what was kept back."""
    rows, self._pending = self._pending, []
    if rows and self._tracker is not None:
      if self._safely(self._tracker.log, rows):
        self._steps |= {row.name: row.step for row in rows}
        self._write()

  def finish(
    self, scores: dict[str, float], lineage: dict[str, Any], *, done: bool
  ) -> None:
    """Hands on the last, and ends.

    Args:
      scores: final ones by name.
      lineage: of the student.
      done: whether the run has come to its end.
    """
    self.flush()
    if self._tracker is not None:
      self._safely(self._tracker.finish, scores, lineage, done=done)
      self._tracker = None

  def _safely(
    self, call: Callable[..., None], *args: Any, **named: Any
  ) -> bool:
    """Returns whether a call succeeded; else the tracker is left alone."""
    try:
      call(*args, **named)
      return True
    except Exception as error:
      self._tracker = None
      print(
        f'warning: --track {self._name} has stopped '
        f'({first_line(error)[:200]}); training goes on without it.',
        file=sys.stderr,
      )
      return False

  def _read(self) -> dict[str, Any]:
    path = pathlib.Path(self._base_dir, FILE)
    return json_file.read_json(path) if path.is_file() else {}

  def _write(self) -> None:
    self._told[self._name] = {'id': self._id, 'steps': self._steps}
    path = os.path.join(self._base_dir, FILE)
    json_file.write(path, self._told, _REMEDY)
