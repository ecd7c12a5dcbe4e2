"""Both ends of a worker process that answers requests through a pipe.

The worker is a program of its own. `multiprocessing` would first import this
process's main module in the worker, which may take longer than the work.
"""

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


class WorkerProcess:
  """The requesting end.

  The worker runs JAX on the CPU and ignores Ctrl-C. When this process ends in
  any way, the worker finishes its request and ends too.

  Attributes:
    pipe: to wait for answers on.
  """

  def __init__(self, module: str) -> None:
    """Starts the worker.

    Args:
      module: run as a program; its argument is the descriptor for `serve`.
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

  def send(self, request: tuple) -> None:
    """Sends a request; only one at a time.

    Raises:
      WorkerError: the worker has ended.
    """
    try:
      self.pipe.send_bytes(pickle.dumps(request))
    except OSError as error:
      raise self._ended() from error

  def receive(self) -> Any:
    """Waits for the answer.

    Raises:
      UserError: the worker raised it.
      WorkerError: the worker raised another error, whose traceback is told, or
        ended without an answer.
    """
    try:
      kind, answer = self.pipe.recv()
    except (EOFError, OSError) as error:
      raise self._ended() from error
    if kind == 'game_error':
      raise errors.GameError(answer)
    if kind == 'user_error':
      raise errors.UserError(answer)
    if kind == 'error':
      raise WorkerError(f'In a worker process:\n{answer}')
    return answer

  def hang_up(self) -> None:
    """Lets the worker end after its current request."""
    self.pipe.close()

  def wait(self) -> int:
    """Waits for the worker to end, and returns its exit code."""
    return self._process.wait()

  def _ended(self) -> WorkerError:
    self.hang_up()
    return WorkerError(f'A worker process ended with exit code {self.wait()}.')


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
    except errors.GameError as error:
      reply = ('game_error', str(error))
    except errors.UserError as error:
      reply = ('user_error', str(error))
    except Exception:  # The other end reports it.
      reply = ('error', traceback.format_exc())
    try:
      pipe.send(reply)
    except OSError:
      return
