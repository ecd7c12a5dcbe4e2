"""How far an experiment is: position, time spent, bars, safe points."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import tqdm.auto as tqdm

from reincarnating_rl.runner import bars
from reincarnating_rl.runner.plan import Iteration
from reincarnating_rl.runner.position import Position
from reincarnating_rl.runner.record import Record
from reincarnating_rl.support.errors import NotFiniteError
from reincarnating_rl.support.interrupts import InterruptFlag
from reincarnating_rl.support.progress import Progress as Report
from reincarnating_rl.support.progress import moving

if TYPE_CHECKING:
  from reincarnating_rl.runner.saving import Saver


class Progress:
  """Keeps the position of a run, and says when it may be left.

  Attributes:
    position: within the iteration that is being run.
  """

  def __init__(
    self,
    record: Record,
    interrupt: InterruptFlag,
    *,
    checkpoint_seconds: float,
    save: Callable[[int], None],
  ) -> None:
    """Begins at the first iteration.

    Args:
      record: takes the wall time.
      interrupt: says that the user asked to stop.
      checkpoint_seconds: longest time between checkpoints.
      save: writes a checkpoint of an iteration, by its number.
    """
    self.position = Position()
    self._record, self._interrupt = record, interrupt
    self._checkpoint_seconds, self._save = checkpoint_seconds, save
    self._saved_at = time.monotonic()
    self._saved = self.position

  def enter(self, number: int) -> None:
    """Begins an iteration, or goes on in it."""
    if self.position.number != number:
      self.position = Position(number)

  def finish(self) -> None:
    """Notes that the iteration was evaluated and recorded."""
    self.position = self.position._replace(finished=True)

  def advance(
    self,
    iteration: Iteration,
    steps: int,
    *,
    episodes: int = 0,
    sum_returns: float = 0.0,
    metrics: Mapping[str, float] | None = None,
  ) -> None:
    """Notes work, then stops if asked to, and saves if it is time.

    Args:
      iteration: that is being run.
      steps: done, in its unit.
      episodes: finished.
      sum_returns: of these episodes.
      metrics: means over these steps.
    """
    self.position = self.position.after(
      steps, episodes=episodes, sum_returns=sum_returns, metrics=metrics
    )
    self._interrupt.check()
    if time.monotonic() - self._saved_at > self._checkpoint_seconds:
      self._save(iteration.number)

  def tell_of_resuming(self, base_dir: str, iterations: int) -> None:
    """Prints where a run goes on, unless it begins.

    Args:
      base_dir: of the run.
      iterations: of its plan.
    """
    number = self.position.next_number
    if number or self.position.steps:
      print(f'Resuming {base_dir} at iteration {number} of {iterations}.')

  def note_saved(self) -> None:
    """Notes that a checkpoint has just been written or read."""
    self._saved_at = time.monotonic()
    self._saved = self.position

  @property
  def is_saved(self) -> bool:
    """Whether the newest checkpoint has all that was done."""
    return self._saved == self.position

  @contextlib.contextmanager
  def clock(self, iteration: Iteration, kind: str = '') -> Iterator[None]:
    """Adds wall time to a phase; evaluation is apart from training."""
    began = time.monotonic()
    try:
      yield
    finally:
      elapsed = time.monotonic() - began
      self._record.spend(kind or iteration.phase.name, elapsed)
      if not kind:
        self.position = self.position.after(0, seconds=elapsed)

  @contextlib.contextmanager
  def telling_where(
    self, plan: Sequence[Iteration], saver: Saver
  ) -> Iterator[None]:
    """Adds the place to what is said of numbers that are not finite.

    Args:
      plan: of the run.
      saver: of its checkpoints.

    Raises:
      NotFiniteError: as it was raised in this context.
    """
    try:
      yield
    except NotFiniteError as error:
      kept = 'The last good checkpoint stays'
      if not saver.has_any:
        kept = 'No checkpoint had been written'
      place = self.place(plan[self.position.number])
      error.args = (f'{error} {place} {kept} in {saver.base_dir}.',)
      raise

  def place(self, iteration: Iteration) -> str:
    """Says where the run is in an iteration, as a sentence."""
    return (
      f'This was in iteration {iteration.number} ({iteration.phase.value}), '
      f'after {self.position.steps} of its steps.'
    )

  def bar(self, iteration: Iteration, what: str, unit: str) -> tqdm.tqdm:
    """Opens a bar of an iteration's steps, where it is now."""
    return bar(
      iteration,
      what,
      total=iteration.steps,
      unit=unit,
      done=self.position.steps,
    )

  def following(self, bar: tqdm.tqdm) -> Report:
    """Returns what moves a bar to where reading is, and stops if asked to."""
    move = moving(bar)

    def follow(done: int, total: int) -> None:
      self._interrupt.check()
      move(done, total)

    return follow


def bar(
  iteration: Iteration,
  what: str,
  *,
  total: int | None,
  unit: str,
  done: int = 0,
) -> tqdm.tqdm:
  """Opens a progress bar, with rate and time left.

  Args:
    iteration: shown by its number.
    what: is being done.
    total: amount of work; None where it is not known beforehand.
    unit: of the work.
    done: part of it that an earlier run did.

  Returns:
    A bar to `update`, and to close.
  """
  what = f'iteration {iteration.number}, {what}'
  return bars.passing(what, unit, total=total, initial=done)
