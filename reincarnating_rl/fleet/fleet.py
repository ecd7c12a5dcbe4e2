"""The fleet: all seeds of an experiment, iteration by iteration."""

import contextlib
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from reincarnating_rl.fleet import pace, transfer
from reincarnating_rl.fleet.learning import Online
from reincarnating_rl.fleet.measuring import Measuring
from reincarnating_rl.fleet.offline import Offline
from reincarnating_rl.fleet.scoring import Scoring
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.fleet.training import Training
from reincarnating_rl.fleet.types import Seed
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import NotFiniteError
from reincarnating_rl.support.interrupts import Interrupted, InterruptFlag


class Fleet:
  """Runs the plan for all seeds at once.

  Attributes:
    seeds: the runs.
    state: all that changes of them, on the devices.
  """

  def __init__(
    self,
    seeds: Sequence[SeedRunner],
    online: Online,
    spread: Spread,
    interrupt: InterruptFlag,
  ) -> None:
    """Takes runs that have been resumed, and puts them on the devices.

    Args:
      seeds: all at one place.
      online: how each learns.
      spread: of them.
      interrupt: says that the user asked to stop.

    Raises:
      UserError: the seeds are at different places.
    """
    self.seeds, self._online, self._spread = seeds, online, spread
    self._interrupt = interrupt
    transfer.check_places(seeds)
    self._training = Training(seeds, online, spread)
    self._offline = Offline(seeds, online, spread)
    measuring = Measuring(
      spread, online.player, online.player.game.lanes, interrupt.check
    )
    self._scoring = Scoring(seeds, measuring, online.replay)
    self._data: Any = None  # The teacher's, where batches are mixed.
    self._saved_at = time.monotonic()
    self.state: Seed | None = None
    self._push()

  @property
  def plan(self) -> tuple[Iteration, ...]:
    """Every iteration, in order."""
    return self.seeds[0].plan

  def run(self) -> None:
    """Runs what is left of the plan.

    Raises:
      Interrupted: the user asked to stop; checkpoints have what was done.
      NotFiniteError: of the teacher or of a student.
      UnwritableError: a disk fails.
    """
    try:
      self._run_plan()
    except files.UnwritableError as error:
      raise files.UnwritableError(
        f'{error} The same command resumes from the last checkpoint, if there '
        'is one.'
      ) from error
    finally:
      for seed in self.seeds:
        seed.close()

  def _run_plan(self) -> None:
    start = self.seeds[0].progress.position.next_number
    try:
      with self._interrupt.listening():
        for iteration in self.plan[start:]:
          self._run_iteration(iteration)
          self._save(iteration)
      for seed in self.seeds:
        seed.write_summary(quiet=len(self.seeds) > 1)
    except Interrupted:
      number = self.seeds[0].progress.position.number
      if self.plan[number].trains:
        self._save(self.plan[number])
      raise

  def _run_iteration(self, iteration: Iteration) -> None:
    for seed in self.seeds:
      seed.progress.enter(iteration.number)
    with self._telling_where(iteration):
      _PHASES[iteration.phase](self, iteration)
      if iteration.trains:
        self._pull_learners()
        self._scoring.student(self.state.learner.params, iteration)
      for seed in self.seeds:
        seed.run_iteration(iteration.number)
    if iteration.phase is Phase.RELOAD:
      self._push()
    elif iteration.phase is Phase.PRETRAIN:
      learners = transfer.push_learners(self.seeds, self._spread)
      self.state = self.state._replace(learner=learners)
    self._tell(iteration)

  # Phases.

  def _reload(self, iteration: Iteration) -> None:
    """Leaves it to the runs themselves."""

  def _load(self, iteration: Iteration) -> None:
    """Has the first run read, and the others read its memory."""
    first, *others = self.seeds
    if any(row.phase is Phase.COLLECT for row in self.plan):
      return  # Each will add to its own.
    phase = first.parts.phases[Phase.LOAD]
    metrics = phase(iteration)
    for seed in self.seeds:
      seed.parts.phases[Phase.LOAD] = lambda iteration: metrics
    for seed in others:
      stream = seed.agent.batches.teacher_seed
      seed.data.store = first.data.store.reading(stream)
      seed.record.teacher_steps = first.record.teacher_steps
      seed.record.teacher_data = first.record.teacher_data

  def _measure_teacher(self, iteration: Iteration) -> None:
    self._scoring.teacher(iteration)

  def _collect(self, iteration: Iteration) -> None:
    self._scoring.collect(iteration)

  def _pretrain(self, iteration: Iteration) -> None:
    with self._bar(iteration, 'updates') as moving:
      for learners, count in self._offline.run(self.state.learner, iteration):
        self.state = self.state._replace(learner=learners)
        moving.update(count)
        self._at_safe_point(iteration)
    self._offline.forget()

  def _train(self, iteration: Iteration) -> None:
    for seed in self.seeds:
      seed.online.begin()
    if self._data is None:
      self._data = transfer.mixed_data(self.seeds, self._online, self._spread)
    position = self.seeds[0].progress.position
    parts = pace.parts(
      self.seeds[0].agent.training_steps,
      iteration.steps - position.steps,
      self._online.update_period,
    )
    with self._bar(iteration, 'steps') as moving:
      for part in parts:
        self.state = self._training.run(self.state, self._data, part)
        moving.update(part.total)
        self._at_safe_point(iteration)

  # Between programs.

  def _bar(self, iteration: Iteration, unit: str) -> Any:
    what = f'{iteration.phase.value}, {len(self.seeds)} seeds'
    return self.seeds[0].progress.bar(iteration, what, unit)

  def _at_safe_point(self, iteration: Iteration) -> None:
    self._interrupt.check()
    elapsed = time.monotonic() - self._saved_at
    if elapsed > self.seeds[0].checkpoint_seconds:
      self._save(iteration)

  def _tell(self, iteration: Iteration) -> None:
    if not iteration.trains:
      return
    rows = [seed.record.rows[-1] for seed in self.seeds]
    scores = [row['score']['mean'] for row in rows]
    rate = self.seeds[0].progress.position
    line = (
      f'iteration {iteration.number}: eval return {np.mean(scores):.4g} '
      f'({min(scores):.4g} to {max(scores):.4g})'
    )
    if rows[0]['normalized'] is not None:
      normalized = np.mean([row['normalized'] for row in rows])
      line += f', normalised {normalized:.3g}'
    unit = 'steps' if iteration.phase is Phase.ONLINE else 'updates'
    rate = len(rows) * rate.steps / max(rate.seconds, 1e-9)
    print(f'{line}, {rate:.4g} {unit}/s of all seeds')

  @contextlib.contextmanager
  def _telling_where(self, iteration: Iteration) -> Any:
    try:
      yield
    except NotFiniteError as error:
      place = self.seeds[0].progress.place(iteration)
      error.args = (f'{error} {place} The last good checkpoints stay.',)
      raise

  # From the runs to the devices, and back.

  def _push(self) -> None:
    store = self.seeds[0].agent.batches.replay
    self._training.step = store.next_step
    self._training.labelled = store.labelled
    self.state = transfer.push(self.seeds, self._online.replay, self._spread)

  def _pull_learners(self) -> None:
    transfer.pull_learners(self.seeds, self.state.learner, self._spread)

  def _save(self, iteration: Iteration) -> None:
    """Writes a checkpoint of every seed."""
    # Else the runs have them, and may have changed them for the next phase.
    if iteration.trains and not self.seeds[0].progress.position.finished:
      self._pull_learners()
    if iteration.phase is Phase.ONLINE:
      transfer.pull(
        *(self.seeds, self.state, self._online.replay, self._spread),
        step=self._training.step,
        labelled=self._training.labelled,
      )
    for seed in self.seeds:
      with seed.named():
        seed.save(iteration.number)
    self._saved_at = time.monotonic()


_PHASES = {
  Phase.RELOAD: Fleet._reload,
  Phase.LOAD: Fleet._load,
  Phase.TEACHER_EVALUATION: Fleet._measure_teacher,
  Phase.COLLECT: Fleet._collect,
  Phase.PRETRAIN: Fleet._pretrain,
  Phase.ONLINE: Fleet._train,
}
