"""What a run tells its tracker."""

import ast
import os
from collections.abc import Sequence
from typing import Any

from dopamine.metrics import collector
from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.runner import identity
from reincarnating_rl.tracking.table import Row
from reincarnating_rl.tracking.tracking import FILE, Tracking


class TrackerCollector(collector.Collector):
  """Hands a tracker what TensorBoard gets."""

  def __init__(self, tracking: Tracking, runner: Any) -> None:
    """Writes no file of its own.

    Args:
      tracking: of the run.
      runner: of the run.
    """
    super().__init__(None)
    self._tracking, self._runner = tracking, runner

  def get_name(self) -> str:
    """Returns TensorBoard's name: what is for that is for this."""
    return 'tensorboard'

  def write(self, statistics: Sequence[StatisticsInstance]) -> None:
    """Hands on the scalars."""
    self._tracking.log(
      [
        Row(s.name, int(s.step), float(s.value))
        for s in statistics
        if self.check_type(s.type)
      ]
    )

  def flush(self) -> None:
    """Hands on what was kept back."""
    self._tracking.flush()

  def close(self) -> None:
    """Tells how the run ended, or where it stopped."""
    runner = self._runner
    self._tracking.finish(
      final_scores(runner.record.to_json()),
      runner.lineage,
      done=runner._progress.position.next_number >= len(runner.plan),
    )


def begin(name: str, runner: Any) -> None:
  """Begins to track a run, or goes on.

  Args:
    name: of the tracker.
    runner: of the run, when all of it is there.

  Raises:
    UserError: the tracker cannot start.
  """
  lineage = runner.lineage
  place = runner._progress.position
  tracking = Tracking(
    name,
    runner._base_dir,
    resumed=bool(place.next_number or place.steps),
    config=_config(lineage),
    lineage=lineage,
  )
  runner._collector_dispatcher._collectors.append(
    TrackerCollector(tracking, runner)
  )


def final_scores(record: dict[str, Any]) -> dict[str, float]:
  """Returns the scores at the end of a run, by name.

  Args:
    record: what `summary.json` holds.
  """
  last = record['rows'][-1] if record['rows'] else {}
  score, teacher = last.get('score') or {}, record['teacher'] or {}
  found = {
    'Final/Return': score.get('mean'),
    'Final/StandardError': score.get('stderr'),
    'Final/Normalized_Score': last.get('normalized'),
    'Final/TeacherReturn': teacher.get('mean'),
    'Final/RandomReturn': record['random'],
  }
  return {name: value for name, value in found.items() if value is not None}


def _config(lineage: dict[str, Any]) -> dict[str, Any]:
  """Returns what a run was asked to be, and each setting of gin's."""
  started, teacher = lineage['started_as'] or {}, lineage['teacher'] or {}
  asked = {
    'agent': started.get('agent') or lineage['agent'],
    'command': started.get('command'),
    'game': lineage['game'],
    'seed': lineage['seed'],
    'teacher': teacher.get('checkpoint') or teacher.get('agent'),
    'teacher_fingerprint': teacher.get('fingerprint'),
  }
  settings = identity.operative_settings()
  return asked | {name: _plain(text) for name, text in settings.items()}


def _plain(text: str) -> Any:
  """Returns a number, a truth or a text for what gin writes of a setting."""
  try:
    value = ast.literal_eval(text)
  except (ValueError, SyntaxError):
    return text
  return value if isinstance(value, bool | int | float | str) else text


def has_heard_of(base_dir: str) -> bool:
  """Returns whether a tracker was told of a run."""
  return os.path.isfile(os.path.join(base_dir, FILE))
