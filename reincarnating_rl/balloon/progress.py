"""Flights in parallel, with a progress bar."""

import sys
from collections.abc import Callable, Iterator, Sequence

import tqdm.auto as tqdm

from reincarnating_rl.balloon.flying import Flights, Fly
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.balloon.records import Record
from reincarnating_rl.cluster import calls


def fly_all(
  flights: Sequence[tuple[Policy, int]],
  processes: int | None,
  *,
  address: str | None = None,
  done: int = 0,
  create_fly: Callable[[], Fly] = Flights,
) -> Iterator[tuple[Policy, Record]]:
  """Flies, and yields the record of each flight as soon as it has ended.

  Args:
    flights: policies and seeds.
    processes: flights at a time; None for one a core.
    address: of a Ray cluster; None for this machine.
    done: flights that had ended before.
    create_fly: makes a `Fly` in each process; a function of a module.

  Yields:
    A policy and its flight, in the order in which they end.

  Raises:
    UserError: a policy cannot be read, or processes end.
    KeyboardInterrupt: a stop was asked for. Ended flights were yielded.
    CallError: another error in a process.
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
    for number, record in calls.call_all(
      create_fly,
      flights,
      processes=processes,
      address=address,
      on_wait=lambda: bar.update(0) if is_terminal else None,
      promise='flights that have ended are kept',
    ):
      policy, _ = flights[number]
      yield policy, record
      bar.set_postfix_str(policy.name, refresh=False)
      bar.update()
