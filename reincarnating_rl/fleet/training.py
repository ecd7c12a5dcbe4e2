"""The online phase of all seeds, a program at a time."""

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.agents.trainer import on_host
from reincarnating_rl.envs.policies import (
  check_student_values,
  check_teacher_policy,
)
from reincarnating_rl.fleet import pace
from reincarnating_rl.fleet.learning import Online
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.fleet.types import Clock, Own, Plan, Seed, Told
from reincarnating_rl.learner.types import Weights

_BACKLOG = 256  # States that the teacher is asked about at a time.


class Training:
  """Runs the online phase.

  Attributes:
    step: number of the next step of the replays.
    labelled: number of their first step that may lack the teacher's logits.
  """

  def __init__(
    self, seeds: Sequence[SeedRunner], online: Online, spread: Spread
  ) -> None:
    """Takes what it works with.

    Args:
      seeds: whose students learn.
      online: the functions of one.
      spread: of them.
    """
    self._seeds, self._online, self._spread = seeds, online, spread
    self.step = self.labelled = 0
    self._programs: dict[tuple[bool, bool], Callable] = {}
    self._label = spread.program(
      lambda seed, own, steps: (
        seed._replace(ring=online.label(seed.ring, steps)),
        None,
      )
    )

  def run(self, seeds: Seed, data: Any, part: pace.Part) -> Seed:
    """Takes some steps of an iteration, and accounts for them.

    Args:
      seeds: all of them, as they are.
      data: the teacher's, where it is mixed in.
      part: what is done.

    Raises:
      DivergedError: a number is not finite.
    """
    began = time.monotonic()
    agent = self._seeds[0].agent
    first = agent.training_steps
    times = first + part.steps * np.arange(part.blocks)
    listened = self._needs_labels()
    weights = [self._weights(seed, times) for seed in self._seeds]
    labels = listened or self._needs_labels()
    if labels:
      seeds = self._label_backlog(seeds)
    plan = Plan(
      Clock(np.int32(first), np.int32(self.step)),
      self._epsilons(times, part.steps),
      np.int32(getattr(agent.actor, 'horizon', 0)),
    )
    own = self._spread.put([Own(w) for w in weights])
    seeds, told = self._program(labels, part.updates)(
      seeds, (own, data), self._spread.share(plan)
    )
    told = self._spread.take(told)
    elapsed = time.monotonic() - began
    self.step += part.total
    if labels:
      self.labelled = self.step
    for seed, mine, its in zip(self._seeds, told, weights, strict=True):
      with seed.named():
        _account(seed, mine, its, times, elapsed)
      phase = seed.plan[seed.progress.position.number].phase
      seed.record.spend(phase.name, elapsed / len(self._seeds))
    return seeds

  def _needs_labels(self) -> bool:
    return any(s.agent.trainer.needs_teacher_policy for s in self._seeds)

  def _program(self, labels: bool, updates: bool) -> Callable:
    key = labels, updates
    if key not in self._programs:
      self._programs[key] = self._spread.program(
        functools.partial(self._online.run, labels=labels, updates=updates)
      )
    return self._programs[key]

  def _label_backlog(self, seeds: Seed) -> Seed:
    """Asks the teacher about the states of a time when nobody did."""
    capacity = self._online.replay.settings.capacity
    first = max(self.labelled, self.step - capacity)
    for start in range(first, self.step, _BACKLOG):
      steps = np.minimum(start + np.arange(_BACKLOG), self.step - 1)
      shared = self._spread.share(steps.astype(np.int32))
      seeds, _ = self._label(seeds, None, shared)
    return seeds

  def _weights(self, seed: SeedRunner, times: np.ndarray) -> Weights:
    """Asks a seed's weaner before each update of a program, [K].

    It has heard of the episodes that were over before the program.
    """
    weaner, rows = seed.agent.weaner, []
    for step in times:
      weaner.before_update(int(step))
      rows.append(weaner.weights)
    return jax.tree.map(lambda *x: np.stack(x), *rows)

  def _epsilons(self, times: np.ndarray, steps: int) -> np.ndarray:
    agent = self._seeds[0].agent
    return np.array(
      [
        [agent.epsilon_at(int(time) + step) for step in range(steps)]
        for time in times
      ],
      np.float32,
    )


def _account(
  seed: SeedRunner,
  told: Told,
  weights: Weights,
  times: np.ndarray,
  elapsed: float,
) -> None:
  """Tells a seed's run what its student has done."""
  _check_finite(told)
  agent, progress, record = seed.agent, seed.progress, seed.record
  _write_metrics(seed, told, weights, times)
  returns = [float(x) for x in told.ended.total[told.ended.is_over]]
  for total in returns:
    normalized = record.normalized(total)
    if normalized is not None:
      agent.weaner.after_episode(normalized)
  if hasattr(agent.actor, 'steps'):
    agent.actor.steps += int(told.by_teacher.sum())
  steps = told.is_finite.size
  agent.training_steps += steps
  progress.position = progress.position.after(
    steps, seconds=elapsed, episodes=len(returns), sum_returns=sum(returns)
  )


def _check_finite(told: Told) -> None:
  if (~told.is_finite & told.by_teacher).any():
    check_teacher_policy(np.array([np.nan]))
  if not told.is_finite.all():
    check_student_values(np.array([np.nan]))


def _write_metrics(
  seed: SeedRunner, told: Told, weights: Weights, times: np.ndarray
) -> None:
  agent, trainer = seed.agent, seed.agent.trainer
  for block in np.flatnonzero(told.updated):
    trainer.online_updates += agent.updates_per_step
    if not trainer.is_writing(
      agent.summary_writing_frequency,
      agent.update_period,
      agent.updates_per_step,
    ):
      continue
    step = int(times[block])
    silent = trainer.silent_metrics(
      {name: x[block] for name, x in weights.terms.items()}
    )
    metrics = {
      name: x[block] for name, x in told.metrics.items() if name not in silent
    }
    values = on_host(metrics, f'online step {step}')
    seed.write([StatisticsInstance(n, x, step) for n, x in values.items()])
