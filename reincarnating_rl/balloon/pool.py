"""Flights in parallel, a process each; scheduling does not affect results."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection

from reincarnating_rl.balloon.flying import Flights, Fly
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.balloon.records import Record
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.interrupts import InterruptFlag
from reincarnating_rl.support.worker_process import (
  WorkerEndedError,
  WorkerError,
  WorkerProcess,
)

_WORKER = 'reincarnating_rl.balloon.worker'
_POLL_SECONDS = 0.2


def fly_all(
  flights: Sequence[tuple[Policy, int]],
  processes: int | None = None,
  *,
  create_fly: Callable[[], Fly] = Flights,
  on_wait: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Policy, Record]]:
  """Flies, and yields the record of each flight as soon as it has ended.

  Args:
    flights: policies and seeds.
    processes: flights at a time; None for one a core.
    create_fly: makes a `Fly` in each process; a function of a module.
    on_wait: called a few times a second.

  Yields:
    A policy and its flight, in the order in which they end.

  Raises:
    UserError: a policy cannot be read, or a process ended.
    KeyboardInterrupt: a stop was asked for. Ended flights were yielded.
    WorkerError: another error in a process.
  """
  processes = processes or len(os.sched_getaffinity(0))
  waiting, busy = list(flights)[::-1], {}
  interrupt = InterruptFlag('flights that have ended are kept')
  with contextlib.ExitStack() as stack:
    stack.enter_context(_ends_are_users_errors())
    stack.enter_context(interrupt.listening())
    for core in range(min(processes, len(waiting))):
      worker = WorkerProcess(_WORKER, core)
      stack.callback(worker.kill)
      busy[worker] = waiting.pop()
      worker.send((create_fly, busy[worker]))
    while busy:
      on_wait()
      free, ended, error = _receive(busy)
      # First keep what has ended; then something may go wrong.
      yield from ended
      if error is not None:
        raise error
      interrupt.check()
      while waiting and free:
        worker = free.pop()
        busy[worker] = waiting.pop()
        worker.send((create_fly, busy[worker]))


def _receive(
  busy: dict[WorkerProcess, tuple[Policy, int]],
) -> tuple[list[WorkerProcess], list[tuple[Policy, Record]], Exception | None]:
  """Waits a moment; returns whose flights ended, these, and the last error."""
  pipes = {worker.pipe: worker for worker in busy}
  free, ended, error = [], [], None
  for pipe in connection.wait(list(pipes), _POLL_SECONDS):
    worker = pipes[pipe]
    policy, _ = busy.pop(worker)
    try:
      ended.append((policy, worker.receive()))
      free.append(worker)
    except (UserError, WorkerError) as failure:
      error = failure
  return free, ended, error


@contextlib.contextmanager
def _ends_are_users_errors() -> Iterator[None]:
  try:
    yield
  except WorkerEndedError as error:
    raise UserError(
      f'A process that flies ended with exit code {error.code}, perhaps for '
      'lack of memory: run the command again with fewer --processes.'
    ) from error
