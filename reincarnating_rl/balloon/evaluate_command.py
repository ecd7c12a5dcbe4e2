"""`evaluate`: how well policies fly on the seeds of a suite."""

import argparse
import contextlib
import json
import pathlib
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from reincarnating_rl.balloon import (
  policies,
  progress,
  suites,
  summary,
  table,
)
from reincarnating_rl.balloon.flying import (
  Flights,
  Fly,
)
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.balloon.records import FlightFile
from reincarnating_rl.support import (
  files,
  versions,
)
from reincarnating_rl.support.errors import UserError

SUMMARY_FILE = 'summary.json'
_LOCK = 'lock'
_PACKAGES = (
  *('reincarnating_rl', 'balloon-learning-environment', 'jax', 'flax'),
  *('numpy', 'scipy', 'scikit-learn', 'opensimplex'),
)


def run(args: argparse.Namespace) -> None:
  """Flies what was not flown before, and prints the table.

  Raises:
    UserError: a policy cannot be read, or the directory has the flights of
      another.
    KeyboardInterrupt: every flight that had ended is written.
  """
  directory = pathlib.Path(args.out).expanduser()
  directory.mkdir(parents=True, exist_ok=True)
  seeds = suites.seeds(args.suite, args.seeds)
  with _alone(directory):
    told = evaluate(
      policies.find(args.policies), seeds, directory, args.processes
    )
    result = {
      'suite': args.suite,
      'seeds': len(seeds),
      'policies': told,
      'command': list(sys.argv),
      'versions': versions.of(_PACKAGES),
      'python': platform.python_version(),
    }
    files.write_atomically(
      str(directory / SUMMARY_FILE), json.dumps(result, indent=1).encode()
    )
  table.show(summary.NAMES, summary.rows(told))
  print(
    f'{args.suite}, {len(seeds)} of its seeds; TWR50: time within 50 km. '
    f'Flights and numbers: {directory}'
  )


def evaluate(
  flown: Sequence[Policy],
  seeds: Sequence[int],
  directory: pathlib.Path,
  processes: int | None = None,
  *,
  create_fly: Callable[[], Fly] = Flights,
) -> list[dict[str, Any]]:
  """Flies what was not flown before.

  Args:
    flown: what flies.
    seeds: of the flights of each.
    directory: of the files of flights.
    processes: flights at a time; None for one a core.
    create_fly: see `progress.fly_all`.

  Returns:
    See `summary.summarise`.

  Raises:
    UserError: a file has the flights of another policy.
    KeyboardInterrupt: every flight that had ended is written.
  """
  store = {policy: FlightFile(directory, policy) for policy in flown}
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
    missing, processes, done=done, create_fly=create_fly
  ):
    with files.disk_full_is_a_users_error(str(directory)):
      store[policy].add(record)
  for file in store.values():
    file.sort()
  return summary.summarise(
    {
      p.name: [file.flights[seed] for seed in seeds]
      for p, file in store.items()
    }
  )


@contextlib.contextmanager
def _alone(directory: pathlib.Path) -> Iterator[None]:
  with open(directory / _LOCK, 'wb') as file:
    if not files.lock(file):
      raise UserError(
        f'Another command is at work in {directory}: let it end, or choose '
        'another --out.'
      )
    yield
