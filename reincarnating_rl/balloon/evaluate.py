"""Flies policies on seeds, and keeps the flights that are on file."""

import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from reincarnating_rl.balloon import progress, summary
from reincarnating_rl.balloon.flying import Flights, Fly
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.balloon.records import FlightFile
from reincarnating_rl.support import files


def evaluate(
  flown: Sequence[Policy],
  seeds: Sequence[int],
  directory: pathlib.Path,
  processes: int | None = None,
  *,
  address: str | None = None,
  create_fly: Callable[[], Fly] = Flights,
) -> list[dict[str, Any]]:
  """Flies the missing flights, and compares the policies.

  Args:
    flown: the policies.
    seeds: that each policy flies.
    directory: of the files of flights.
    processes: flights at a time; None for one a core.
    address: of a Ray cluster; None for this machine.
    create_fly: see `progress.fly_all`.

  Returns:
    See `summary.summarise`.

  Raises:
    UserError: a file has the flights of another policy.
    KeyboardInterrupt: a stop was asked for. Flights that had ended are on file.
  """
  store = {policy: FlightFile(directory, policy) for policy in flown}
  remedy = 'choose another --out'
  with files.writing(directory, remedy):
    for file in store.values():
      file.mend()
  missing = [
    (policy, seed)
    for policy, file in store.items()
    for seed in seeds
    if seed not in file.flights
  ]
  done = len(flown) * len(seeds) - len(missing)
  for policy, record in progress.fly_all(
    missing, processes, address=address, done=done, create_fly=create_fly
  ):
    with files.writing(directory, remedy):
      store[policy].add(record)
  with files.writing(directory, remedy):
    for file in store.values():
      file.sort()
  return summary.summarise(
    {
      p.name: [file.flights[seed] for seed in seeds]
      for p, file in store.items()
    }
  )
