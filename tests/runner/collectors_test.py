import errno
import json
import os
import resource
import types

import numpy as np
import pytest
from dopamine.metrics import collector_dispatcher
from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.evaluation.finding import METRICS_FILE
from reincarnating_rl.runner import collectors
from reincarnating_rl.support.files import UnwritableError


def lines(base_dir):
  with open(collectors.metrics_path(str(base_dir)), encoding='utf-8') as f:
    return [json.loads(line) for line in f]


def row(name, value, step):
  return {'name': name, 'step': step, 'value': value}


def test_one_line_a_scalar(tmp_path):
  collector = collectors.JsonlCollector(str(tmp_path))
  collector.write(
    [
      StatisticsInstance('a', np.float32(0.5), np.int64(3)),
      StatisticsInstance('picture', np.zeros((2, 2)), 3, type='image'),
      StatisticsInstance('b', 2, 4),
    ]
  )
  collector.close()
  assert lines(tmp_path) == [row('a', 0.5, 3), row('b', 2.0, 4)]


def test_all_of_a_write_wait_for_a_disk_that_is_full(tmp_path, monkeypatch):
  collector = collectors.JsonlCollector(str(tmp_path))

  def no_space():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

  names = [f'metric {i}' for i in range(500)]
  with monkeypatch.context() as patch:
    patch.setattr(collector.file, 'flush', no_space)
    for step in range(2):
      with pytest.raises(OSError, match='No space left'):
        collector.write([StatisticsInstance(n, 1.0, step) for n in names])
  collector.close()
  told = [(line['name'], line['step']) for line in lines(tmp_path)]
  assert told == [(name, step) for step in range(2) for name in names]


def test_flush_hands_the_lines_over(tmp_path):
  collector = collectors.JsonlCollector(str(tmp_path))
  collector.write([StatisticsInstance('a', 1.0, 0)])
  collector.flush()
  assert lines(tmp_path) == [row('a', 1.0, 0)]
  collector.close()


def test_a_resume_drops_what_came_after_the_checkpoint_and_appends(tmp_path):
  base_dir = str(tmp_path)
  killed = collectors.JsonlCollector(base_dir)
  killed.write([StatisticsInstance('a', 1.0, 0)])
  killed.flush()
  checkpointed = collectors.size(base_dir)
  killed.write([StatisticsInstance('a', 2.0, 1)])
  killed.close()
  collectors.rewind(base_dir, checkpointed)
  resumed = collectors.JsonlCollector(base_dir)
  resumed.write([StatisticsInstance('a', 3.0, 1)])
  resumed.close()
  assert lines(tmp_path) == [row('a', 1.0, 0), row('a', 3.0, 1)]


@pytest.mark.parametrize('content', [None, b'{}\n'])
def test_rewinding_never_adds(tmp_path, content):
  path = tmp_path / METRICS_FILE
  if content is not None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
  collectors.rewind(str(tmp_path), 100)
  assert collectors.size(str(tmp_path)) == len(content or b'')
  assert path.exists() == (content is not None)


def test_the_terminal_shows_one_line_an_iteration(capsys):
  collector = collectors.TerminalCollector('unused')
  collector.write(
    [
      StatisticsInstance('Train/AverageReturns', 1.0, 7),
      StatisticsInstance('Eval/AverageReturns', 0.123456, 6),
      StatisticsInstance('Eval/NumEpisodes', 99, 6),
    ]
  )
  collector.write([StatisticsInstance('Eval/Normalized_Score', 2.5, 6)])
  assert capsys.readouterr().out == ''
  collector.flush()
  assert capsys.readouterr().out == (
    'iteration 6: eval return 0.1235, normalised 2.5\n'
    'iteration 7: train return 1\n'
  )
  collector.flush()
  assert capsys.readouterr().out == ''


def test_dopamines_dispatcher_finds_both_by_name(tmp_path, capsys):
  collectors.register()
  dispatcher = collector_dispatcher.CollectorDispatcher(
    str(tmp_path), collectors=('jsonl', 'terminal')
  )
  dispatcher.write([StatisticsInstance('Teacher/AverageReturns', 4.0, 0)])
  dispatcher.flush()
  dispatcher.close()
  assert lines(tmp_path) == [row('Teacher/AverageReturns', 4.0, 0)]
  assert capsys.readouterr().out == 'iteration 0: teacher 4\n'


def test_what_is_half_written_is_taken_back(tmp_path):
  collector = collectors.JsonlCollector(str(tmp_path))
  collector.write([StatisticsInstance('a', 1.0, 0)])
  collector.flush()
  collector.write([StatisticsInstance('b', 2.0, 0)])
  limit = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (50, limit[1]))
  try:
    with pytest.raises(OSError, match='File too large'):
      collector.flush()
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
  assert lines(tmp_path) == [row('a', 1.0, 0)]
  collector.close()
  assert lines(tmp_path) == [row('a', 1.0, 0), row('b', 2.0, 0)]


@pytest.mark.parametrize(
  ('text', 'reason'),
  [
    (
      '{{node}} /run/console.log; No space left on device\n\tFailed',
      'No space left on device',
    ),
    ('of another kind', 'of another kind'),
  ],
)
def test_tensorflows_errors_about_files_are_errors_of_files(
  tmp_path, monkeypatch, text, reason
):
  class OpError(Exception):
    message = text

  def fail(*arguments):
    raise OpError

  tensorflow = types.SimpleNamespace(
    errors=types.SimpleNamespace(OpError=OpError)
  )
  guarded = collectors.Guarded(collectors.JsonlCollector, str(tmp_path))
  monkeypatch.setattr(collectors.collector, 'tf', tensorflow)
  monkeypatch.setattr(guarded.inner, 'write', fail)
  guarded.write([])
  with pytest.raises(UnwritableError, match=f' cannot be written .{reason}'):
    guarded.flush()
