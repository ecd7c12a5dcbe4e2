"""A function's calls on many processes; scheduling does not affect results."""

import contextlib
import functools
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from reincarnating_rl.cluster import own_cores, session
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.interrupts import InterruptFlag

_POLL_SECONDS = 0.2
_RETRIES = 3  # Of a call whose process or machine was lost.


class CallError(RuntimeError):
  """A call failed; the message has its traceback."""


def call_all(
  create: Callable[[], Callable[..., Any]],
  calls: Iterable[tuple],
  *,
  processes: int | None = None,
  address: str | None = None,
  on_wait: Callable[[], None] = lambda: None,
  promise: str = 'what has ended is kept',
) -> Iterator[tuple[int, Any]]:
  """Calls a function, and yields each result as soon as it is there.

  Args:
    create: makes the function, once in each process; pickled by its name.
    calls: arguments of each call; as many are looked at as may run.
    processes: calls at a time; None for one a core.
    address: of a Ray cluster; None for this machine.
    on_wait: called a few times a second.
    promise: what a stop keeps, for the message.

  Yields:
    The number of a call, and its result, in the order in which they end.

  Raises:
    UserError: a call raised it, or its process ended again and again.
    KeyboardInterrupt: a stop was asked for. What had ended was yielded.
    CallError: a call raised another error.
  """
  waiting = enumerate(calls)
  following = next(waiting, None)
  if following is None:
    return
  interrupt = InterruptFlag(promise)
  with session.connected(address, processes), interrupt.listening():
    import ray

    most = processes or session.room(address)
    task = ray.remote(_call).options(num_cpus=1, max_retries=_RETRIES)
    made = pickle.dumps(create), os.getcwd()
    running: dict[Any, int] = {}
    try:
      while following or running:
        while following and len(running) < most:
          number, arguments = following
          running[task.remote(made, arguments)] = number
          following = next(waiting, None)
        on_wait()
        yield from _ended(running)
        interrupt.check()
    finally:
      for reference in running:
        with contextlib.suppress(ValueError):  # It has ended.
          ray.cancel(reference, force=True)


def _ended(running: dict[Any, int]) -> Iterator[tuple[int, Any]]:
  """Waits a moment; yields what has ended, and then raises the last error."""
  import ray

  ready, _ = ray.wait(
    list(running), num_returns=len(running), timeout=_POLL_SECONDS
  )
  failure = None
  for reference in ready:
    number = running.pop(reference)
    try:
      result = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
      failure = error.cause
      if not isinstance(failure, UserError):
        failure = CallError(f'In another process:\n{error}')
      continue
    except ray.exceptions.RayError as error:
      failure = UserError(
        f'A process ended {_RETRIES + 1} times in the same call, perhaps for '
        'lack of memory: run the command again with fewer --processes.'
      )
      failure.__cause__ = error
      continue
    yield number, result
  if failure is not None:
    raise failure


def _call(made: tuple[bytes, str], arguments: tuple) -> Any:
  return _function(*made)(*arguments)


@functools.cache
def _function(create: bytes, folder: str) -> Callable[..., Any]:
  """Makes a process's function; the process is kept to one core before."""
  with contextlib.suppress(OSError):  # Paths may be relative.
    os.chdir(folder)
  os.environ['JAX_PLATFORMS'] = 'cpu'  # Before the function's module is there.
  cores = _stack.enter_context(own_cores.held(1))
  if cores:
    os.sched_setaffinity(0, cores)
  return pickle.loads(create)()


_stack = contextlib.ExitStack()  # Open for as long as the process lives.
