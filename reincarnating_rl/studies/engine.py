"""Attempts as tasks of Ray, each with the resources that its run needs."""

import contextlib
from collections.abc import Iterator
from typing import Any

from reincarnating_rl.studies import attempt
from reincarnating_rl.studies.attempt import Ended, Request
from reincarnating_rl.studies.study import Resources
from reincarnating_rl.support.errors import UserError, first_line


def ray_names(resources: Resources) -> dict[str, float]:
  """Returns what a run needs, by Ray's names."""
  return {
    'CPU': resources.cpus,
    'GPU': resources.gpus,
    'memory': resources.memory,
  }


class Engine:
  """Starts attempts, and says how they go. A connection to Ray is there."""

  def __init__(self) -> None:
    """Starts nothing."""
    self._keys: dict[Any, str] = {}

  def start(self, key: str, request: Request) -> None:
    """Has an attempt made as soon as a machine has room for it.

    Args:
      key: names it in what `events` yields.
      request: what to run.
    """
    import ray

    # What is lost is started again here, where attempts are counted.
    task = ray.remote(attempt.run).options(
      num_cpus=request.resources.cpus,
      num_gpus=request.resources.gpus,
      memory=request.resources.memory or None,
      max_retries=0,
      num_returns='streaming',
      name=key,
    )
    self._keys[task.remote(request)] = key

  def events(self, seconds: float) -> Iterator[tuple[str, str | Ended]]:
    """Waits for news, for a while.

    Args:
      seconds: the longest wait.

    Yields:
      An attempt's key, and where it runs or how it ended.
    """
    import ray

    tasks = list(self._keys)
    if not tasks:
      return
    ray.wait(tasks, timeout=seconds, fetch_local=False)  # For the first.
    ready, _ = ray.wait(
      tasks, num_returns=len(tasks), timeout=0, fetch_local=False
    )
    for task in ready:
      key, news = self._keys[task], _next(task)
      if isinstance(news, Ended):
        del self._keys[task]
      yield key, news

  def stop(self, *, at_once: bool = False) -> None:
    """Asks all attempts to end with a checkpoint; `events` says when.

    Args:
      at_once: end them instead.
    """
    import ray

    for task in self._keys:
      with contextlib.suppress(ValueError):  # It has ended.
        ray.cancel(task, force=at_once)


def _next(task: Any) -> str | Ended:
  """Returns a task's next news; every error is an end."""
  import ray

  try:
    return ray.get(next(task))
  except StopIteration:
    return Ended('it was lost: it did not say how it ended', -9)
  except ray.exceptions.TaskCancelledError:
    return Ended('it was stopped', -15)
  except ray.exceptions.OutOfMemoryError:
    return Ended('its machine ran out of memory: ask for more `memory`', -9)
  except ray.exceptions.RayTaskError as error:
    cause = error.cause
    if isinstance(cause, UserError):
      return Ended(str(cause), 1)
    if isinstance(cause, SystemExit | KeyboardInterrupt):
      return Ended('its machine asked it to stop', -15)
    return Ended(f'{type(cause).__name__}: {first_line(cause)}', 1)
  except ray.exceptions.RayError as error:
    return Ended(f'it was lost: {_kind(error)}', -9)


def _kind(error: Exception) -> str:
  """Says in a few words what Ray tells in many."""
  import ray

  if isinstance(error, ray.exceptions.WorkerCrashedError):
    return 'its process was killed'
  if isinstance(error, ray.exceptions.NodeDiedError):
    return 'its machine has gone'
  return f'{type(error).__name__}, {first_line(error)[:100]}'
