"""TensorBoard's events, written without TensorFlow.

An event is a message of `tensorboard.compat.proto.event_pb2`; a file of events
is a file of TensorFlow's records. What is written is what `tf.summary.scalar`
writes.
"""

import itertools
import os
import socket
import struct
import time
from collections.abc import Sequence

import numpy as np
from dopamine.metrics import collector
from dopamine.metrics.statistics_instance import StatisticsInstance
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT
from tensorboard.plugins.scalar import metadata

from reincarnating_rl.importers.formats.sorted_table import masked_crc32c
from reincarnating_rl.runner.appended_file import AppendedFile

_VERSION = 'brain.Event:2'  # Of the form of a file.
_METADATA = metadata.create_summary_metadata(
  display_name=None, description=None
)


class EventFileCollector(collector.Collector):
  """Writes metrics for TensorBoard, each process to a file of its own."""

  def __init__(self, base_dir: str) -> None:
    """Makes the file.

    Args:
      base_dir: of the run.

    Raises:
      OSError: it cannot be made.
    """
    super().__init__(base_dir)
    self._file = AppendedFile(_new_path(self._base_dir))
    self._add(Event(file_version=_VERSION))
    self.flush()

  def get_name(self) -> str:
    """Returns the name of the collector, and of its folder."""
    return 'tensorboard'

  def write(self, statistics: Sequence[StatisticsInstance]) -> None:
    """Adds the scalars."""
    for s in statistics:
      if self.check_type(s.type):
        value = Summary.Value(
          tag=s.name, metadata=_METADATA, tensor=_scalar(float(s.value))
        )
        self._add(Event(step=int(s.step), summary=Summary(value=[value])))

  def _add(self, event: Event) -> None:
    event.wall_time = time.time()
    self._file.add(_record(event.SerializeToString()))

  def flush(self) -> None:
    """Hands what was written to the operating system: all or nothing."""
    self._file.flush()

  def close(self) -> None:
    """Flushes."""
    self.flush()


def _new_path(folder: str) -> str:
  """Returns a path that TensorBoard takes for a file of events."""
  stem = f'events.out.tfevents.{time.time():.0f}.{socket.gethostname()}'
  paths = (
    os.path.join(folder, f'{stem}.{os.getpid()}.{number}.v2')
    for number in itertools.count()
  )
  return next(path for path in paths if not os.path.exists(path))


def _scalar(value: float) -> TensorProto:
  with np.errstate(over='ignore'):  # What is too large is infinite.
    content = np.float32(value).tobytes()
  shape = TensorShapeProto()  # Without axes.
  return TensorProto(dtype=DT_FLOAT, tensor_shape=shape, tensor_content=content)


def _record(data: bytes) -> bytes:
  """Returns bytes as a record: length, its checksum, data, its checksum."""
  length = struct.pack('<Q', len(data))
  return b''.join((length, _checksum(length), data, _checksum(data)))


def _checksum(data: bytes) -> bytes:
  return struct.pack('<I', masked_crc32c(data))
