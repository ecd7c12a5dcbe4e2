"""Updating: where a student's batches come from, offline and online."""

import jax
import jax.numpy as jnp
import numpy as np
from dopamine.metrics import statistics_instance

from reincarnating_rl.agents import labelling
from reincarnating_rl.learner.types import (
  LearnerState,
  Metrics,
)
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.mixed_replay import MixedReplay


class StudentLearns:
  """Offline from a teacher's replay, online from the student's own.

  Part of `ReincarnationMixin`, which has the attributes used here.
  """

  @property
  def replay(self) -> FrameStore:
    """The student's own experience."""
    return self._replay

  @property
  def _batches(self) -> FrameStore | MixedReplay:
    """Where online batches come from; a method may say otherwise."""
    return self._replay

  @property
  def keeps_teacher_data(self) -> bool:
    """Whether online batches draw on the teacher's data; not by default."""
    return False

  def set_teacher_data(self, store: FrameStore | None) -> None:
    """Says what of the teacher's play there is online; of no use by default."""
    del store

  @property
  def batch_size(self) -> int:
    """Elements per update."""
    return self._batch_size

  @property
  def _learner_state(self) -> LearnerState:
    return LearnerState(self.online_params, self.optimizer_state, self._rng)

  def _take_over(self, state: LearnerState) -> None:
    self.online_params, self.optimizer_state, self._rng = state

  @property
  def offline_target_period(self) -> int:
    """Offline updates between target syncs."""
    return max(1, self.target_update_period // self.update_period)

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
    state, metrics = self._scanned_update(
      self._learner_state,
      self.target_network_params,
      data,
      slots,
      self._coefficients,
    )
    self._take_over(state)
    self.pretraining_updates += len(slots)
    if self.pretraining_updates % self.offline_target_period == 0:
      self._sync_weights()
    return metrics

  def finish_pretraining(self) -> None:
    """Syncs the target once, at the switch from offline to online.

    The optimiser keeps its moments, where the loss is the same in both phases.
    """
    self._sync_weights()

  def _sync_weights(self) -> None:
    # A copy: the update takes over the memory of the online parameters.
    self.target_network_params = jax.tree.map(jnp.copy, self.online_params)

  def _train_step(self) -> None:
    if self._replay.add_count > self.min_replay_history:
      if self.training_steps % self.update_period == 0:
        for _ in range(self._num_updates_per_train_step):
          self._train_once()
      # Apart from the update, or the two periods would have to divide.
      if self.training_steps % self.target_update_period == 0:
        self._sync_weights()
    self.training_steps += 1

  def _train_once(self) -> None:
    if self.needs_teacher_logits:
      labelling.label(self._replay, self.teacher, chunk=self.update_period)
    batch, drawn = self._batches.sample(with_sample_metadata=True)
    state, report = self._update(
      self._learner_state,
      self.target_network_params,
      batch,
      self._coefficients,
    )
    self._take_over(state)
    self._batches.update(drawn.keys, td_losses=report.td_losses)
    self.online_updates += 1
    # Counted in updates: the two periods need not divide.
    period = max(1, self.summary_writing_frequency // self.update_period)
    if self.online_updates % period == 0:
      self._write(report.metrics)

  def _write(self, metrics: Metrics) -> None:
    if not hasattr(self, 'collector_dispatcher'):
      return  # An agent without a runner.
    self.collector_dispatcher.write(
      [
        statistics_instance.StatisticsInstance(
          name, float(value), self.training_steps
        )
        for name, value in metrics.items()
        # Once weaned, states are not labelled, and this compares with zeros.
        if self.is_listening or name != self._teacher_metric
      ],
      collector_allowlist=self._collector_allowlist,
    )
