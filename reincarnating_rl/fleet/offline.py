"""The offline phase of all seeds, a program at a time."""

import functools
import time
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np

from reincarnating_rl.agents.trainer import on_host
from reincarnating_rl.fleet import building
from reincarnating_rl.fleet.learning import Online
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.learner.types import Array, LearnerState, Metrics
from reincarnating_rl.learner.update import make_scanned_update
from reincarnating_rl.replay import device_view
from reincarnating_rl.runner.plan import Iteration

_MOST = 250  # Updates in one program. More would make Ctrl-C wait.


class Offline:
  """Runs the offline phase, as `TeacherData.updates` does for one run."""

  def __init__(
    self, seeds: Sequence[SeedRunner], online: Online, spread: Spread
  ) -> None:
    """Takes what it works with.

    Args:
      seeds: whose students learn.
      online: whose learner and replay are theirs.
      spread: of them.
    """
    self._seeds, self._online, self._spread = seeds, online, spread
    self._view: Any = None
    update = make_scanned_update(
      online.learner.update,
      functools.partial(
        device_view.gather,
        stack_size=online.replay.settings.stack_size,
        decode=online.replay.decode,
      ),
    )

    def run(
      state: LearnerState, own: tuple[Any, Array, Any], syncs: Array
    ) -> tuple[LearnerState, Metrics]:
      state, report = update(state, *own)
      state = jax.lax.cond(
        syncs, online.learner.sync_target, lambda state: state, state
      )
      return state, report.metrics

    self._program = spread.program(run)

  def run(
    self, learners: LearnerState, iteration: Iteration
  ) -> Iterator[tuple[LearnerState, int]]:
    """Makes what is left of an iteration's updates.

    Args:
      learners: of all seeds.
      iteration: of the plan.

    Yields:
      The learners, and how many updates were made of each.

    Raises:
      DivergedError: a metric is not finite.
    """
    first = self._seeds[0]
    left = iteration.steps - first.progress.position.steps
    if not left:
      return  # Only the evaluation is, and perhaps no data any more.
    if self._view is None:
      self._view = self._views()
    count = first.data.chunk(left, _MOST)
    period = first.agent.trainer.offline_target_period
    for _ in range(0, left, count):
      began = time.monotonic()
      made = first.agent.trainer.pretraining_updates + count
      own = [
        (s.data.draw(count).astype(np.int32), s.agent.weaner.weights)
        for s in self._seeds
      ]
      slots, weights = self._spread.put(own)
      syncs = self._spread.share(np.bool_(made % period == 0))
      learners, metrics = self._program(
        learners, (self._view, slots, weights), syncs
      )
      told = self._spread.take(metrics)
      elapsed = time.monotonic() - began
      for seed, its in zip(self._seeds, told, strict=True):
        with seed.named():
          _account(seed, count, its, elapsed)
        seed.record.spend(iteration.phase.name, elapsed / len(self._seeds))
      yield learners, count

  def forget(self) -> None:
    """Frees the teacher's data on the devices."""
    self._view = None

  def _views(self) -> Any:
    most = max(seed.data.store.next_step for seed in self._seeds)
    replay = self._online.replay
    return self._spread.put(
      [building.view_of(seed, replay, most) for seed in self._seeds]
    )


def _account(
  seed: SeedRunner, count: int, metrics: Metrics, elapsed: float
) -> None:
  trainer, progress = seed.agent.trainer, seed.progress
  trainer.pretraining_updates += count
  when = f'offline update {trainer.pretraining_updates}'
  progress.position = progress.position.after(
    count, seconds=elapsed, metrics=on_host(metrics, when)
  )
