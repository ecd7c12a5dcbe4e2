"""One run, read from its files. Each field is checked."""

import os
import pathlib
import re
from typing import Any, NamedTuple

from reincarnating_rl.evaluation.finding import (
  LINEAGE_FILE,
  SUMMARY_FILE,
  Found,
)
from reincarnating_rl.support import game_names
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.support.json_file import read_json

OFFLINE, ONLINE = 'PRETRAIN', 'ONLINE'  # Names of phases in summary.json.
PHASE_NAMES = {OFFLINE: 'offline', ONLINE: 'online'}
"""What a user calls them."""
_LARGEST = 1e15  # A larger number is a mistake.
_GAME_OF_GIN = re.compile(
  r"^create_atari_environment\.game_name = '(\w+)'", re.MULTILINE
)


class Score(NamedTuple):
  """Mean return of finished episodes; one episode has no standard error."""

  mean: float
  stderr: float | None
  episodes: int


class Evaluation(NamedTuple):
  """An evaluation of the student; counters are totals since the start."""

  phase: str  # OFFLINE or ONLINE.
  score: Score
  steps: int  # Environment steps of the student.
  updates: int  # Gradient updates, offline and online.
  teacher_steps: int
  seconds: float  # Wall time of all phases and evaluations.


class Run(NamedTuple):
  """What a run is, what it measured and what it cost."""

  path: str
  method: str
  game: str
  seed: int
  evaluations: tuple[Evaluation, ...]
  teacher: Score | None
  random: float | None
  random_source: str
  fingerprint: str | None  # Of the teacher's parameters.
  seconds: dict[str, float]  # Wall time by phase; evaluation counts as one.
  planned: dict[str, int]  # Evaluations by phase; empty in older runs.
  summary: dict[str, Any]  # As it was read.
  lineage: dict[str, Any]  # The same; see `provenance`.

  def of_phase(self, phase: str) -> tuple[Evaluation, ...]:
    """Returns the evaluations of a phase."""
    return tuple(e for e in self.evaluations if e.phase == phase)


def read(found: Found) -> Run:
  """Reads a run's `summary.json` and `lineage.json`.

  Args:
    found: its directory, or its line of a log. Without a label, the method is
      the name given to `--agent`, or the student's class if the run did not
      record that.

  Returns:
    The run. A run that has just started has no evaluations.

  Raises:
    DamagedFileError: a field is missing or has a wrong type.
  """
  summary = _Fields(found.path, SUMMARY_FILE, found.line.get('summary'))
  lineage = _Fields(found.path, LINEAGE_FILE, found.line.get('lineage'))
  started = lineage.child('started_as')
  teacher = lineage.child('teacher')
  evaluations = tuple(_evaluation(row) for row in summary.children('rows'))
  return Run(
    path=found.path,
    method=found.label
    or started.text('agent')
    or lineage.text('agent')
    or 'unknown',
    game=_game(lineage, teacher),
    seed=int(lineage.number('seed', 0)),
    evaluations=evaluations,
    teacher=_score(summary.child('teacher')) if summary['teacher'] else None,
    random=None if summary['random'] is None else summary.number('random'),
    random_source=summary.text('random_source'),
    fingerprint=teacher.text('fingerprint') or None,
    seconds=summary.child('seconds').numbers(),
    planned={
      phase: int(n) for phase, n in lineage.child('planned').numbers().items()
    },
    summary=summary.data,
    lineage=lineage.data,
  )


def _game(lineage: '_Fields', teacher: '_Fields') -> str:
  """Returns the name of the game, without the module that registers it."""
  name = (
    lineage.text('game')
    or _game_of_gin(lineage.text('gin'))
    or teacher.text('trained_on')
    or 'unknown game'
  )
  return game_names.split_module(name)[1]


def _game_of_gin(text: str) -> str:
  """Finds the game in the settings; older runs name it nowhere else."""
  match = _GAME_OF_GIN.search(text)
  return match[1] if match else ''


def _evaluation(row: '_Fields') -> Evaluation:
  phase = row.text('phase')
  if phase not in (OFFLINE, ONLINE):
    raise row.error('phase')
  offline = int(row.number('pretraining_updates', 0))
  return Evaluation(
    phase=phase,
    score=_score(row.child('score')),
    steps=int(row.number('training_steps')),
    updates=offline + int(row.number('online_updates', 0)),
    teacher_steps=int(row.number('teacher_steps', 0)),
    seconds=row.number('seconds', 0.0),
  )


def _score(fields: '_Fields') -> Score:
  return Score(
    mean=fields.number('mean'),
    stderr=None if fields['stderr'] is None else fields.number('stderr'),
    episodes=int(fields.number('num_episodes', 0)),
  )


class _Fields:
  """A JSON object of a run's file, each field of which is checked."""

  def __init__(self, directory: str, name: str, data: Any = None) -> None:
    self._directory, self._name = directory, name
    path = pathlib.Path(directory, name)
    if data is None:
      data = read_json(path) if path.exists() else {}
    self.data: dict[str, Any] = data

  def __getitem__(self, name: str) -> Any:
    return self.data.get(name)

  def error(self, name: str) -> DamagedFileError:
    """Returns the error of a field that is missing or wrong."""
    path = os.path.join(self._directory, self._name)
    return DamagedFileError(
      f'{path} has no usable {name!r}: copy the file again, or leave the run '
      'out.'
    )

  def number(self, name: str, default: float | None = None) -> float:
    value = self.data.get(name, default)
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    if not usable or not -_LARGEST < value < _LARGEST:  # Nor NaN.
      raise self.error(name)
    return value

  def text(self, name: str) -> str:
    value = self.data.get(name) or ''
    if not isinstance(value, str):
      raise self.error(name)
    return value

  def child(self, name: str) -> '_Fields':
    value = self.data.get(name) or {}
    if not isinstance(value, dict):
      raise self.error(name)
    return _Fields(self._directory, self._name, value)

  def children(self, name: str) -> list['_Fields']:
    values = self.data.get(name) or []
    if not isinstance(values, list):
      raise self.error(name)
    if not all(isinstance(value, dict) for value in values):
      raise self.error(name)
    return [_Fields(self._directory, self._name, value) for value in values]

  def numbers(self) -> dict[str, float]:
    return {name: self.number(name) for name in self.data}
