"""One attempt: the program, its log, its end, and who else is at work."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from reincarnating_rl.cluster import own_cores
from reincarnating_rl.studies import attempt
from reincarnating_rl.studies.attempt import Ended, Request
from reincarnating_rl.studies.study import Resources
from reincarnating_rl.support.errors import UserError

PLAIN = Resources()


def request(tmp_path, script, *, resources=PLAIN, name='a'):
  return Request(
    ('-c', script), (script,), name, str(tmp_path), '/cache', resources
  )


def make(tmp_path, script, **settings):
  return list(attempt.run(request(tmp_path, script, **settings)))


def log(tmp_path):
  return (tmp_path / 'a' / 'log.txt').read_text()


def test_a_run_tells_where_it_is_and_that_it_is_done(tmp_path):
  where, ended = make(tmp_path, 'import os; print(os.getpid())')
  assert where.split()[1] == log(tmp_path).strip()
  assert ended == Ended()
  told = json.loads((tmp_path / 'a' / 'finished.json').read_text())
  assert told['flags'] == ['import os; print(os.getpid())']
  assert told['command'][:2] == [sys.executable, '-c']


def test_what_is_done_is_not_done_again(tmp_path):
  for expected in (2, 1):
    assert len(make(tmp_path, 'print(1)')) == expected
  assert log(tmp_path) == '1\n'
  with pytest.raises(UserError, match='a holds a run with other settings'):
    make(tmp_path, 'print(2)')


def test_the_reason_is_the_last_line_of_this_attempt(tmp_path):
  fails = 'raise SystemExit("error: no such game")'
  assert make(tmp_path, fails)[1] == Ended('error: no such game', 1)
  assert make(tmp_path, 'raise SystemExit(3)')[1] == Ended(
    'it printed nothing', 3
  )
  kill = 'import os; os.kill(os.getpid(), 9)'
  assert make(tmp_path, kill)[1] == Ended('ended by signal 9, Killed', -9)
  assert log(tmp_path) == 'error: no such game\n'


def test_logs_have_what_was_printed_but_no_progress_bars(tmp_path):
  script = """
import os, tqdm.auto
for _ in tqdm.auto.tqdm(range(3)):
  pass
tqdm.auto.tqdm.write('three done')
print('and this')
os._exit(0)
"""
  make(tmp_path, script)
  assert log(tmp_path) == 'three done\nand this\n'


ENVIRONMENT = """
import os
for name in ('JAX_PLATFORMS', 'XLA_PYTHON_CLIENT_MEM_FRACTION'):
  print(os.environ.get(name))
print(sorted(name for name in os.environ if name.startswith('RAY_')))
"""


@pytest.mark.parametrize(
  ('resources', 'told'),
  [
    (Resources(), ['cpu', 'None']),
    (Resources(gpus=0.25), ['None', '0.225']),
    (Resources(gpus=0.5, gpu_memory_fraction=0.3), ['None', '0.300']),
    (Resources(gpus=2.0), ['None', 'None']),
  ],
)
def test_what_a_program_may_use(tmp_path, monkeypatch, resources, told):
  monkeypatch.delenv('JAX_PLATFORMS', raising=False)
  monkeypatch.delenv('XLA_PYTHON_CLIENT_MEM_FRACTION', raising=False)
  monkeypatch.setenv('RAY_JOB_ID', '7')
  make(tmp_path, ENVIRONMENT, resources=resources)
  assert log(tmp_path).splitlines() == [*told, '[]']


def test_a_program_has_as_many_cores_as_it_asks_for(tmp_path, monkeypatch):
  monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
  script = 'import os; print(len(os.sched_getaffinity(0)))'
  every = len(os.sched_getaffinity(0))
  make(tmp_path, script)
  with own_cores.held(every) as taken:  # No core is left: it has to share.
    assert len(taken) == every
    assert own_cores_left() == set()
    make(tmp_path, f'{script} # again', name='b')
  assert log(tmp_path).strip() == '1'
  assert (tmp_path / 'b' / 'log.txt').read_text().strip() == str(every)


def test_a_link_that_somebody_else_made_is_not_followed(tmp_path, monkeypatch):
  monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
  precious, folder = tmp_path / 'precious', tmp_path / 'theirs'
  precious.write_text('a thesis')
  folder.mkdir()
  mine = tmp_path / f'reincarnating_rl-{os.getuid()}'
  mine.mkdir()
  for core in os.sched_getaffinity(0):
    (mine / f'core-{core}').symlink_to(precious)
  assert own_cores_left() == set()
  for core in os.sched_getaffinity(0):
    (mine / f'core-{core}').unlink()
  mine.rmdir()
  mine.symlink_to(folder)
  assert own_cores_left() == set()
  assert precious.read_text() == 'a thesis' and not [*folder.iterdir()]


def own_cores_left():
  with own_cores.held(1) as left:
    return left


def test_a_second_attempt_waits_for_the_first(tmp_path):
  script = 'import time; print("begin"); time.sleep(0.5); print("end")'
  other = threading.Thread(target=make, args=(tmp_path, script))
  other.start()
  time.sleep(0.2)
  assert len(make(tmp_path, script)) == 1
  other.join()
  assert log(tmp_path) == 'begin\nend\n'


def test_it_does_not_wait_for_ever(tmp_path, monkeypatch):
  monkeypatch.setattr(attempt, '_WAIT_SECONDS', 0.1)
  first = attempt.run(request(tmp_path, 'import time; time.sleep(60)'))
  next(first)
  with pytest.raises(UserError, match='a is in use by another process'):
    make(tmp_path, 'import time; time.sleep(60)')
  first.close()


def test_an_interrupted_attempt_lets_its_program_write_a_checkpoint(tmp_path):
  script = """
import signal, sys, time
def stop(*_):
  print('checkpoint')
  sys.exit(130)
signal.signal(signal.SIGTERM, stop)
print('ready')
time.sleep(60)
"""
  running = attempt.run(request(tmp_path, script))
  next(running)
  while 'ready' not in log(tmp_path):
    time.sleep(0.02)
  running.close()
  assert log(tmp_path) == 'ready\ncheckpoint\n'
  assert not (tmp_path / 'a' / 'finished.json').exists()


ATTEMPT = """
import sys
from tests.studies import attempt_test
for news in attempt_test.attempt.run(
  attempt_test.request(attempt_test.pathlib.Path(sys.argv[1]), sys.argv[2])
):
  print(news, flush=True)
"""


def test_a_program_ends_with_whoever_started_it(tmp_path):
  waits = 'import time; time.sleep(60)'
  started = subprocess.Popen(
    [sys.executable, '-c', ATTEMPT, str(tmp_path), waits],
    cwd=pathlib.Path(__file__).parents[2],
    stdout=subprocess.PIPE,
    text=True,
  )
  program = int(started.stdout.readline().split()[1])
  started.kill()
  started.wait()
  end = time.monotonic() + 10
  with pytest.raises(ProcessLookupError):
    while time.monotonic() < end:
      os.kill(program, 0)
      if pathlib.Path(f'/proc/{program}/stat').read_text().split()[2] == 'Z':
        raise ProcessLookupError  # Ended; its new parent has not looked yet.
      time.sleep(0.02)
    os.kill(program, signal.SIGKILL)


def test_a_machine_without_the_folder_is_told(tmp_path):
  wanted = request(tmp_path, '')._replace(folder=str(tmp_path / 'not_here'))
  with pytest.raises(UserError, match='has no folder .*not_here: start the'):
    list(attempt.run(wanted))
