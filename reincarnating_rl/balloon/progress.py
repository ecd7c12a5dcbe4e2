"""Flights with a progress bar."""

import sys
from collections.abc import Callable, Iterator, Sequence

import tqdm.auto as tqdm

from reincarnating_rl.balloon import pool
from reincarnating_rl.balloon.flying import Flights, Fly
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.balloon.records import Record


def fly_all(
  flights: Sequence[tuple[Policy, int]],
  processes: int | None,
  *,
  done: int = 0,
  create_fly: Callable[[], Fly] = Flights,
) -> Iterator[tuple[Policy, Record]]:
  """Flies as `pool.fly_all` does, with a progress bar.

  Args:
    flights: policies and seeds.
    processes: flights at a time; None for one a core.
    done: flights that had ended before.
    create_fly: makes a `Fly` in each process.

  Yields:
    A policy and its flight, in the order in which they end.
  """
  # A terminal's clock ticks; a file grows only when there is news.
  is_terminal = sys.stderr.isatty()
  with tqdm.tqdm(
    total=done + len(flights),
    initial=done,
    unit=' flights',
    dynamic_ncols=True,
    mininterval=0.5 if is_terminal else 10.0,
    smoothing=0,  # A flight takes long; the last second tells nothing.
  ) as bar:
    for policy, record in pool.fly_all(
      flights,
      processes,
      create_fly=create_fly,
      on_wait=lambda: bar.update(0) if is_terminal else None,
    ):
      yield policy, record
      bar.set_postfix_str(policy.name, refresh=False)
      bar.update()
