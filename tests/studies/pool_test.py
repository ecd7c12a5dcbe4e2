"""Running jobs: order, resuming, failures, Ctrl-C; with scripts for runs."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from reincarnating_rl.studies.plan import Job
from reincarnating_rl.studies.pool import Pool
from reincarnating_rl.support.errors import DamagedFileError, UserError

ROOT = pathlib.Path(__file__).parents[2]
APPEND = "open({tape!r}, 'a').write({word!r} + ' ')"


class ScriptPool(Pool):
  """Runs a job's flag as a program."""

  def command(self, job):
    return [sys.executable, '-c', job.flags[0]]


@pytest.fixture
def tape(tmp_path):
  path = tmp_path / 'tape.txt'
  path.touch()
  return path


def job(tape, name, *, then='', needs=None):
  script = APPEND.format(tape=str(tape), word=name)
  return Job(name, (f'{script}\n{then}',), needs)


def test_the_command_is_one_that_a_user_may_type(tmp_path):
  words = Pool(tmp_path, processes=1).command(
    Job('students/a', ('--agent=dqn',), 'teachers/b', 4)
  )
  assert words == [
    *(sys.executable, '-m', 'reincarnating_rl.train', '--agent=dqn'),
    f'--base_dir={tmp_path}/students/a',
    f'--teacher_checkpoint_dir={tmp_path}/teachers/b',
    '--teacher_checkpoint_number=4',
  ]


def test_jobs_wait_for_what_they_need(tmp_path, tape):
  slow = job(tape, 'teacher', then='import time; time.sleep(0.5)')
  jobs = [slow, job(tape, 'student', needs='teacher'), job(tape, 'other')]
  assert ScriptPool(tmp_path / 'out', processes=2).run(jobs) == {}
  words = tape.read_text().split()
  assert sorted(words) == ['other', 'student', 'teacher']
  assert words[-1] == 'student'


def test_what_is_done_is_not_done_again(tmp_path, tape):
  jobs = [job(tape, 'a')]
  for _ in range(2):
    ScriptPool(tmp_path / 'out', processes=1).run(jobs)
  assert tape.read_text().split() == ['a']


def test_other_settings_in_the_same_place_are_an_error(tmp_path, tape):
  ScriptPool(tmp_path / 'out', processes=1).run([job(tape, 'a')])
  with pytest.raises(UserError, match='out/a holds a run with other settings'):
    ScriptPool(tmp_path / 'out', processes=1).run([job(tape, 'a', then='1')])


@pytest.mark.parametrize('told', ['{', '[]', '{}', '{"flags": [1]}'])
def test_damage_to_what_says_that_a_run_is_done(tmp_path, tape, told):
  (tmp_path / 'a').mkdir()
  (tmp_path / 'a' / 'finished.json').write_text(told)
  with pytest.raises(DamagedFileError, match=r'a/finished\.json .*: ') as error:
    ScriptPool(tmp_path, processes=1).is_done(job(tape, 'a'))
  assert '\n' not in str(error.value)


def test_a_failure_is_told_and_takes_along_only_what_needs_it(tmp_path, tape):
  fail = job(tape, 'bad', then="raise SystemExit('error: no such game')")
  jobs = [fail, job(tape, 'student', needs='bad'), job(tape, 'good')]
  pool = ScriptPool(tmp_path / 'out', processes=1)
  assert pool.run(jobs) == {
    'bad': 'error: no such game',
    'student': 'its teacher failed: bad',
  }
  assert tape.read_text().split() == ['bad', 'good']
  assert not pool.is_done(fail)


def test_a_run_that_was_killed_is_told_by_its_signal(tmp_path, tape):
  kill = 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)'
  failed = ScriptPool(tmp_path, processes=1).run([job(tape, 'a', then=kill)])
  assert failed == {'a': 'ended by signal 9, Killed'}


def test_more_processes_than_cores_or_jobs(tmp_path, tape):
  jobs = [job(tape, name) for name in 'abc']
  assert ScriptPool(tmp_path, processes=64).run(jobs) == {}
  assert sorted(tape.read_text().split()) == ['a', 'b', 'c']


def test_a_relative_directory(tmp_path, tape, monkeypatch):
  monkeypatch.chdir(tmp_path)
  pool = ScriptPool(pathlib.Path('out'), processes=1)
  pool.run([job(tape, 'a')])
  assert (tmp_path / 'out' / 'a' / 'finished.json').is_file()


def test_logs_have_what_was_printed_but_no_progress_bars(tmp_path, tape):
  then = """
import os, tqdm.auto
for _ in tqdm.auto.tqdm(range(3)):
  pass
tqdm.auto.tqdm.write('three done')
print('and this')
os._exit(0)
"""
  ScriptPool(tmp_path, processes=1).run([job(tape, 'a', then=then)])
  assert (tmp_path / 'a' / 'log.txt').read_text() == 'three done\nand this\n'


def test_only_news_are_written_to_a_file(tmp_path, tape, capsys):
  slow = job(tape, 'a', then='import time; time.sleep(2)')
  ScriptPool(tmp_path, processes=1).run([slow])
  # A poll is 0.2 seconds: at the start, when it begins and when it ends.
  assert capsys.readouterr().err.count('\r') < 6


def stoppable(tape, *, seconds=0):
  """A run that takes a while to stop, as one that writes a checkpoint."""
  ready, asked, stopped = (
    APPEND.format(tape=str(tape), word=word)
    for word in ('ready', 'asked', 'stopped')
  )
  return f"""
import signal, sys, time
def stop(*_):
  {asked}
  time.sleep({seconds})
  {stopped}
  sys.exit(130)
signal.signal(signal.SIGTERM, stop)
{ready}
time.sleep(60)
"""


def send_when(tape, **signals):
  """Signals this process as soon as a run has said a word."""

  def wait_and_send():
    for word, number in signals.items():
      while word not in tape.read_text():
        time.sleep(0.05)
      os.kill(os.getpid(), number)

  threading.Thread(target=wait_and_send, daemon=True).start()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_stop_lets_every_run_write_its_checkpoint(tmp_path, tape, number):
  started = job(tape, 'a', then=stoppable(tape))
  pool = ScriptPool(tmp_path / 'out', processes=1)
  send_when(tape, ready=number)
  with pytest.raises(KeyboardInterrupt):
    pool.run([started])
  assert tape.read_text().split() == ['a', 'ready', 'asked', 'stopped']
  assert not pool.is_done(started)


def test_a_second_ctrl_c_ends_runs_at_once(tmp_path, tape):
  started = job(tape, 'a', then=stoppable(tape, seconds=50))
  send_when(tape, ready=signal.SIGINT, asked=signal.SIGINT)
  with pytest.raises(KeyboardInterrupt):
    ScriptPool(tmp_path / 'out', processes=1).run([started])
  assert tape.read_text().split() == ['a', 'ready', 'asked']


def test_runs_that_a_killed_command_left_behind_are_not_disturbed(
  tmp_path, tape
):
  out = tmp_path / 'out'
  write_pid = f'import os, time\n{APPEND}\ntime.sleep(60)'.replace(
    '{word!r}', 'str(os.getpid())'
  ).format(tape=str(tape))
  stays = job(tape, 'ready', then=write_pid)
  script = (
    'import pathlib\n'
    'from tests.studies.pool_test import Job, ScriptPool\n'
    f'ScriptPool(pathlib.Path({str(out)!r}), processes=1).run([{stays!r}])'
  )
  command = subprocess.Popen([sys.executable, '-c', script], cwd=ROOT)
  while len(tape.read_text().split()) < 2:
    assert command.poll() is None
    time.sleep(0.05)
  command.kill()
  command.wait()
  other = ScriptPool(out, processes=1)
  left = int(tape.read_text().split()[1])
  told = f'{out} is in use by process {left}, which process {command.pid} left'
  with pytest.raises(UserError, match=told):
    other.run([job(tape, 'b')])
  os.kill(left, signal.SIGKILL)
  while True:  # The lock goes with the run.
    try:
      assert other.run([job(tape, 'b')]) == {}
      break
    except UserError:
      time.sleep(0.05)


def test_a_finished_run_says_how_it_was_made(tmp_path, tape):
  done = job(tape, 'a')
  ScriptPool(tmp_path / 'out', processes=1).run([done])
  told = json.loads((tmp_path / 'out' / 'a' / 'finished.json').read_text())
  assert told['flags'] == list(done.flags)
