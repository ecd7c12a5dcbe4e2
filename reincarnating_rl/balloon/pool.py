"""Several flights at once, a process each; which flies what changes nothing."""

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection

from reincarnating_rl import errors
from reincarnating_rl.balloon.flying import Flights, Fly
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.balloon.records import Record
from reincarnating_rl.interrupts import InterruptFlag

_WORKER = 'reincarnating_rl.balloon.worker'
_POLL_SECONDS = 0.2


class WorkerError(RuntimeError):
  """A process failed or ended; the message has what it said."""


def fly_all(
  flights: Sequence[tuple[Policy, int]],
  processes: int | None = None,
  *,
  create_fly: Callable[[], Fly] = Flights,
  on_wait: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Policy, Record]]:
  """Flies, and yields what is kept of each flight as soon as it has ended.

  Args:
    flights: policies and seeds.
    processes: flights at a time; None for one a core.
    create_fly: makes what flies, in each process; a function of a module.
    on_wait: called a few times a second.

  Yields:
    A policy and its flight, in the order in which they end.

  Raises:
    UserError: a policy cannot be read, say.
    KeyboardInterrupt: a stop was asked for; what had ended was yielded.
    WorkerError: another error in a process.
  """
  processes = processes or len(os.sched_getaffinity(0))
  waiting, busy = list(flights)[::-1], {}
  interrupt = InterruptFlag()
  with contextlib.ExitStack() as stack:
    stack.enter_context(interrupt.listening())
    for core in range(min(processes, len(waiting))):
      worker = stack.enter_context(_Worker(core))
      busy[worker] = waiting.pop()
      worker.send((create_fly, busy[worker]))
    while busy:
      on_wait()
      pipes = {worker.pipe: worker for worker in busy}
      for pipe in connection.wait(list(pipes), _POLL_SECONDS):
        policy, _ = busy.pop(pipes[pipe])
        record = pipes[pipe].receive()
        if waiting and not interrupt.requested:
          busy[pipes[pipe]] = waiting.pop()
          pipes[pipe].send((create_fly, busy[pipes[pipe]]))
        yield policy, record
      interrupt.check()


class _Worker:
  """A process that flies, and the pipe to it."""

  def __init__(self, core: int) -> None:
    """Starts it.

    Args:
      core: it is kept to; counted modulo the cores that there are.
    """
    self.pipe, theirs = connection.Pipe()
    self._process = subprocess.Popen(
      [sys.executable, '-P', '-m', _WORKER, str(theirs.fileno())],
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
    # Before it starts threads: one core has one of JAX's.
    cores = sorted(os.sched_getaffinity(0))
    with contextlib.suppress(OSError):
      os.sched_setaffinity(self._process.pid, {cores[core % len(cores)]})

  def __enter__(self) -> '_Worker':
    return self

  def __exit__(self, *error: object) -> None:
    """Ends it, whatever it is doing."""
    self.pipe.close()
    self._process.kill()
    self._process.wait()

  def send(self, request: tuple) -> None:
    try:
      self.pipe.send_bytes(pickle.dumps(request))
    except OSError as error:
      raise self._ended() from error

  def receive(self) -> Record:
    try:
      kind, answer = self.pipe.recv()
    except (EOFError, OSError) as error:
      raise self._ended() from error
    if kind == 'user_error':
      raise errors.UserError(answer)
    if kind == 'error':
      raise WorkerError(f'In a process that flies:\n{answer}')
    return answer

  def _ended(self) -> errors.UserError:
    code = self._process.wait()
    return errors.UserError(
      f'A process that flies ended with exit code {code}, for want of memory '
      'perhaps: run the same command again, with fewer --processes.'
    )
