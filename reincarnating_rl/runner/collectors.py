"""Collectors of metrics, beside Dopamine's TensorBoard one."""

import collections
import json
import os
from collections.abc import Sequence

import tqdm.auto as tqdm
from dopamine.metrics import collector, collector_dispatcher
from dopamine.metrics.statistics_instance import StatisticsInstance

METRICS_FILE = os.path.join('metrics', 'jsonl', 'metrics.jsonl')


class JsonlCollector(collector.Collector):
  """Appends one line of JSON a metric: `{"name", "step", "value"}`.

  The file survives resumes: `rewind` drops what a killed run wrote after the
  checkpoint that is being restored. TensorBoard's files keep such points.
  """

  def __init__(self, base_dir: str) -> None:
    super().__init__(base_dir)
    self._file = open(metrics_path(base_dir), 'a', encoding='utf-8')

  def get_name(self) -> str:
    """Returns the name of the collector, and of its folder."""
    return 'jsonl'

  def write(self, statistics: Sequence[StatisticsInstance]) -> None:
    """Appends the scalars."""
    for s in statistics:
      if self.check_type(s.type):
        row = {'name': s.name, 'step': int(s.step), 'value': float(s.value)}
        self._file.write(json.dumps(row) + '\n')

  def flush(self) -> None:
    """Hands what was written to the operating system."""
    self._file.flush()

  def close(self) -> None:
    """Closes the file."""
    self._file.close()


class TerminalCollector(collector.Collector):
  """Prints the metrics of each iteration in one line, above progress bars."""

  _shown = {
    'Teacher/AverageReturns': 'teacher',
    'Train/AverageReturns': 'train return',
    'Eval/AverageReturns': 'eval return',
    'Eval/Normalized_Score': 'normalised',
    'Train/DistillCoefficient': 'lambda',
    'Train/AverageStepsPerSecond': 'steps/s',
    'Pretrain/UpdatesPerSecond': 'updates/s',
    'Pretrain/Loss/TD': 'TD loss',
    'Pretrain/Loss/Distill': 'KL',
  }

  def __init__(self, base_dir: str) -> None:
    del base_dir  # It writes no file.
    super().__init__(None)
    self._pending: dict[int, dict[str, float]] = collections.defaultdict(dict)

  def get_name(self) -> str:
    """Returns the name of the collector."""
    return 'terminal'

  def write(self, statistics: Sequence[StatisticsInstance]) -> None:
    """Keeps what `flush` will show."""
    for s in statistics:
      if s.name in self._shown:
        self._pending[s.step][s.name] = float(s.value)

  def flush(self) -> None:
    """Prints a line an iteration."""
    for step, values in sorted(self._pending.items()):
      shown = (f'{self._shown[n]} {v:.4g}' for n, v in values.items())
      tqdm.tqdm.write(f'iteration {step}: ' + ', '.join(shown))
    self._pending.clear()


def register() -> None:
  """Makes both available to Dopamine's dispatcher by name."""
  collector_dispatcher.add_collector('jsonl', JsonlCollector)
  collector_dispatcher.add_collector('terminal', TerminalCollector)


def metrics_path(base_dir: str) -> str:
  """Returns the path of a run's metrics."""
  return os.path.join(base_dir, METRICS_FILE)


def size(base_dir: str) -> int:
  """Returns the bytes of metrics written so far."""
  path = metrics_path(base_dir)
  return os.path.getsize(path) if os.path.exists(path) else 0


def rewind(base_dir: str, num_bytes: int) -> None:
  """Drops the metrics written after a checkpoint.

  Args:
    base_dir: of the run.
    num_bytes: size of the file when the checkpoint was made.
  """
  if size(base_dir) > num_bytes:
    os.truncate(metrics_path(base_dir), num_bytes)
