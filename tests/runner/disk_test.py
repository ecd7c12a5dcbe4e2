"""A run whose folder is another's, cannot be written, or fails."""

import contextlib
import errno
import os
import re
import subprocess
import sys
import tempfile
import types

import numpy as np
import pytest

from reincarnating_rl.importers import external_replay
from reincarnating_rl.replay import array_file
from reincarnating_rl.runner import collectors, disk
from reincarnating_rl.runner.event_files import EventFileCollector
from reincarnating_rl.support import files
from reincarnating_rl.support.claims import InUseError
from reincarnating_rl.support.errors import first_line
from reincarnating_rl.teachers import native_checkpoint
from tests.runner import experiments, kills


@pytest.fixture(scope='module')
def expected(tmp_path_factory):
  """The outcome of a run whose folder never fails."""
  return kills.whole(experiments.make_runner, tmp_path_factory.mktemp('whole'))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
  """The one folder that what was learnt may go to."""
  folder = tmp_path / 'elsewhere'
  folder.mkdir()
  monkeypatch.setattr(disk, '_places', lambda: [str(folder)])
  return folder


@contextlib.contextmanager
def failing(folder, number=errno.ENOSPC, owner=files.os, name='replace'):
  """Has writes below a folder fail."""
  original = getattr(owner, name)

  def fail(first, *rest):
    if str(first).startswith(str(folder)):
      raise OSError(number, os.strerror(number))
    return original(first, *rest)

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(owner, name, fail)
    yield


def fail_in(runner, iteration, **how):
  """Runs until writes fail in an iteration; returns what is said."""
  original = runner._run_one_iteration

  with contextlib.ExitStack() as stack:

    def run_one_iteration(n):
      if n == iteration:
        stack.enter_context(failing(**how))
      original(n)

    runner._run_one_iteration = run_one_iteration
    with pytest.raises(files.UnwritableError) as caught:
      runner.run_experiment()
  told = str(caught.value)
  assert first_line(caught.value) == told
  return told


def rescued(told, elsewhere):
  """Returns the folder that an error names; it is the only one."""
  (name,) = os.listdir(elsewhere)
  assert f'{elsewhere}/{name}' in told
  return elsewhere / name


@pytest.mark.parametrize(
  ('number', 'failure'),
  [
    (2, errno.ENOSPC),
    pytest.param(0, errno.EIO, marks=pytest.mark.soak),
    pytest.param(5, errno.EDQUOT, marks=pytest.mark.soak),
  ],
)
def test_what_was_learnt_is_saved_elsewhere_and_goes_on_bit_for_bit(
  tmp_path, elsewhere, expected, number, failure
):
  folder = tmp_path / 'run'
  runner = experiments.make_runner(folder, checkpoint_minutes=0.0)
  (folder / 'clone').mkdir()
  (folder / 'clone' / 'teacher').write_text('cloned')
  told = fail_in(runner, number, folder=folder, number=failure)
  assert re.match(rf'{folder}/\S+ cannot be written \(', told)
  assert os.strerror(failure) in told
  assert not [n for _, _, f in os.walk(folder) for n in f if 'tmp' in n]
  there = rescued(told, elsewhere)
  assert f'the same command with --base_dir {there} goes on from there.' in told
  assert (there / 'clone' / 'teacher').read_text() == 'cloned'
  resumed = experiments.make_runner(there)
  position = resumed._progress.position
  assert (position.number, position.steps > 0) == (number, number > 1)
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected
  # So it does in its own folder, from the last checkpoint that is there.
  again = experiments.make_runner(folder)
  again.run_experiment()
  assert experiments.outcome(again) == expected


def test_metrics_that_their_file_cannot_take_are_not_lost(
  tmp_path, elsewhere, expected, monkeypatch
):
  runner = experiments.make_runner(tmp_path / 'run')
  flush = collectors.JsonlCollector.flush

  def no_space(self):
    if runner._progress.position.number == 4:
      raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    flush(self)

  with monkeypatch.context() as patch:
    patch.setattr(collectors.JsonlCollector, 'flush', no_space)
    with pytest.raises(files.UnwritableError, match='/metrics cannot be wri'):
      runner.run_experiment()
  (name,) = os.listdir(elsewhere)
  resumed = experiments.make_runner(elsewhere / name)
  assert resumed._start_iteration == 5
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected


def test_the_student_alone_where_there_is_no_space_for_its_replay(
  tmp_path, elsewhere
):
  folder = tmp_path / 'run'
  runner = experiments.make_runner(folder)
  write = array_file.write

  def no_space(directory, *arguments):
    if runner._progress.position.number == 4:
      raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), directory)
    return write(directory, *arguments)

  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(array_file, 'write', no_space)
    with pytest.raises(files.UnwritableError) as caught:
      runner.run_experiment()
  there = rescued(str(caught.value), elsewhere)
  assert f'a teacher (--teacher_checkpoint_dir {there}).' in str(caught.value)
  params, _, _ = native_checkpoint.read(there / 'checkpoints' / 'ckpt.4.json')
  learnt = runner._agent.online_params['params']
  for layer, leaves in params['params'].items():
    np.testing.assert_array_equal(leaves['kernel'], learnt[layer]['kernel'])
  assert external_replay.find(there) == []


def test_where_nothing_can_be_saved_it_says_so(tmp_path, elsewhere):
  runner = experiments.make_runner(tmp_path / 'run')
  told = fail_in(runner, 2, folder=tmp_path)
  assert told.endswith(
    'What was learnt since the last checkpoint is lost: tried '
    f'{elsewhere} (No space left on device).'
  )
  assert os.listdir(elsewhere) == []


def test_where_all_is_saved_nothing_is_saved_again(
  tmp_path, elsewhere, monkeypatch
):
  runner = experiments.make_runner(
    tmp_path / 'run', num_pretraining_iterations=0
  )

  def fail(*arguments):
    raise OSError(errno.EIO, os.strerror(errno.EIO))

  def write_lineage(*arguments):
    with files.writing('lineage.json', 'choose another'):
      fail()

  monkeypatch.setattr(disk.Saver, 'save_student', fail)
  monkeypatch.setattr('reincarnating_rl.runner.lineage.write', write_lineage)
  with pytest.raises(files.UnwritableError, match='checkpoint has all: the'):
    runner.run_experiment()
  assert os.listdir(elsewhere) == []


def test_where_it_is_saved():
  places = disk._places()
  assert places[0] == os.path.realpath(tempfile.gettempdir())
  assert os.path.realpath(os.path.expanduser('~')) in places


def test_the_working_folder_may_be_gone(tmp_path, monkeypatch):
  (tmp_path / 'gone').mkdir()
  monkeypatch.chdir(tmp_path / 'gone')
  (tmp_path / 'gone').rmdir()
  assert os.path.realpath(os.path.expanduser('~')) in disk._places()
  monkeypatch.setattr(disk, '_places', lambda: [str(tmp_path)])
  saver = types.SimpleNamespace(base_dir='runs/1/', save=lambda *_: None)
  told = disk._rescue(saver, 0, lambda folder: None)
  (name,) = os.listdir(tmp_path)
  assert name.startswith('1-rescued-') and f'{tmp_path}/{name}' in told


def test_a_metric_that_cannot_be_written_stops_at_a_safe_point(
  tmp_path, elsewhere, expected, monkeypatch
):
  folder = tmp_path / 'run'
  runner = experiments.make_runner(
    folder, agent={'dqn': {'summary_writing_frequency': 2}}
  )
  write = EventFileCollector.write

  def fail(self, statistics):
    if runner._progress.position.steps and runner._agent.training_steps > 20:
      raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    write(self, statistics)

  monkeypatch.setattr(EventFileCollector, 'write', fail)
  with pytest.raises(files.UnwritableError) as caught:
    runner.run_experiment()
  monkeypatch.undo()
  told = str(caught.value)
  start = f'{folder}/metrics cannot be written (No space left on device): free'
  assert told.startswith(start)
  (name,) = os.listdir(elsewhere) or [None]
  resumed = experiments.make_runner(elsewhere / name)
  resumed.run_experiment()
  ours = experiments.outcome(resumed)
  assert ours['arrays'] == expected['arrays']
  assert ours['replay'] == expected['replay']


@pytest.mark.parametrize('name', ['checkpoints', 'metrics', 'metrics/jsonl'])
def test_a_file_in_the_place_of_a_folder(tmp_path, name):
  (tmp_path / name).parent.mkdir(exist_ok=True)
  (tmp_path / name).write_text('')
  with pytest.raises(files.UnwritableError) as caught:
    experiments.make_runner(tmp_path)
  assert first_line(caught.value) == (
    f'{tmp_path / name} cannot be written (Not a directory): mend that, or '
    'choose another --base_dir.'
  )


@pytest.mark.parametrize('name', ['tensorboard', 'jsonl/metrics.jsonl'])
def test_files_of_metrics_are_made_before_anything_is_played(tmp_path, name):
  path = tmp_path / 'metrics' / name
  path.parent.mkdir(parents=True)
  if name == 'tensorboard':
    path.write_text('')
  else:
    path.mkdir()
  # TensorFlow, if it has been imported before, says it in its own words.
  reason = 'it is no folder|.* is not a directory|Is a directory'
  told = f'metrics/?.* cannot be written .({reason})'
  with pytest.raises(files.UnwritableError, match=told):
    experiments.make_runner(tmp_path)


def test_a_run_is_told_who_has_its_folder(tmp_path):
  script = (
    'import sys\n'
    'from reincarnating_rl.support import claims\n'
    'with claims.claimed(sys.argv[1], "x"): print(flush=True); sys.stdin.read()'
  )
  with subprocess.Popen(
    [sys.executable, '-c', script, str(tmp_path)],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
  ) as other:
    other.stdout.readline()
    told = f'{tmp_path} is in use by process {other.pid}: let it end'
    with pytest.raises(InUseError, match=told):
      experiments.make_runner(tmp_path)
    other.kill()
    other.communicate()
  experiments.make_runner(tmp_path)._claim.free()
  assert '.lock' not in os.listdir(tmp_path)


def test_a_collector_is_guarded_once(monkeypatch):
  from dopamine.metrics import collector_dispatcher

  available = dict(collector_dispatcher.AVAILABLE_COLLECTORS)
  monkeypatch.setattr(collector_dispatcher, 'AVAILABLE_COLLECTORS', available)
  for _ in range(2):
    collectors.register()
    assert available['terminal'] is collectors.TerminalCollector
    guarded = available['tensorboard']
    assert guarded.func is collectors.Guarded
    assert guarded.args == (EventFileCollector,)
