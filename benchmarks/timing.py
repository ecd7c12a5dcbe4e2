"""Timing of alternatives in turn, so that a noisy machine is noisy to all."""

import statistics
import time
from collections.abc import Callable


def in_turn(
  alternatives: dict[str, Callable[[], object]],
  *,
  rounds: int,
  clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
  """Times each alternative once a round.

  Args:
    alternatives: by name; each returns when its work is done.
    rounds: how often each is timed, after one round that is not.
    clock: in seconds; `time.process_time` leaves out what others compute.

  Returns:
    Median seconds of each.
  """
  seconds: dict[str, list[float]] = {name: [] for name in alternatives}
  for turn in range(rounds + 1):
    for name, run in alternatives.items():
      began = clock()
      run()
      if turn:
        seconds[name].append(clock() - began)
  return {name: statistics.median(times) for name, times in seconds.items()}
