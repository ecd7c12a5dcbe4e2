"""The student: a Dopamine JAX agent that learns from a teacher.

It owns its parts and hands Dopamine's calls on to them: `actor` chooses
actions, `batches` holds the replay, `weaner` the weights of the loss, and
`trainer` updates the pure `learner`.
"""

from typing import Any

import gin
import jax
import numpy as np
from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.agents import building, gin_forwarding
from reincarnating_rl.agents.trainer import on_host
from reincarnating_rl.learner.types import Array, Params, Transition
from reincarnating_rl.methods.method import Method
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.students import StudentKind
from reincarnating_rl.support.setting_types import (
  NonNegativeFloat,
  PositiveInt,
)
from reincarnating_rl.teachers.base import Teacher


@gin.configurable(
  denylist=[
    *('num_actions', 'seed', 'teacher', 'game', 'network'),
    *('method_settings', 'kind_settings'),
  ]
)
class Student:
  """What every student adds to its Dopamine agent.

  `classes.py` puts it before a Dopamine class, and says the method and kind.

  It has the parts of `building.Parts`, and Dopamine's attributes:
  `training_steps` counts environment steps online.

  Attributes:
    method: the entry of `methods.table.METHODS`.
    kind: the entry of `students.STUDENTS`.
    teacher: whose logits label the states, or None.
  """

  method: Method
  kind: StudentKind
  _num_updates_per_train_step = 1
  _hidden_settings: frozenset[str] = frozenset()

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    teacher: Teacher | None = None,
    game: dict[str, Any] | None = None,
    network: Any = None,
    method_settings: Any = None,
    kind_settings: dict[str, Any] | None = None,
    learning_rate: NonNegativeFloat = 6.25e-5,
    final_learning_rate: NonNegativeFloat | None = None,
    replay_capacity: PositiveInt = 1_000_000,
    batch_size: PositiveInt = 32,
    data_augmentation: bool = False,
  ) -> None:
    """Builds the student; bindings of its Dopamine agent set the rest.

    Args:
      num_actions: A.
      seed: of the network, exploration, replay and roll-ins.
      teacher: None for tabula rasa.
      game: settings of `JaxDQNAgent` that the game tells: the observations.
      network: in place of what gin binds.
      method_settings: of `method`; None for its defaults.
      kind_settings: what `kind.settings` names.
      learning_rate: while the teacher, if any, is followed in full.
      final_learning_rate: once weaned; None keeps `learning_rate`.
      replay_capacity: frames in the student's replay.
      batch_size: elements per update.
      data_augmentation: whether updates shift and scale images, as in DrQ.

    Raises:
      UserError: a setting makes no sense, or the network does not fit.
    """
    self.teacher, self.batch_size = teacher, batch_size
    self.method_settings = method_settings or self.method.settings()
    self._spec = building.StudentSpec(
      method=self.method,
      settings=self.method_settings,
      kind=self.kind,
      teacher=teacher,
      learning_rate=learning_rate,
      final_learning_rate=final_learning_rate,
      replay_capacity=replay_capacity,
      batch_size=batch_size,
      augments=data_augmentation,
    )
    vars(self).update({**self.kind.settings, **(kind_settings or {})})
    self._game_settings = dict(game or {})
    if self.kind.hides_base_settings:
      self._hidden_settings = gin_forwarding.hidden_names(self.kind.gin_name)
    settings = gin_forwarding.dopamine_settings(
      self.kind, self._hidden_settings, network
    )
    if not self.kind.forwards:
      settings |= self._game_settings
    super().__init__(num_actions, seed=seed, **settings)

  # Dopamine's constructor calls these two.

  def _build_replay_buffer(self) -> FrameStore:
    return self.make_replay(
      self._spec.replay_capacity, kind=gin_forwarding.replay_class(self.kind)
    )

  def _build_networks_and_optimizer(self) -> None:
    # Dopamine keeps the stack in float64, eight times what crosses to JAX.
    self.state = np.zeros(self.state.shape, np.dtype(self.observation_dtype))
    parts = building.build(self, self._spec, self._replay)
    self.value, self.terms, self.learner, self.weaner = parts[:4]
    self.batches, self.trainer, self.actor = parts[4:]
    self._q_batch = jax.jit(self.learner.q_values)
    self.epsilon_fn = gin_forwarding.unwrapped(self.epsilon_fn)

  def make_replay(
    self, capacity: int, *, kind: type[FrameStore] = FrameStore
  ) -> FrameStore:
    """Makes an empty replay with the student's n, discount and stack.

    Args:
      capacity: frames to keep; memory is taken as they arrive.
      kind: how it is sampled; uniformly by default.
    """
    return building.make_replay(self, self._spec, capacity, kind)

  # Acting.

  def begin_episode(self, observation: np.ndarray) -> np.ndarray:
    """Starts an episode; returns the first action."""
    self._reset_state()
    self._record_observation(observation)
    self.actor.begin_episode(training=not self.eval_mode)
    return self._train_and_act()

  def step(self, reward: float, observation: np.ndarray) -> np.ndarray:
    """Stores what the last action led to; returns the next action."""
    self._store_transition(self._observation, self.action, reward, False)
    self._record_observation(observation)
    return self._train_and_act()

  def _record_observation(self, observation: np.ndarray) -> None:
    # A new array: XLA on the CPU may still be reading the old one.
    self._observation = np.reshape(observation, self.observation_shape)
    newest = self._observation[..., None]
    self.state = np.concatenate([self.state[..., 1:], newest], axis=-1)

  def _store_transition(
    self,
    last_observation: np.ndarray,
    action: int,
    reward: float,
    is_terminal: bool,
    *,
    episode_end: bool = False,
  ) -> None:
    if not self.eval_mode:
      self._replay.add(
        Transition(last_observation, action, reward, is_terminal, episode_end)
      )

  def _train_and_act(self) -> np.ndarray:
    if not self.eval_mode:
      self._train_step()
    state = self.trainer.state
    key, self.action = self.actor(
      state.params, self.state, state.key, self.epsilon, self.eval_mode
    )
    self.trainer.state = state._replace(key=key)
    return self.action

  @property
  def epsilon(self) -> float:
    """Probability of a random action now.

    Offline updates count as steps, as in the paper, so that exploration is at
    its end when the online phase begins.
    """
    if self.eval_mode:
      return self.epsilon_eval
    return self.epsilon_fn(
      self.epsilon_decay_period,
      self.training_steps + self.trainer.pretraining_updates,
      self.min_replay_history,
      self.epsilon_train,
    )

  def q_values(self, states: Array, keys: np.ndarray | None = None) -> Array:
    """Returns the student's Q-values [B, A] in evaluation.

    Args:
      states: [B, *O, S].
      keys: [B, 2] uint32, raw JAX keys, of a student whose values are means of
        samples; None for the same ones every time.
    """
    if keys is None:
      keys = np.zeros((len(states), 2), np.uint32)
    return self._q_batch(self.trainer.state.params, states, keys)

  # Learning.

  @property
  def online_params(self) -> Params:
    """Parameters of the online network."""
    return self.trainer.state.params

  @property
  def target_network_params(self) -> Params:
    """Parameters of the target network."""
    return self.trainer.state.target_params

  @property
  def optimizer_state(self) -> Any:
    """The optimiser's moments."""
    return self.trainer.state.optimizer_state

  def _train_step(self) -> None:
    if self._replay.add_count > self.min_replay_history:
      if self.training_steps % self.update_period == 0:
        for _ in range(self._num_updates_per_train_step):
          self._train_once()
      # Apart from the update, or the two periods would have to divide.
      if self.training_steps % self.target_update_period == 0:
        self.trainer.sync_target()
    self.training_steps += 1

  def _train_once(self) -> None:
    metrics = self.trainer.train(online_steps=self.training_steps)
    periods = self.summary_writing_frequency, self.update_period
    has_runner = hasattr(self, 'collector_dispatcher')
    if has_runner and self.trainer.is_writing(*periods):
      step = self.training_steps
      values = on_host(metrics, f'online step {step}')
      self.collector_dispatcher.write(
        [StatisticsInstance(name, x, step) for name, x in values.items()],
        collector_allowlist=self._collector_allowlist,
      )
