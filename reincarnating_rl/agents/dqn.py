"""DQN students: tabula rasa and QDagger."""

import gin
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl import schedules
from reincarnating_rl.agents.reincarnation import ReincarnationMixin
from reincarnating_rl.objectives import (
  Distillation,
  Objective,
  QFunction,
  q_objective,
)
from reincarnating_rl.types import Array, Params


@gin.configurable(denylist=['num_actions', 'seed'])
class ReincarnatingDQNAgent(ReincarnationMixin, dqn_agent.JaxDQNAgent):
  """Dopamine's DQN on our replay and update; trained tabula rasa as it is."""

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    learning_rate: float = 6.25e-5,
    final_learning_rate: float | None = None,
    double_dqn: bool = False,
    replay_capacity: int = 1_000_000,
    batch_size: int = 32,
  ) -> None:
    """Builds the student; `JaxDQNAgent.*` bindings set the rest.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.
      learning_rate: of the optimiser; while the teacher is followed in full,
        where there is one.
      final_learning_rate: once weaned; None keeps `learning_rate`.
      double_dqn: whether the online network selects the target's action.
      replay_capacity: frames in the student's replay.
      batch_size: elements per update.
    """
    self._initial_learning_rate = learning_rate
    self._final_learning_rate = (
      learning_rate if final_learning_rate is None else final_learning_rate
    )
    self._double_dqn = double_dqn
    self._replay_capacity = replay_capacity
    self._batch_size = batch_size
    super().__init__(num_actions, seed=seed)

  def _q_values(self, params: Params, state: Array) -> Array:
    return self.network_def.apply(params, self.preprocess_fn(state)).q_values

  def _make_objective(self, q_function: QFunction) -> Objective:
    return q_objective(
      q_function,
      td_loss=self._loss_type,
      double=self._double_dqn,
      distill=self._distillation,
    )

  _distillation: Distillation | None = None


@gin.configurable(denylist=['num_actions', 'seed'])
class QDaggerDQNAgent(ReincarnatingDQNAgent):
  """QDagger (Agarwal et al. 2022): TD + lambda KL, weaned by its own score."""

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    distill_loss_coefficient: float = 3.0,
    distill_temperature: float = 0.1,
    distill_type: str = 'policy',
    distill_decay_period: int = 1_500_000,
    distill_latch: bool = True,
  ) -> None:
    """Builds the student; `ReincarnatingDQNAgent.*` bindings set the rest.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.
      distill_loss_coefficient: lambda_0, weight of the teacher at the start.
      distill_temperature: tau of the student's policy.
      distill_type: `policy`, `best_action` or `value`.
      distill_decay_period: online steps after which the teacher is dropped.
      distill_latch: whether lambda stays 0 once it is.
    """
    self._initial_distill_coefficient = distill_loss_coefficient
    self._distillation = Distillation(distill_temperature, distill_type)
    self._distill_decay_period = distill_decay_period
    self._distill_latch = distill_latch
    super().__init__(num_actions, seed=seed)

  def record_score(self, normalized_score: float) -> None:
    """Weans the student after an online iteration's evaluation.

    Args:
      normalized_score: 0 for a random policy, 1 for the teacher.
    """
    self.set_distill_coefficient(
      schedules.distill_coefficient(
        self.distill_coefficient,
        normalized_score,
        initial=self._initial_distill_coefficient,
        online_steps=self.training_steps,
        decay_period=self._distill_decay_period,
        latch=self._distill_latch,
      )
    )
