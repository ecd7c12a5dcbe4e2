"""Construction: network, optimiser, replay and jitted programs of a student."""

import inspect
from typing import Any

import jax
import numpy as np
import optax
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.agents import (
  behavior,
  network_fit,
)
from reincarnating_rl.learner import (
  augmentation,
)
from reincarnating_rl.learner import (
  update as learning,
)
from reincarnating_rl.learner.objective import (
  Objective,
  value_objective,
)
from reincarnating_rl.learner.td_losses import TDLoss
from reincarnating_rl.learner.types import (
  Array,
  Params,
)
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import Teacher

_REPLAYS = {'uniform': FrameStore, 'prioritized': PrioritizedFrameStore}


class Construction:
  """Builds a student around its head.

  Part of `ReincarnationMixin`, which has the attributes used here.
  """

  _network_fields: tuple[str, ...] = ()  # besides num_actions
  _key_per_state = False  # or one for a batch, as noisy layers have it

  def _make_td_loss(self) -> TDLoss:
    """Returns how the network's outputs at two states are compared."""
    raise NotImplementedError

  def _network_arguments(self, key: Array, eval_mode: bool) -> dict[str, Any]:
    """Returns what the network takes besides the state."""
    del key, eval_mode
    return {}

  def _output_shapes(self) -> dict[str, tuple[int, ...]]:
    """Returns the shapes that the network's outputs must have."""
    return {'q_values': (self.num_actions,)}

  # Dopamine's constructor calls these two.

  def _build_replay_buffer(self) -> FrameStore:
    if self._replay_scheme not in _REPLAYS:
      raise UserError(
        f'The replay_scheme is {self._replay_scheme!r}: choose one of '
        f'{", ".join(_REPLAYS)}.'
      )
    return self.make_replay(
      self._replay_capacity, kind=_REPLAYS[self._replay_scheme]
    )

  def _build_networks_and_optimizer(self) -> None:
    # Dopamine keeps the stack in float64, eight times what crosses to JAX.
    self.state = np.zeros(self.state.shape, np.dtype(self.observation_dtype))
    self._rng, key = jax.random.split(self._rng)
    network_fit.check_output(
      self.network_parameter,
      self.network_def,
      lambda: self._output(self._init_params(key), self.state, key, True),
      self._output_shapes(),
    )
    self.online_params = self._init_params(key)
    self._sync_weights()
    self.optimizer = self._make_optimizer()
    self.optimizer_state = self.optimizer.init(self.online_params)
    self.pretraining_updates = self.online_updates = 0
    self.teacher: Teacher | None = None
    self.set_distill_coefficient(self._initial_distill_coefficient)
    self._build_programs()

  def _init_params(self, key: Array) -> Params:
    return self.network_def.init(
      key, self.preprocess_fn(self.state), **self._network_arguments(key, True)
    )

  def _output(
    self, params: Params, state: Array, key: Array, eval_mode: bool
  ) -> Any:
    return self.network_def.apply(
      params,
      self.preprocess_fn(state),
      **self._network_arguments(key, eval_mode),
    )

  def _online_output(self, params: Params, state: Array, key: Array) -> Any:
    """Returns what the loss reads of a state."""
    return self._output(params, state, key, False)

  def _next_output(self, params: Params, state: Array, key: Array) -> Any:
    """Returns what the loss reads of a next state."""
    return self._online_output(params, state, key)

  def _make_optimizer(self) -> optax.GradientTransformation:
    try:
      return dqn_agent.create_optimizer(self._optimizer_name, learning_rate=1.0)
    except ValueError as error:
      raise UserError(
        f'JaxDQNAgent.optimizer is {self._optimizer_name!r}: choose adam, '
        'rmsprop or sgd.'
      ) from error

  def _make_objective(self) -> Objective:
    objective = value_objective(
      self._online_output,
      self._make_td_loss(),
      double=self._double_dqn,
      td_coefficient=self._td_coefficient,
      teacher_term=self._teacher_term,
      next_network=self._next_output,
      key_per_state=self._key_per_state,
    )
    if not self._data_augmentation:
      return objective
    if len(self.observation_shape) != 2:
      raise UserError(
        'Student.data_augmentation is for images; these observations have the '
        f'shape {self.observation_shape}.'
      )
    return augmentation.augmented(objective)

  def _build_programs(self) -> None:
    # gin's wrapper costs more than the schedule, at each step; it has nothing
    # to add to a call that passes every argument.
    self.epsilon_fn = inspect.unwrap(
      self.epsilon_fn, stop=lambda f: hasattr(f, 'lower')
    )
    update = learning.make_update(self._make_objective(), self.optimizer)
    stack_size = self.stack_size
    self._update = learning.jit_update(update)
    self._scanned_update = learning.make_scanned_update(
      update,
      lambda data, slots: device_view.gather(
        data, slots, stack_size=stack_size
      ),
    )
    self._act = behavior.make_act(self._output, self.num_actions)
    self._q_batch = jax.jit(
      jax.vmap(
        lambda params, state, key: (
          self._output(params, state, key, True).q_values
        ),
        in_axes=(None, 0, 0),
      )
    )

  def make_replay(
    self, capacity: int, *, kind: type[FrameStore] = FrameStore
  ) -> FrameStore:
    """Makes an empty replay with the student's n, discount and stack.

    Args:
      capacity: frames to keep; memory is taken as they arrive.
      kind: how it is sampled; uniformly by default.

    Returns:
      The replay, with room for a teacher's logits.
    """
    return kind(
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
