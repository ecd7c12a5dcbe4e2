"""The student: a Dopamine JAX agent that learns from a teacher.

`ValueStudent` and `ControlStudent` are its two kinds.

It owns its parts and hands Dopamine's calls on to them: `actor` chooses
actions, `batches` holds the replay, `weaner` the weights of the loss, and
`trainer` updates the pure `learner`.
"""

import dataclasses
from typing import Any

import gin
import numpy as np

from reincarnating_rl.agents import building, due_updates
from reincarnating_rl.agents.student_spec import StudentSpec
from reincarnating_rl.learner.actions import Actions
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
    *('actions', 'seed', 'teacher', 'game', 'network'),
    *('method_settings', 'kind_settings', 'num_environments'),
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
    actions: what it acts by.
    teacher: whose policy labels the states, or None.
    due_updates: that wait for others, to be made by one call.
  """

  method: Method
  kind: StudentKind

  def __init__(
    self,
    actions: Actions,
    *,
    seed: int,
    teacher: Teacher | None = None,
    game: dict[str, Any] | None = None,
    network: Any = None,
    method_settings: Any = None,
    kind_settings: Any = None,
    num_environments: int = 1,
    learning_rate: NonNegativeFloat = 6.25e-5,
    final_learning_rate: NonNegativeFloat | None = None,
    replay_capacity: PositiveInt = 1_000_000,
    batch_size: PositiveInt = 32,
    updates_per_step: PositiveInt = 1,
    updates_per_program: PositiveInt = 1,
    replay_on_device: bool = False,
    data_augmentation: bool = False,
    torso_from: str | None = None,
    freeze_torso: bool = False,
  ) -> None:
    """Builds the student; bindings of its Dopamine agent set the rest.

    Args:
      actions: what it acts by.
      seed: of the network, exploration, replay and roll-ins.
      teacher: None for tabula rasa.
      game: settings of Dopamine's agent that the game tells: observations.
      network: in place of what gin binds.
      method_settings: of `method`; None for its defaults.
      kind_settings: of `kind`; None for its defaults.
      num_environments: L, in which it acts at a time; see `side_by_side`.
      learning_rate: while the teacher, if any, is followed in full.
      final_learning_rate: once weaned; None keeps `learning_rate`.
      replay_capacity: frames in the student's replay.
      batch_size: elements per update.
      updates_per_step: updates that are made where one is due.
      updates_per_program: K of the updates that are due together are made by
        one call: those of a step, and of several environments. Priorities
        change after the call.
      replay_on_device: whether updates gather from a copy of the replay in the
        device's memory.
      data_augmentation: whether updates shift and scale images, as in DrQ.
      torso_from: checkpoint whose layers the torso begins with; see `torso`.
      freeze_torso: whether these stay what they are.

    Raises:
      UserError: a setting makes no sense, or the network does not fit.
    """
    self.actions, self.teacher = actions, teacher
    self.batch_size = batch_size
    self.method_settings = method_settings or self.method.settings()
    self._spec = StudentSpec(
      method=self.method,
      settings=self.method_settings,
      kind=self.kind,
      teacher=teacher,
      learning_rate=learning_rate,
      final_learning_rate=final_learning_rate,
      replay_capacity=replay_capacity,
      batch_size=batch_size,
      augments=data_augmentation,
      torso_from=torso_from,
      freezes_torso=freeze_torso,
      num_environments=num_environments,
      replay_on_device=replay_on_device,
    )
    self._spec.check_teacher()
    self.kind_settings = kind_settings or self.kind.settings()
    vars(self).update(dataclasses.asdict(self.kind_settings))
    self.updates_per_step = updates_per_step
    self.updates_per_program = updates_per_program
    self.due_updates = 0
    self.num_environments = num_environments
    self._game_settings = dict(game or {})
    super().__init__(**self._dopamine_settings(seed, network))

  def _dopamine_settings(self, seed: int, network: Any) -> dict[str, Any]:
    """Returns what Dopamine's constructor is called with."""
    raise NotImplementedError

  def _finish_building(self) -> None:
    """Compiles what only this kind of student does."""

  # Dopamine's constructor calls these two.

  def _build_replay_buffer(self) -> FrameStore:
    return building.make_own_replay(self, self._spec)

  def _build_networks_and_optimizer(self) -> None:
    # Dopamine keeps the stack in float64, eight times what crosses to JAX.
    self.state = np.zeros(self.state.shape, np.dtype(self.observation_dtype))
    parts = building.build(self, self._spec, self._replay)
    self.value, self.terms, self.learner, self.weaner = parts[:4]
    self.batches, self.trainer, self.actor, self.torso = parts[4:]
    self._finish_building()

  def make_replay(self, capacity: int, remedy: str = 'use less') -> FrameStore:
    """Makes an empty, uniform replay with the student's n and stack.

    Args:
      capacity: frames to keep; memory is taken as they arrive.
      remedy: what to do where it is too large.

    Raises:
      UserError: the memory has no room for it.
    """
    return building.make_teacher_replay(self, self._spec, capacity, remedy)

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
    action: Array | int,
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
      due_updates.make(self)
    state = self.trainer.state
    key, self.action = self.actor(
      state.params, self.state, state.key, self.epsilon, self.eval_mode
    )
    self.trainer.state = state._replace(key=key)
    return self.action

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
    if self._may_learn:
      if self.training_steps % self.update_period == 0:
        self.due_updates += self.updates_per_step
        if self.updates_per_program == 1:
          due_updates.make(self)
      # Apart from the update, or the two periods would have to divide.
      is_due = self.training_steps % self.target_update_period == 0
      if is_due and self.learner.has_hard_target:
        due_updates.make(self)
        self.trainer.sync_target()
    self.training_steps += 1

  @property
  def _may_learn(self) -> bool:
    """Whether the replay is full enough, and a warm-up is over."""
    warm_up = self.method.warm_up_steps(self.method_settings)
    return (
      self._replay.add_count > self.min_replay_history
      and self.training_steps >= warm_up
    )
