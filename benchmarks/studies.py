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

from reincarnating_rl.cluster import own_cores, session
from reincarnating_rl.studies.plan import Job
from reincarnating_rl.studies.runs import Runs

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


def bare(script, count):
  """Runs commands, one a core; returns the seconds that it took."""
  began = time.perf_counter()

  def one(_):
    with own_cores.held(1) as cores:
      process = subprocess.Popen([sys.executable, '-c', script])
      with contextlib.suppress(OSError):
        os.sched_setaffinity(process.pid, cores or {0})
      assert not process.wait()

  with concurrent.futures.ThreadPoolExecutor(session.cores()) as pool:
    list(pool.map(one, range(count)))
  return time.perf_counter() - began


def study(script, count):
  """Runs the same as a study.

  Returns:
    Seconds that the runs took, and those of Ray's start and end.
  """
  jobs = [Job(f'job/{i}', (f'{script}# {i}',)) for i in range(count)]
  with tempfile.TemporaryDirectory() as root:
    began = time.perf_counter()
    with session.connected(None):
      connected = time.perf_counter()
      assert not Scripts(pathlib.Path(root)).run(jobs)
      done = time.perf_counter()
    ended = time.perf_counter()
  return done - connected, ended - done + connected - began


def main():
  """Measures, and prints."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--jobs', type=int, default=200)
  parser.add_argument('--seconds', type=float, default=1.0)
  args = parser.parse_args()
  script = JOB.format(seconds=args.seconds)
  half = args.jobs // 2
  first = bare(script, half)
  runs, start = study(script, args.jobs)
  commands = first + bare(script, args.jobs - half)
  each = session.cores() / args.jobs
  print(f'bare commands      {commands * each:.3f} s of a core a job')
  print(f'study              {runs * each:.3f} s, {runs / commands - 1:+.1%}')
  total = runs + start
  print(f"with Ray's start   {total * each:.3f} s, {total / commands - 1:+.1%}")


if __name__ == '__main__':
  main()
