"""Deaths of processes, machines and drivers: nothing is lost or doubled.

`pytest -s -m soak tests/studies/deaths_test.py` prints the figures.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from reincarnating_rl.cluster import session
from reincarnating_rl.studies.plan import Job
from reincarnating_rl.studies.runs import Runs
from tests.runner import experiments, kills, lives

pytestmark = pytest.mark.soak
ROOT = pathlib.Path(__file__).parents[2]
STUDENT = 'dqn'
DRIVER = """
import sys
from tests.studies import deaths_test
deaths_test.run(deaths_test.pathlib.Path(sys.argv[1]), int(sys.argv[2]))
"""


class LiveRuns(Runs):
  """Runs of some 200 steps that have every phase."""

  def command(self, job):
    return (
      '-m',
      'tests.studies.live',
      STUDENT,
      str(self._root / job.directory),
    )


def jobs(count):
  return [Job(f'run/{i}', (str(i),)) for i in range(count)]


def run(root, count, address=None):
  """Runs them all; none may fail."""
  assert LiveRuns(root, address=address, retries=5).run(jobs(count)) == {}


@pytest.fixture(scope='module')
def expected(tmp_path_factory):
  """The outcome of a run that nobody disturbs."""
  folder = tmp_path_factory.mktemp('whole')
  return kills.whole(lambda path: lives.make_runner(STUDENT, path), folder)


@pytest.fixture
def machines():
  """Two machines in one, and a head that runs nothing."""
  from ray.cluster_utils import Cluster

  session.be_quiet()
  small = {'object_store_memory': 80 * 2**20}
  cluster = Cluster(
    initialize_head=True, head_node_args={'num_cpus': 0, **small}
  )
  nodes = [cluster.add_node(num_cpus=2, **small) for _ in range(2)]
  yield cluster, nodes
  cluster.shutdown()


def lives_of(root, number):
  """The processes that a run has had, one after the other."""
  path = root / f'run/{number}.lives'
  return [int(p) for p in path.read_text().split()] if path.exists() else []


def phase_of(root, number):
  note = root / f'run/{number}.note'
  return lives.PHASES[note.read_bytes()[0]] if note.exists() else None


def wait_for(condition, seconds=240.0):
  end = time.monotonic() + seconds
  while not condition():
    assert time.monotonic() < end, 'it never came'
    time.sleep(0.005)


def in_background(function, *arguments):
  thread = threading.Thread(target=function, args=arguments, daemon=True)
  thread.start()
  return thread


def starts_of(root, count):
  return sum(len(lives_of(root, number)) for number in range(count))


def check(root, count, expected, kind, *, most, **figures):
  """All runs are done, and have the outcome of one that nobody disturbs.

  `most` programs were to be started: one more was refused, or was not needed.
  """
  runs = LiveRuns(root)
  assert all(runs.is_done(job) for job in jobs(count))
  for number in range(count):
    runner = lives.make_runner(STUDENT, root / f'run/{number}')
    assert experiments.outcome(runner) == expected
    runner._claim.free()
  starts = starts_of(root, count)
  assert count < starts <= most
  report = {'death': kind, 'runs': count, 'starts': starts, **figures}
  print(f'\n{json.dumps(report)}')


def test_a_process_of_ray_killed_in_each_phase(tmp_path, expected):
  phases = lives.PHASES
  killed = {}

  def kill(number, phase):
    wait_for(lambda: lives_of(tmp_path, number))
    wait_for(lambda: phase_of(tmp_path, number) == phase)
    program = psutil.Process(lives_of(tmp_path, number)[0])
    program.parent().kill()
    killed[phase] = phase_of(tmp_path, number)
    program.wait(60)  # The kernel asks it.

  threads = [in_background(kill, *each) for each in enumerate(phases)]
  run(tmp_path, len(phases))
  for thread in threads:
    thread.join(10)
  assert set(killed) == set(phases)
  check(
    tmp_path,
    len(phases),
    expected,
    'process',
    most=2 * len(phases),
    killed=killed,
  )


def all_of(node):
  """The processes of a machine: Ray's, and the programs that it started."""
  raylet = psutil.Process(node.all_processes['raylet'][0].process.pid)
  return [raylet, *raylet.children(recursive=True)]


def busy(root, node, count):
  """Whether runs that have got somewhere are at work on a machine."""
  there = {process.pid for process in all_of(node)}
  at_work = [
    number
    for number in range(count)
    if set(lives_of(root, number)) & there
    and phase_of(root, number) in ('pretrain', 'online')
  ]
  return len(at_work) >= 1


def lose(root, machines, node, count, lost, *, warned):
  """Loses a machine, and tells what it ran.

  `warned`: by SIGTERM, as of spot machines and in Slurm.
  """
  cluster, _ = machines
  wait_for(lambda: busy(root, node, count))
  processes = all_of(node)
  there = {process.pid for process in processes}
  programs = {p for number in range(count) for p in lives_of(root, number)}
  if warned:
    for process in processes:
      process.terminate()
    psutil.wait_procs(processes, timeout=30)
  for process in processes:
    if process.is_running():
      process.kill()
  cluster.remove_node(node, allow_graceful=False)
  lost.extend(there & programs)


@pytest.mark.parametrize('warned', [False, True])
def test_a_machine_removed_under_load(tmp_path, machines, expected, warned):
  cluster, nodes = machines
  count, lost = 6, []
  thread = in_background(
    lambda: lose(tmp_path, machines, nodes[0], count, lost, warned=warned)
  )
  run(tmp_path, count, cluster.address)
  thread.join(10)
  assert not thread.is_alive()
  check(
    tmp_path,
    count,
    expected,
    'preemption' if warned else 'machine',
    most=count + len(lost),
    programs_lost=len(lost),
  )
  logs = [(tmp_path / f'run/{i}/log.txt').read_text() for i in range(count)]
  # Those that are warned write a last checkpoint.
  assert any('SIGTERM: stopping' in log for log in logs) == warned


def start_driver(root, count):
  return subprocess.Popen(
    [sys.executable, '-c', DRIVER, str(root), str(count)], cwd=ROOT
  )


def test_a_driver_killed_and_started_again(tmp_path, expected):
  count = 3
  driver = start_driver(tmp_path, count)
  wait_for(lambda: phase_of(tmp_path, 1) == 'pretrain')
  os.kill(driver.pid, signal.SIGKILL)
  driver.wait()
  runs = LiveRuns(tmp_path)
  left = sum(not runs.is_done(job) for job in jobs(count))
  most = starts_of(tmp_path, count) + left
  again = start_driver(tmp_path, count)
  assert again.wait() == 0
  check(tmp_path, count, expected, 'driver', most=most)
