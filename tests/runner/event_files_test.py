"""TensorBoard's events, beside those that TensorFlow writes."""

import time

import jax.numpy as jnp
import numpy as np
import pytest
from dopamine.metrics.statistics_instance import StatisticsInstance
from tensorboard.compat.proto import event_pb2

from reincarnating_rl.runner.event_files import EventFileCollector
from tests.runner import experiments

ROWS = [
  StatisticsInstance('Eval/AverageReturns', 0.1, 3),
  StatisticsInstance('Train/Loss', jnp.float32(-2.5), np.int64(2**40)),
  StatisticsInstance('not a number', np.nan, 4),
  StatisticsInstance('infinite', np.float32(np.inf), 4),
  StatisticsInstance('ends é', 0, 0),
]
PICTURE = StatisticsInstance('picture', np.zeros((2, 2)), 3, type='image')


def files(base_dir):
  return sorted((base_dir / 'metrics' / 'tensorboard').iterdir())


def untimed(events):
  """What events say beside when and by whom."""
  found = []
  for event in events:
    copied = event_pb2.Event.FromString(event.SerializeToString())
    copied.ClearField('wall_time')
    copied.ClearField('source_metadata')
    found.append(copied.SerializeToString(deterministic=True))
  return found


def test_the_events_are_those_that_tensorflow_writes(tmp_path):
  import tensorflow as tf

  collector = EventFileCollector(str(tmp_path / 'ours'))
  collector.write([*ROWS, PICTURE])
  collector.close()
  folder = tmp_path / 'theirs' / 'metrics' / 'tensorboard'
  with tf.summary.create_file_writer(str(folder)).as_default():
    for row in ROWS:
      tf.summary.scalar(row.name, float(row.value), step=int(row.step))
    tf.summary.flush()
  ours = list(experiments.events(tmp_path / 'ours'))
  assert untimed(ours) == untimed(experiments.events(tmp_path / 'theirs'))
  assert all(abs(event.wall_time - time.time()) < 60 for event in ours)
  (path,) = files(tmp_path / 'ours')
  told = tf.compat.v1.train.summary_iterator(str(path))
  assert [event.step for event in told] == [0, 3, 2**40, 4, 4, 0]


def test_what_is_too_large_is_infinite(tmp_path):
  collector = EventFileCollector(str(tmp_path))
  collector.write([StatisticsInstance('a', -1e300, 5)])  # Theirs fails.
  collector.close()
  _, event = experiments.events(tmp_path)
  content = event.summary.value[0].tensor.tensor_content
  assert np.frombuffer(content, np.float32) == -np.inf


def test_each_process_has_a_file_of_its_own(tmp_path):
  for step in (1, 2):
    collector = EventFileCollector(str(tmp_path))
    collector.write([StatisticsInstance('a', 1.0, step)])
    collector.flush()
  assert len(files(tmp_path)) == 2
  assert [e.step for e in experiments.events(tmp_path)] == [0, 1, 0, 2]


def test_what_cannot_be_written_is_written_later(tmp_path):
  collector = EventFileCollector(str(tmp_path))
  collector.write([StatisticsInstance('a', 1.0, 5)])
  (path,) = files(tmp_path)
  path.rename(tmp_path / 'away')
  path.mkdir()
  with pytest.raises(IsADirectoryError):
    collector.flush()
  path.rmdir()
  (tmp_path / 'away').rename(path)
  collector.flush()
  assert [event.step for event in experiments.events(tmp_path)] == [0, 5]
