"""A process that answers requests through a pipe: both of its ends.

It is a program of its own: `multiprocessing` would have it import the program
of this process first, which may take longer than all the rest.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from multiprocessing import connection
from typing import Any

from reincarnating_rl.support import errors


class WorkerError(RuntimeError):
  """A worker process failed or ended; the message has what it said."""


class WorkerEndedError(WorkerError):
  """It ended unasked.

  Attributes:
    code: its exit code.
  """

  def __init__(self, code: int) -> None:
    """Takes the exit code."""
    super().__init__(f'A worker process ended with exit code {code}.')
    self.code = code


class WorkerProcess:
  """The end of whoever asks.

  The worker runs JAX on the CPU and does not hear Ctrl-C. However this process
  ends, the worker ends too, once it has answered.

  Attributes:
    pipe: to wait for answers on.
  """

  def __init__(self, module: str, core: int | None = None) -> None:
    """Starts the worker.

    Args:
      module: run as a program, with the number of a pipe for `serve`.
      core: it is kept to, counted modulo the cores that there are; None for
        all of them.
    """
    self.pipe, theirs = connection.Pipe()
    self._process = subprocess.Popen(
      [sys.executable, '-P', '-m', module, str(theirs.fileno())],
      stdin=subprocess.DEVNULL,
      env={
        **os.environ,
        'JAX_PLATFORMS': 'cpu',
        'PYTHONPATH': os.pathsep.join(path or os.getcwd() for path in sys.path),
      },
      pass_fds=[theirs.fileno()],
      process_group=0,  # Ctrl-C goes to this process's group.
    )
    theirs.close()
    if core is not None:
      # Before it starts threads: one core has one of JAX's.
      cores = sorted(os.sched_getaffinity(0))
      with contextlib.suppress(OSError):
        os.sched_setaffinity(self._process.pid, {cores[core % len(cores)]})

  def send(self, request: tuple) -> None:
    """Asks; one request at a time.

    Raises:
      WorkerEndedError: nobody is there.
    """
    try:
      self.pipe.send_bytes(pickle.dumps(request))
    except OSError as error:
      raise self._ended() from error

  def receive(self) -> Any:
    """Waits for the answer.

    Raises:
      UserError: of the worker.
      WorkerError: another error of it, with its traceback.
      WorkerEndedError: it ended without one.
    """
    try:
      kind, answer = self.pipe.recv()
    except (EOFError, OSError) as error:
      raise self._ended() from error
    if kind == 'user_error':
      raise errors.UserError(answer)
    if kind == 'error':
      raise WorkerError(f'In a worker process:\n{answer}')
    return answer

  def hang_up(self) -> None:
    """Has the worker end when it is done with its request."""
    self.pipe.close()

  def kill(self) -> None:
    """Ends the worker, whatever it is doing."""
    self.hang_up()
    self._process.kill()
    self.wait()

  def wait(self) -> int:
    """Waits for the worker's end, and returns its exit code."""
    return self._process.wait()

  def _ended(self) -> WorkerEndedError:
    self.hang_up()
    return WorkerEndedError(self.wait())


def serve(descriptor: int, answer: Callable[..., Any]) -> None:
  """Answers requests until the other end of the pipe is closed.

  Args:
    descriptor: of the pipe, the program's argument.
    answer: called with what each request is made of.
  """
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  pipe = connection.Connection(descriptor)
  while True:
    try:
      request = pipe.recv_bytes()
    except (EOFError, OSError):  # Closed, or its process was killed.
      return
    try:
      # Unpickling imports what is asked for, which may fail as well.
      told = ('done', answer(*pickle.loads(request)))
    except errors.UserError as error:
      told = ('user_error', str(error))
    except Exception:  # The other end shows it, whatever it is.
      told = ('error', traceback.format_exc())
    try:
      pipe.send(told)
    except OSError:
      return
