"""The trainer: a learner with its state, and when what is updated."""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reincarnating_rl.agents.batches import OnlineBatches
from reincarnating_rl.learner.learner import Learner
from reincarnating_rl.learner.terms import (
  MONTE_CARLO_RETURN,
  TEACHER_POLICY,
  Term,
  any_reads,
)
from reincarnating_rl.learner.types import Array, Metrics
from reincarnating_rl.learner.update import jit_update, make_scanned_update
from reincarnating_rl.learner.weaner import Weaner
from reincarnating_rl.replay import device_view
from reincarnating_rl.support.errors import DivergedError
from reincarnating_rl.teachers.base import ONLINE, OPTIMIZER, TARGET


def on_host(metrics: Metrics, when: str) -> dict[str, float]:
  """Returns metrics as plain numbers.

  Args:
    metrics: of an update, or means over several.
    when: it was, for messages.

  Raises:
    DivergedError: one is not finite.
  """
  values = {name: float(value) for name, value in metrics.items()}
  for name, value in values.items():
    if not math.isfinite(value):
      raise DivergedError(
        f'{name} is {value} at {when}: training has diverged. Try a smaller '
        'Student.learning_rate, or look at the rewards of the game.'
      )
  return values


def diverged(what: str) -> DivergedError:
  """Returns the error of a student whose values or actions are not finite."""
  return DivergedError(
    f"The student's {what} are no numbers any more: lower "
    'Student.learning_rate, or look at the rewards and observations of the '
    'game.'
  )


class Trainer:
  """Updates a student: offline from data in place, online from its batches.

  Attributes:
    state: online and target parameters, optimiser's state and key.
    pretraining_updates: gradient updates made offline.
    online_updates: gradient updates made online.
    needs_returns: whether the loss reads Monte-Carlo returns of offline data.
    update: the jitted update; it takes over the memory of the state.
    scanned_update: several of them as one program, over offline data.
    online_program: the same over online batches.
  """

  def __init__(
    self,
    learner: Learner,
    terms: Sequence[Term],
    weaner: Weaner,
    batches: OnlineBatches,
    *,
    key: Array,
    stack_size: int,
    offline_target_period: int,
  ) -> None:
    """Begins with a student that has learnt nothing.

    Args:
      learner: the pure functions.
      terms: of its objective.
      weaner: the weights of each update.
      batches: of online updates.
      key: of the parameters, and of all randomness that follows.
      stack_size: S, of offline data.
      offline_target_period: offline updates between target syncs; 0 where the
        target follows with each update.
    """
    self._learner, self._weaner, self._batches = learner, weaner, batches
    self._terms = tuple(terms)
    self.needs_returns = any_reads(terms, MONTE_CARLO_RETURN)
    self.offline_target_period = offline_target_period
    self.state = learner.init(key)
    self.pretraining_updates = self.online_updates = 0
    self.update = jit_update(learner.update)
    self.scanned_update = make_scanned_update(
      learner.update,
      functools.partial(device_view.gather, stack_size=stack_size),
    )
    self.online_program = make_scanned_update(learner.update, batches.gather)

  def sync_target(self) -> None:
    """Copies the online parameters into the target network."""
    self.state = self._learner.sync_target(self.state)

  def pretrain(
    self, data: device_view.ReplayArrays, slots: np.ndarray
  ) -> Metrics:
    """Makes K offline updates in one program, then syncs the target if due.

    Args:
      data: the teacher's replay, labelled, from `device_view`.
      slots: [K, B] slots of `data`; K divides `offline_target_period` and stays
        the same from call to call.

    Returns:
      The mean of each metric over the K updates.
    """
    self.state, report = self.scanned_update(
      self.state, data, slots, self._weaner.weights
    )
    self.pretraining_updates += len(slots)
    period = self.offline_target_period
    if period and self.pretraining_updates % period == 0:
      self.sync_target()
    return report.metrics

  def finish_pretraining(self, *, resets_optimizer: bool) -> None:
    """Goes from offline to online.

    Args:
      resets_optimizer: whether the loss changes, so that the optimiser's
        moments are of another one.
    """
    if self._learner.has_hard_target:
      self.sync_target()
    self._weaner.at_switch()
    if resets_optimizer:
      self.state = self._learner.reset_optimizer(self.state)

  @property
  def needs_teacher_policy(self) -> bool:
    """Whether the loss reads the teacher's policy in each state now."""
    weights = self._weaner.weights.terms
    return any(
      TEACHER_POLICY in term.reads and weights[term.name] > 0.0
      for term in self._terms
    )

  def train(self, *, online_steps: int, updates: int = 1) -> Metrics:
    """Makes online updates, with the same weights of the terms.

    Args:
      online_steps: that the student has taken.
      updates: K, which are one program; each K is compiled anew.

    Returns:
      Means over the batches, without weaned terms that weigh nothing any more.
    """
    self._weaner.before_update(online_steps)
    weights, labelled = self._weaner.weights, self.needs_teacher_policy
    if updates == 1 and not self._batches.on_device:
      batch, drawn = self._batches.sample(labelled=labelled)
      self.state, report = self.update(self.state, batch, weights)
      self._batches.update(drawn, report.td_losses)
    else:
      data, rows, drawn = self._batches.draw(updates, labelled=labelled)
      self.state, report = self.online_program(self.state, data, rows, weights)
      for one, losses in zip(drawn, report.td_losses, strict=True):
        self._batches.update(one, losses)
    self.online_updates += updates
    silent = self.silent_metrics(weights.terms)
    return {n: x for n, x in report.metrics.items() if n not in silent}

  def silent_metrics(self, weights: Mapping[str, Array]) -> set[str]:
    """Returns the metrics of weaned terms that weigh nothing any more.

    Args:
      weights: of the terms, by name.
    """
    return {
      term.metric
      for term in self._terms
      if term.is_weaned and not weights[term.name]
    }

  def is_writing(
    self,
    frequency: int,
    update_period: int,
    updates_per_step: int,
    *,
    newest: int = 1,
  ) -> bool:
    """Returns whether the metrics of the newest online updates are written.

    Args:
      frequency: environment steps between metrics.
      update_period: environment steps between steps with updates.
      updates_per_step: how many there are in such a step.
      newest: K, made at a time.
    """
    # Counted in updates: the two periods need not divide.
    period = max(1, frequency // update_period) * updates_per_step
    return self.online_updates % period < newest

  def trees(self) -> dict[str, Any]:
    """Returns all arrays, by their names in checkpoints."""
    return {
      ONLINE: self.state.params,
      TARGET: self.state.target_params,
      OPTIMIZER: self.state.optimizer_state,
      'rng': self.state.key,
    }

  def load_trees(self, trees: dict[str, Any]) -> None:
    """Takes over those of `trees` that are given."""
    self.state = self.state._replace(
      params=trees.get(ONLINE, self.state.params),
      target_params=trees.get(TARGET, self.state.target_params),
      optimizer_state=trees.get(OPTIMIZER, self.state.optimizer_state),
      key=trees.get('rng', self.state.key),
    )
