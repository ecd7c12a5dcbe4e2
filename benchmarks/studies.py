"""What a study costs beside the bare commands of its runs.

  python benchmarks/studies.py --jobs 200 --seconds 1

Each job is a program of so many seconds of computing, after Python's start. As
many run at a time as there are cores, each kept to one: first half of the bare
commands, then the study, then the other half, so that a machine's other work
weighs on both.
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import psutil

from reincarnating_rl.cluster import own_cores, session
from reincarnating_rl.studies.plan import Job
from reincarnating_rl.studies.runs import Runs
from reincarnating_rl.support import cores

JOB = """
import time
while time.process_time() < {seconds}:
  sum(range(1000))
"""


class Scripts(Runs):
  """Runs a job's flag as a program."""

  def command(self, job):
    """Returns what follows the interpreter."""
    return ('-c', job.flags[0])


def cpu_seconds():
  """Returns what this process and all that it has started have computed."""
  me = psutil.Process()
  return sum(
    sum(process.cpu_times()[:4]) for process in (me, *me.children(True))
  )


def timed(function, *arguments):
  """Returns the seconds that a function takes, and those of computing."""
  began, computed = time.perf_counter(), cpu_seconds()
  function(*arguments)
  return time.perf_counter() - began, cpu_seconds() - computed


def bare(script, count):
  """Runs commands, one a core."""

  def one(_):
    with own_cores.held(1) as own:
      process = subprocess.Popen([sys.executable, '-c', script])
      with contextlib.suppress(OSError):
        os.sched_setaffinity(process.pid, own or {0})
      assert not process.wait()

  with concurrent.futures.ThreadPoolExecutor(cores.usable()) as pool:
    list(pool.map(one, range(count)))


def study(script, count):
  """Runs the same as a study; Ray is there."""
  jobs = [Job(f'job/{i}', (f'{script}# {i}',)) for i in range(count)]
  with tempfile.TemporaryDirectory() as root:
    assert not Scripts(pathlib.Path(root)).run(jobs)


def main():
  """Measures, and prints."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--jobs', type=int, default=200)
  parser.add_argument('--seconds', type=float, default=1.0)
  args = parser.parse_args()
  script = JOB.format(seconds=args.seconds)
  half = args.jobs // 2
  first = timed(bare, script, half)
  with contextlib.ExitStack() as stack:
    start = timed(stack.enter_context, session.connected(None))
    runs = timed(study, script, args.jobs)
  last = timed(bare, script, args.jobs - half)
  commands = [sum(pair) for pair in zip(first, last, strict=True)]
  for what, at, share in (('time', 0, cores.usable()), ('computing', 1, 1)):
    alone, ours = (x[at] * share / args.jobs for x in (commands, runs))
    print(
      f'{what}: a bare command {alone:.3f} s of a core, in a study {ours:.3f} '
      f'({ours / alone - 1:+.1%}); Ray starts in {start[at]:.1f} s'
    )


if __name__ == '__main__':
  main()
