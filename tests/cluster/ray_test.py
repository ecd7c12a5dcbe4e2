"""Ray itself: one instance on this machine, studies and calls on it."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from reincarnating_rl.balloon import progress
from reincarnating_rl.cluster import calls, session
from reincarnating_rl.studies.plan import Job
from reincarnating_rl.support.errors import UserError
from tests.balloon import fakes
from tests.studies.inline import ScriptRuns, script


@pytest.fixture(scope='module', autouse=True)
def connected():
  """One instance for all tests of this file: it takes seconds to start.

  It starts as in a shell's background, where Ctrl-C is ignored.
  """
  before = signal.signal(signal.SIGINT, signal.SIG_IGN)
  with session.connected(None, 2):
    signal.signal(signal.SIGINT, before)
    yield


@pytest.fixture
def tape(tmp_path):
  path = tmp_path / 'tape.txt'
  path.touch()
  return path


LISTENING = """
import psutil
from reincarnating_rl.cluster import session
with session.connected(None, 1):
  me = psutil.Process()
  for process in (me, *me.children(recursive=True)):
    for connection in process.net_connections('inet'):
      if connection.status == psutil.CONN_LISTEN:
        print(connection.laddr.ip)
"""


def test_nothing_listens_but_on_the_loopback():
  # Ray reads as it is imported how it shall behave.
  told = subprocess.run(
    [sys.executable, '-c', LISTENING],
    capture_output=True,
    text=True,
    check=True,
  ).stdout.split()
  assert told
  assert set(told) <= {'127.0.0.1', '::1', '::ffff:127.0.0.1'}


def test_jobs_wait_for_what_they_need_and_failures_are_told(tmp_path, tape):
  jobs = [
    script(tape, 't', then='import time; time.sleep(0.3)'),
    script(tape, 's', needs='t'),
    script(tape, 'bad', then="raise SystemExit('error: no such game')"),
    script(tape, 'lost', needs='bad'),
  ]
  out = tmp_path / 'out'
  assert ScriptRuns(out, retries=2).run(jobs) == {
    'bad': 'error: no such game',
    'lost': 'its teacher failed: bad',
  }
  words = tape.read_text().split()
  assert sorted(words) == ['bad', 'bad', 's', 't']
  assert words.index('t') < words.index('s')
  assert (out / 's' / 'finished.json').is_file()


STOPPABLE = """
import signal, sys, time
def stop(*_):
  open({tape!r}, 'a').write('asked ')
  time.sleep({seconds})
  open({tape!r}, 'a').write('stopped ')
  sys.exit(130)
signal.signal(signal.SIGTERM, stop)
open({tape!r}, 'a').write('ready ')
time.sleep(60)
"""


def stoppable(tape, seconds=0.0):
  """A run that takes a while to stop, as one that writes a checkpoint."""
  return Job('a', (STOPPABLE.format(tape=str(tape), seconds=seconds),))


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
  send_when(tape, ready=number)
  runs = ScriptRuns(tmp_path / 'out')
  with pytest.raises(KeyboardInterrupt):
    runs.run([stoppable(tape)])
  assert tape.read_text().split() == ['ready', 'asked', 'stopped']
  assert not runs.is_done(stoppable(tape))


def test_a_second_ctrl_c_ends_runs_at_once(tmp_path, tape):
  send_when(tape, ready=signal.SIGINT, asked=signal.SIGINT)
  with pytest.raises(KeyboardInterrupt):
    ScriptRuns(tmp_path / 'out').run([stoppable(tape, seconds=50)])
  assert tape.read_text().split() == ['ready', 'asked']


DRIVER = """
import pathlib, sys
from tests.cluster.ray_test import ScriptRuns, stoppable
out, tape = map(pathlib.Path, sys.argv[1:])
try:
  ScriptRuns(out).run([stoppable(tape)])
except KeyboardInterrupt:
  sys.exit(130)
"""


@pytest.mark.soak
@pytest.mark.parametrize(
  'number', [signal.SIGINT, signal.SIGHUP, signal.SIGTERM]
)
def test_a_terminal_signals_all_that_it_has_started(tmp_path, tape, number):
  """Ctrl-C, a closed terminal, a batch system: Ray's processes hear it too."""
  driver = subprocess.Popen(
    [sys.executable, '-c', DRIVER, str(tmp_path / 'out'), str(tape)],
    cwd=pathlib.Path(__file__).parents[2],
    start_new_session=True,
  )
  while 'ready' not in tape.read_text():
    assert driver.poll() is None
    time.sleep(0.05)
  os.killpg(driver.pid, number)
  assert driver.wait() == 130
  assert tape.read_text().split() == ['ready', 'asked', 'stopped']


def test_a_process_that_dies_takes_its_program_along(tmp_path, tape):
  """The next attempt finds nobody at work, and does it all."""
  kill_once = f"""
import os, signal, time
if open({str(tape)!r}).read().split().count('a') == 1:
  os.kill(os.getppid(), signal.SIGKILL)
  time.sleep(60)
"""
  runs = ScriptRuns(tmp_path / 'out', retries=1)
  assert runs.run([script(tape, 'a', then=kill_once)]) == {}
  assert tape.read_text().split() == ['a', 'a']
  assert not (tmp_path / 'out' / 'a' / 'log.txt').read_text()


@pytest.mark.parametrize(
  ('wanted', 'message'),
  [
    ({'CPU': 64}, 'needs 64 CPU, and this machine has 2: .* --processes'),
    ({'CPU': 1, 'GPU': 9.5}, 'needs 9.5 GPU, and this machine has 0: lower'),
    ({'memory': 2**60}, r'needs 1.07e\+09 GB memory, and'),
  ],
)
def test_more_than_this_machine_has(wanted, message):
  with pytest.raises(UserError, match=message):
    session.check_room(None, wanted)


def test_a_cluster_may_grow(capsys):
  session.check_room('auto', {'CPU': 64})
  assert (
    'warning: a run needs 64 CPU, and no machine' in capsys.readouterr().err
  )


def fly(create, *seeds, **settings):
  return progress.fly_all(
    [(fakes.policy(**settings), seed) for seed in seeds], 2, create_fly=create
  )


def test_flights_come_as_they_end():
  told = {
    record['seed']: record['return'] for _, record in fly(fakes.create, 0, 1, 2)
  }
  assert told == {0: 100.0, 1: 101.0, 2: 102.0}


def test_a_mistake_is_told_and_what_ended_before_is_kept():
  kept = []
  with pytest.raises(UserError, match='no such balloon'):
    kept.extend(r['seed'] for _, r in fly(fakes.create_mistaken, 1, 2))
    pytest.fail('a flight of seed 2 is a mistake')


def test_a_process_that_ends_again_and_again_is_told():
  with pytest.raises(UserError, match='ended 4 times.*fewer --processes'):
    list(fly(fakes.create_crashing, 2))


def test_an_error_comes_with_its_traceback():
  with pytest.raises(calls.CallError, match='not callable'):
    list(fly(str, 0))


def test_ctrl_c_loses_no_flight_that_has_ended():
  kept = []
  with pytest.raises(KeyboardInterrupt):
    for _, record in fly(fakes.create_slow_at_2, 1, 2):
      kept.append(record['seed'])
      os.kill(os.getpid(), signal.SIGINT)
  assert kept == [1]
