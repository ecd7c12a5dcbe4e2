"""Lanes in worker processes, for slow environments.

Gymnasium's own vector of processes steps all lanes or none. It cannot leave
idle lanes alone.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reincarnating_rl.envs.single import Environment
from reincarnating_rl.envs.vector import Steps
from reincarnating_rl.support import cores, errors
from reincarnating_rl.support.worker_process import WorkerError, WorkerProcess

_WORKER = 'reincarnating_rl.envs.process_worker'


class ProcessVectorEnvironment:
  """Lanes in worker processes; see `VectorEnvironment`.

  Results equal those of a `LoopVectorEnvironment`, bit for bit, for any number
  of processes. Workers run JAX on the CPU, ignore Ctrl-C and end with this
  process, however it ends.
  """

  def __init__(
    self,
    create_environment: Callable[[], Environment],
    num_envs: int,
    num_processes: int | None = None,
  ) -> None:
    """Starts the workers, side by side.

    Args:
      create_environment: makes the environment of a lane, in its worker. It is
        pickled, so it must be a function of a module, or a `functools.partial`
        of one.
      num_envs: lanes, at least 1.
      num_processes: workers; None for one a core. No more than lanes.

    Raises:
      UserError: from `create_environment`.
      WorkerError: another error in a worker.
    """
    self.num_envs = num_envs
    number = process_count(num_envs, num_processes)
    # Lane i is the (i // P)-th of worker i % P.
    lanes = [len(range(i, num_envs, number)) for i in range(number)]
    self._workers = [WorkerProcess(_WORKER) for _ in lanes]
    self._finalizer = weakref.finalize(self, _close, self._workers)
    requests = {
      i: ('create', create_environment, count) for i, count in enumerate(lanes)
    }
    told = self._ask(requests)[0]
    self.actions, self.observation_shape, self.observation_dtype = told

  def reset(self, lanes: Sequence[int], seeds: Sequence[int]) -> np.ndarray:
    """See `VectorEnvironment.reset`."""
    (observations,) = self._ask_lanes('reset', lanes, seeds)
    return observations

  def step(self, lanes: Sequence[int], actions: np.ndarray) -> Steps:
    """See `VectorEnvironment.step`."""
    return Steps(*self._ask_lanes('step', lanes, actions))

  def prepare(self, seeds: Sequence[int]) -> None:
    """See `VectorEnvironment.prepare`; it does nothing here."""

  def close(self) -> None:
    """See `VectorEnvironment.close`; the workers end."""
    self._finalizer()

  def _ask_lanes(
    self, request: str, lanes: Sequence[int], values: Sequence[Any]
  ) -> list[np.ndarray]:
    """Returns each field of the answers, in the order of `lanes`."""
    places, requests = {}, {}
    for worker in range(len(self._workers)):
      places[worker] = [
        k for k, i in enumerate(lanes) if i % len(self._workers) == worker
      ]
      if places[worker]:
        inner = [int(lanes[k]) // len(self._workers) for k in places[worker]]
        given = np.asarray(values)[places[worker]]
        requests[worker] = (request, inner, given)
    answers = self._ask(requests)
    order = np.argsort([k for worker in answers for k in places[worker]])
    return [
      np.concatenate(field)[order]
      for field in zip(*answers.values(), strict=True)
    ]

  def _ask(self, requests: dict[int, tuple]) -> dict[int, Any]:
    """Has workers answer at the same time."""
    if not self._finalizer.alive:
      raise WorkerError('The workers were closed, or one of them failed.')
    try:
      for worker, request in requests.items():
        self._workers[worker].send(request)
      return {worker: self._workers[worker].receive() for worker in requests}
    except BaseException:
      # Later requests would read the answers that are still to come.
      self.close()
      raise


def process_count(num_envs: int, num_processes: int | None = None) -> int:
  """Says how many workers `num_envs` lanes get.

  Args:
    num_envs: lanes.
    num_processes: as asked for; None for one a core.

  Returns:
    At least 1 and at most `num_envs`.

  Raises:
    UserError: fewer than 1 are asked for.
  """
  if num_processes is None:
    num_processes = cores.usable()
  if num_processes < 1:
    raise errors.UserError(
      f'num_processes is {num_processes}: it must be at least 1, or None for '
      'one a core.'
    )
  return min(num_envs, num_processes)


def _close(workers: list[WorkerProcess]) -> None:
  for worker in workers:
    worker.hang_up()
  for worker in workers:
    worker.wait()
