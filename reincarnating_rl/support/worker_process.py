"""Both ends of a worker process that answers requests through a pipe.

The worker is a program of its own. `multiprocessing` would first import this
process's main module in the worker, which may take longer than the work.
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
  """A worker process failed; the message contains the worker's error."""


class WorkerEndedError(WorkerError):
  """A worker process ended unexpectedly.

  Attributes:
    code: its exit code.
  """

  def __init__(self, code: int) -> None:
    """Takes the exit code."""
    super().__init__(f'A worker process ended with exit code {code}.')
    self.code = code


class WorkerProcess:
  """The requesting end.

  The worker runs JAX on the CPU and ignores Ctrl-C. When this process ends in
  any way, the worker finishes its request and ends too.

  Attributes:
    pipe: to wait for answers on.
  """

  def __init__(self, module: str, core: int | None = None) -> None:
    """Starts the worker.

    Args:
      module: run as a program; its argument is the descriptor for `serve`.
      core: the worker's only core, modulo the number of cores; None for all.
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
      # Set before the worker starts threads: JAX starts one for each core.
      cores = sorted(os.sched_getaffinity(0))
      with contextlib.suppress(OSError):
        os.sched_setaffinity(self._process.pid, {cores[core % len(cores)]})

  def send(self, request: tuple) -> None:
    """Sends a request; only one at a time.

    Raises:
      WorkerEndedError: the worker has ended.
    """
    try:
      self.pipe.send_bytes(pickle.dumps(request))
    except OSError as error:
      raise self._ended() from error

  def receive(self) -> Any:
    """Waits for the answer.

    Raises:
      UserError: the worker raised it.
      WorkerError: the worker raised another error; contains its traceback.
      WorkerEndedError: the worker ended without an answer.
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
    """Lets the worker end after its current request."""
    self.pipe.close()

  def kill(self) -> None:
    """Ends the worker at once."""
    self.hang_up()
    self._process.kill()
    self.wait()

  def wait(self) -> int:
    """Waits for the worker to end, and returns its exit code."""
    return self._process.wait()

  def _ended(self) -> WorkerEndedError:
    self.hang_up()
    return WorkerEndedError(self.wait())


def serve(descriptor: int, answer: Callable[..., Any]) -> None:
  """Answers requests until the other end of the pipe is closed.

  Args:
    descriptor: of the pipe, the argument of the program.
    answer: called with the items of each request.
  """
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  pipe = connection.Connection(descriptor)
  while True:
    try:
      request = pipe.recv_bytes()
    except (EOFError, OSError):  # Closed, or the other process ended.
      return
    try:
      # Unpickling imports modules, which may fail too.
      reply = ('done', answer(*pickle.loads(request)))
    except errors.UserError as error:
      reply = ('user_error', str(error))
    except Exception:  # The other end reports it.
      reply = ('error', traceback.format_exc())
    try:
      pipe.send(reply)
    except OSError:
      return
