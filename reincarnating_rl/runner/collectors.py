"""Collectors of metrics, beside Dopamine's."""

import collections
import contextlib
import errno
import functools
import os
import shutil
from collections.abc import Callable, Sequence
from typing import Any

import tqdm.auto as tqdm
from dopamine.metrics import collector, collector_dispatcher
from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.evaluation.finding import METRICS_FILE
from reincarnating_rl.runner.appended_file import AppendedFile
from reincarnating_rl.runner.event_files import EventFileCollector
from reincarnating_rl.runner.record import OTHER_BASE_DIR
from reincarnating_rl.support import files, json_file


class JsonlCollector(collector.Collector):
  """Appends one line of JSON a metric: `{"name", "step", "value"}`.

  The value is null where a metric is infinite or no number.

  The file survives resumes: `rewind` drops what a killed run wrote after the
  checkpoint that is being restored. TensorBoard's files keep such points.
  """

  def __init__(self, base_dir: str) -> None:
    super().__init__(base_dir)
    self.file = AppendedFile(metrics_path(base_dir))

  def get_name(self) -> str:
    """Returns the name of the collector, and of its folder."""
    return 'jsonl'

  def write(self, statistics: Sequence[StatisticsInstance]) -> None:
    """Appends the scalars, at once: if that fails, all of them stay pending."""
    rows = [
      {'name': s.name, 'step': int(s.step), 'value': float(s.value)}
      for s in statistics
      if self.check_type(s.type)
    ]
    self.file.add(''.join(f'{json_file.dumps(row)}\n' for row in rows).encode())

  def flush(self) -> None:
    """Hands what was written to the operating system: all or nothing."""
    self.file.flush()

  def close(self) -> None:
    """Flushes."""
    self.flush()


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
    'Pretrain/Loss/Distill': 'distillation',
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


class Guarded(collector.Collector):
  """Another collector, whose files may fail.

  A failure is kept until `flush`, which follows each stretch of training and
  precedes each checkpoint: a run that stops there can go on.
  """

  def __init__(
    self, create: Callable[[str], collector.Collector], base_dir: str
  ) -> None:
    """Makes the collector.

    Args:
      create: makes it.
      base_dir: of the run.

    Raises:
      UnwritableError: its files cannot be made.
    """
    self._path = os.path.join(base_dir, 'metrics')
    self._error: OSError | None = None
    with files.writing(self._path, OTHER_BASE_DIR):
      self.inner = _as_os_error(create)(base_dir)

  def get_name(self) -> str:
    """Returns the name of the collector."""
    return self.inner.get_name()

  def write(self, statistics: Sequence[StatisticsInstance]) -> None:
    """Hands metrics on."""
    try:
      _as_os_error(self.inner.write)(statistics)
    except OSError as error:
      self._error = error

  def flush(self) -> None:
    """Hands what was written to the operating system.

    Raises:
      UnwritableError: this fails, or a write has failed.
    """
    with files.writing(self._path, OTHER_BASE_DIR):
      if self._error is not None:
        raise self._error
      _as_os_error(self.inner.flush)()

  def close(self) -> None:
    """Closes the files.

    Raises:
      UnwritableError: they cannot take what is left.
    """
    with files.writing(self._path, OTHER_BASE_DIR):
      _as_os_error(self.inner.close)()


def _as_os_error(function: Callable) -> Callable:
  """Lets TensorFlow's errors about files be what all others are.

  Dopamine's own collectors write their files by it, if it is installed.
  """

  @functools.wraps(function)
  def wrapper(*args: Any) -> Any:
    try:
      return function(*args)
    except OSError:
      raise
    except collector.tf.errors.OpError as error:
      raise _os_error(str(error.message)) from error

  return wrapper


def _os_error(text: str) -> OSError:
  """Returns what a text such as `path; No space left on device ...` is of."""
  for number in errno.errorcode:
    if f'; {os.strerror(number)}' in text:
      return OSError(number, os.strerror(number))
  return OSError(errno.EIO, text.strip().partition('\n')[0])


def register() -> None:
  """Makes ours available to Dopamine's dispatcher, and guards all files."""
  available = collector_dispatcher.AVAILABLE_COLLECTORS
  ours = {
    'jsonl': JsonlCollector,
    'tensorboard': EventFileCollector,
    'terminal': TerminalCollector,
  }
  for name, create in (available | ours).items():
    is_guarded = getattr(create, 'func', None) is Guarded
    if name != 'terminal' and not is_guarded:
      create = functools.partial(Guarded, create)
    collector_dispatcher.add_collector(name, create)


def metrics_path(base_dir: str) -> str:
  """Returns the path of a run's metrics."""
  return os.path.join(base_dir, METRICS_FILE)


def copy(
  dispatcher: collector_dispatcher.CollectorDispatcher,
  base_dir: str,
  target: str,
) -> None:
  """Copies a run's metrics, with those that its own file could not take.

  Args:
    dispatcher: of the run.
    base_dir: of the run.
    target: another one, without metrics.

  Raises:
    OSError: they cannot be written there.
  """
  os.makedirs(os.path.dirname(metrics_path(target)))
  with contextlib.suppress(FileNotFoundError):  # gin may bind no such file.
    shutil.copyfile(metrics_path(base_dir), metrics_path(target))
  for guarded in dispatcher._collectors:
    inner = getattr(guarded, 'inner', None)
    if isinstance(inner, JsonlCollector):
      with open(metrics_path(target), 'ab') as file:
        file.write(inner.file.pending)


def size(base_dir: str) -> int:
  """Returns the bytes of metrics written so far."""
  path = metrics_path(base_dir)
  return os.path.getsize(path) if os.path.exists(path) else 0


def rewind(base_dir: str, num_bytes: int) -> None:
  """Drops the metrics written after a checkpoint.

  Args:
    base_dir: of the run.
    num_bytes: size of the file when the checkpoint was made.

  Raises:
    UnwritableError: it cannot be changed.
  """
  if size(base_dir) > num_bytes:
    with files.writing(metrics_path(base_dir), OTHER_BASE_DIR):
      os.truncate(metrics_path(base_dir), num_bytes)
