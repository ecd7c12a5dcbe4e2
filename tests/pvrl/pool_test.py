"""Running jobs: order, resuming, failures, Ctrl-C; with scripts for runs."""

import _thread
import json
import sys
import threading
import time

import pytest

from reincarnating_rl.errors import UserError
from reincarnating_rl.pvrl.plan import Job
from reincarnating_rl.pvrl.pool import Pool

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
  with pytest.raises(UserError, match='out/a holds a run of other settings'):
    ScriptPool(tmp_path / 'out', processes=1).run([job(tape, 'a', then='1')])


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


def test_ctrl_c_lets_every_run_write_its_checkpoint(tmp_path, tape):
  word = APPEND.format(tape=str(tape), word='stopped')
  waits = f"""
import signal, sys, time
def stop(*_):
  {word}
  sys.exit(130)
signal.signal(signal.SIGINT, stop)
{APPEND.format(tape=str(tape), word='ready')}
time.sleep(60)
"""

  def interrupt():
    while 'ready' not in tape.read_text():
      time.sleep(0.05)
    _thread.interrupt_main()

  threading.Thread(target=interrupt, daemon=True).start()
  started = job(tape, 'a', then=waits)
  pool = ScriptPool(tmp_path / 'out', processes=1)
  with pytest.raises(KeyboardInterrupt):
    pool.run([started])
  assert tape.read_text().split() == ['a', 'ready', 'stopped']
  assert not pool.is_done(started)


def test_a_finished_run_says_how_it_was_made(tmp_path, tape):
  done = job(tape, 'a')
  ScriptPool(tmp_path / 'out', processes=1).run([done])
  told = json.loads((tmp_path / 'out' / 'a' / 'finished.json').read_text())
  assert told['flags'] == list(done.flags)
