"""What every student shares, whatever Dopamine agent it extends.

A student differs from its Dopamine base in its objective, in the replay it
keeps and in where its batches come from; never in a copy of the training loop.
"""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
from dopamine.jax.agents.dqn import dqn_agent
from dopamine.metrics import statistics_instance

from reincarnating_rl import learning
from reincarnating_rl.agents import behavior, labelling, snapshots, weaning
from reincarnating_rl.errors import UserError
from reincarnating_rl.objectives import Objective, QFunction
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.types import (
  Array,
  LearnerState,
  Metrics,
  Params,
)


class ReincarnationMixin(
  behavior.StudentActs, snapshots.Snapshots, weaning.Weaning
):
  """Teacher, coefficients, batches and snapshots over a Dopamine JAX agent.

  Subclasses put it before the Dopamine class, set the `_replay_*` and
  `_*_learning_rate` attributes before Dopamine's constructor runs, and say what
  the head is in `_q_values` and `_make_objective`.

  Attributes:
    distill_coefficient: lambda, the weight of the teacher now.
    training_steps: environment steps taken online.
    pretraining_updates: gradient updates made offline.
    online_updates: gradient updates made online.
    teacher: whose logits label the states, or None.
  """

  _initial_distill_coefficient = 0.0
  _initial_learning_rate: float
  _final_learning_rate: float
  _replay_capacity: int
  _batch_size: int

  def _q_values(self, params: Params, state: Array) -> Array:
    """Returns the [A] Q-values of one state [*O, S]."""
    raise NotImplementedError

  def _make_objective(self, q_function: QFunction) -> Objective:
    """Returns what the student minimises."""
    raise NotImplementedError

  # Construction: Dopamine's constructor calls these two.

  def _build_replay_buffer(self) -> FrameStore:
    return self.make_replay(self._replay_capacity)

  def _build_networks_and_optimizer(self) -> None:
    # Dopamine keeps the stack in float64, eight times what crosses to JAX.
    self.state = np.zeros(self.state.shape, np.dtype(self.observation_dtype))
    self._rng, key = jax.random.split(self._rng)
    self.online_params = self.network_def.init(
      key, self.preprocess_fn(self.state)
    )
    self._sync_weights()
    try:
      self.optimizer = dqn_agent.create_optimizer(
        self._optimizer_name, learning_rate=1.0
      )
    except ValueError as error:
      raise UserError(
        f'JaxDQNAgent.optimizer is {self._optimizer_name!r}: choose adam, '
        'rmsprop or sgd.'
      ) from error
    self.optimizer_state = self.optimizer.init(self.online_params)
    self.pretraining_updates = self.online_updates = 0
    self.teacher: Teacher | None = None
    self.set_distill_coefficient(self._initial_distill_coefficient)
    self._build_programs()

  def _build_programs(self) -> None:
    # gin's wrapper costs more than the schedule, at each step; it has nothing
    # to add to a call that passes every argument.
    self.epsilon_fn = inspect.unwrap(
      self.epsilon_fn, stop=lambda f: hasattr(f, 'lower')
    )
    update = learning.make_update(
      self._make_objective(self._q_values), self.optimizer
    )
    stack_size = self.stack_size
    self._update = learning.jit_update(update)
    self._scanned_update = learning.make_scanned_update(
      update,
      lambda data, slots: device_view.gather(
        data, slots, stack_size=stack_size
      ),
    )
    self._act = behavior.make_act(self._q_values, self.num_actions)
    self._q_batch = jax.jit(jax.vmap(self._q_values, in_axes=(None, 0)))

  def make_replay(self, capacity: int) -> FrameStore:
    """Makes an empty replay with the student's n, discount and stack.

    Args:
      capacity: frames to keep; memory is taken as they arrive.

    Returns:
      A `FrameStore` with room for a teacher's logits.
    """
    return FrameStore(
      capacity=capacity,
      observation_shape=self.observation_shape,
      observation_dtype=np.dtype(self.observation_dtype),
      stack_size=self.stack_size,
      n_step=self.update_horizon,
      gamma=self.gamma,
      num_actions=self.num_actions,
      batch_size=self._batch_size,
      seed=self._seed,
    )

  @property
  def replay(self) -> FrameStore:
    """The student's own experience."""
    return self._replay

  @property
  def batch_size(self) -> int:
    """Elements per update."""
    return self._batch_size

  # Learning.

  @property
  def _learner_state(self) -> LearnerState:
    return LearnerState(self.online_params, self.optimizer_state)

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
    self.online_params, self.optimizer_state = state
    self.pretraining_updates += len(slots)
    if self.pretraining_updates % self.offline_target_period == 0:
      self._sync_weights()
    return metrics

  def finish_pretraining(self) -> None:
    """Syncs the target once, at the switch from offline to online.

    The optimiser keeps its moments: the loss is the same in both phases.
    """
    self._sync_weights()

  def _sync_weights(self) -> None:
    # A copy: the update takes over the memory of the online parameters.
    self.target_network_params = jax.tree.map(jnp.copy, self.online_params)

  def _train_step(self) -> None:
    if self._replay.add_count > self.min_replay_history:
      if self.training_steps % self.update_period == 0:
        self._train_once()
      # Apart from the update, or the two periods would have to divide.
      if self.training_steps % self.target_update_period == 0:
        self._sync_weights()
    self.training_steps += 1

  def _train_once(self) -> None:
    if self.is_listening:
      labelling.label(self._replay, self.teacher, chunk=self.update_period)
    state, metrics = self._update(
      self._learner_state,
      self.target_network_params,
      self._replay.sample(),
      self._coefficients,
    )
    self.online_params, self.optimizer_state = state
    self.online_updates += 1
    # Counted in updates: the two periods need not divide.
    period = max(1, self.summary_writing_frequency // self.update_period)
    if self.online_updates % period == 0:
      self._write(metrics)

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
        if self.is_listening or name != 'Loss/Distill'
      ],
      collector_allowlist=self._collector_allowlist,
    )
