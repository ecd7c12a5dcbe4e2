"""Runs that are processes, so that `kill -9` may end them at any instant.

Each life is a fork of a process that has imported all and run nothing: JAX
starts its threads in the life. Which phase it is in, it notes in a file that
is mapped into memory, so the note survives the kill.
"""

import functools
import mmap
import os
import pathlib
import signal
import subprocess
import sys
import time

from reincarnating_rl.support.claims import InUseError
from tests import toys
from tests.runner import experiments

REPOSITORY = pathlib.Path(__file__).parents[2]
STUDENTS = ('dqn', 'rainbow')
REFUSED = 3  # The exit status of a life whose folder another one has.
PHASES = (
  *('start', 'teacher evaluation', 'collect', 'pretrain', 'online'),
  *('evaluation', 'checkpoint', 'between'),
)
KILLED = -signal.SIGKILL


def make_runner(student, base_dir, **settings):
  """A run of some 200 steps that has every phase."""
  agent = {'kind': toys.KINDS[student]}
  return experiments.make_runner(
    base_dir, agent=agent, online=(2, 100), **settings
  )


class Life:
  """A process that runs, or resumes, an experiment to its end."""

  def __init__(self, lives, student, base_dir):
    """Starts it; `lives` are its makers."""
    self._lives = lives
    self._note = pathlib.Path(f'{base_dir}.{lives.count}.note')
    self._note.parent.mkdir(exist_ok=True)
    self._note.write_bytes(bytes(1))
    self.number = int(lives.ask('start', student, base_dir, self._note))

  @property
  def phase(self):
    """The phase that it is in, or was in when it ended."""
    return PHASES[self._note.read_bytes()[0]]

  def wait(self):
    """Waits for its end; returns its exit status, or minus the signal."""
    return int(self._lives.ask('wait', self.number))

  @property
  def has_ended(self):
    """Whether it has ended."""
    status = pathlib.Path(f'/proc/{self.number}/stat').read_text()
    return status.rpartition(')')[2].split()[0] == 'Z'

  def reaches(self, *phases):
    """Waits for one of some phases; returns it, or None if there is none."""
    while (now := self.phase) not in phases:
      if self.has_ended:
        return None
      time.sleep(0.0005)
    return now

  def kill(self):
    """Kills it."""
    os.kill(self.number, signal.SIGKILL)


class Lives:
  """The process that forks lives."""

  def __init__(self):
    """Imports everything, in a process of its own."""
    self.count = 0
    self._process = subprocess.Popen(
      [sys.executable, '-m', __name__],
      cwd=REPOSITORY,
      env=os.environ | {'TQDM_DISABLE': '1'},
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      stderr=subprocess.DEVNULL,
      text=True,
    )

  def start(self, student, base_dir):
    """Starts a life."""
    self.count += 1
    return Life(self, student, base_dir)

  def ask(self, *words):
    """Sends a request; returns the answer."""
    self._process.stdin.write('\t'.join(map(str, words)) + '\n')
    self._process.stdin.flush()
    return self._process.stdout.readline()

  def close(self):
    """Ends the process."""
    self._process.communicate()


def serve():
  """Answers `Lives.ask`."""
  from jax._src import xla_bridge

  for line in sys.stdin:
    request, *words = line.strip().split('\t')
    if request == 'start':
      assert not xla_bridge.backends_are_initialized()
      answer = os.fork() or live(*words)
    else:
      status = os.waitpid(int(words[0]), 0)[1]
      answer = os.waitstatus_to_exitcode(status)
    print(answer, flush=True)


def live(student, base_dir, note):
  """Lives, and never returns."""
  status = 1
  try:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with open(note, 'r+b') as file:
      noted = mmap.mmap(file.fileno(), 1)
    try:
      runner = make_runner(student, base_dir, checkpoint_minutes=0.0)
    except InUseError:
      status = REFUSED
    else:
      noted[0] = PHASES.index('between')
      _note_phases(runner, noted)
      runner.run_experiment()
      status = 0
  finally:
    os._exit(status)


def _note_phases(runner, noted):
  def noting(phase, function):
    @functools.wraps(function)
    def wrapper(*arguments):
      before, noted[0] = noted[0], PHASES.index(phase)
      result = function(*arguments)
      noted[0] = before
      return result

    return wrapper

  parts = runner._parts
  for phase, run in parts.phases.items():
    if phase.value in PHASES:
      parts.phases[phase] = noting(phase.value, run.__call__)
  parts.saver.save = noting('checkpoint', parts.saver.save)
  runner._parts = parts._replace(
    evaluation=noting('evaluation', parts.evaluation.__call__)
  )


if __name__ == '__main__':
  serve()
