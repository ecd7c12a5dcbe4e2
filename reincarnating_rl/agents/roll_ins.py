"""The actor of JSRL: the teacher takes the first steps of an episode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reincarnating_rl.agents.actor import Actor
from reincarnating_rl.learner import schedules
from reincarnating_rl.learner.types import Array, Params
from reincarnating_rl.methods.settings import JSRLSettings

if TYPE_CHECKING:
  from reincarnating_rl.envs.lanes import Policy


class TeacherBegins(Actor):
  """JSRL: the teacher takes the first steps of each training episode.

  h ~ U{1..alpha} of them, and `alpha <- beta alpha` after each online iteration
  (Uchendu et al. 2022, as Agarwal et al. 2022, section 4.1, compare with). The
  student takes all others, and those of evaluations.

  Attributes:
    iterations: online iterations that are over.
    steps: that the teacher has taken.
  """

  def __init__(
    self,
    student: Actor,
    teacher: Policy | None,
    settings: JSRLSettings,
    *,
    seed: int,
    num_lanes: int = 1,
  ) -> None:
    """Takes who acts.

    Args:
      student: acts when the teacher does not.
      teacher: None for the student alone.
      settings: alpha and beta.
      seed: of the lengths of roll-ins, and of what the teacher draws.
      num_lanes: L, environments that are acted in.
    """
    self._student, self._teacher, self._settings = student, teacher, settings
    self._rng = np.random.default_rng((seed, 2))
    self._draws = np.random.default_rng((seed, 3))  # Of a teacher that samples.
    self._left = [0] * num_lanes  # Steps of the teacher's in each.
    self.iterations = self.steps = 0

  @property
  def horizon(self) -> int:
    """The longest roll-in now, in steps; 0 once the student acts alone."""
    return schedules.roll_in_horizon(
      self.iterations,
      initial=self._settings.max_roll_in_steps,
      decay=self._settings.roll_in_decay,
    )

  @property
  def counters(self) -> dict[str, float]:
    """Steps that the teacher took, and iterations."""
    return {'online_iterations': self.iterations, 'roll_in_steps': self.steps}

  @property
  def metrics(self) -> dict[str, float]:
    """The longest roll-in now, and the teacher's steps so far."""
    return {'RollInHorizon': self.horizon, 'RollInSteps': self.steps}

  def begin_episode(self, *, training: bool, lane: int = 0) -> None:
    """Draws how many steps the teacher takes of a training episode."""
    self._left[lane] = 0
    if training and self.horizon and self._teacher is not None:
      self._left[lane] = int(self._rng.integers(1, self.horizon + 1))

  def __call__(
    self,
    params: Params,
    state: np.ndarray,
    key: Array,
    epsilon: float,
    eval_mode: bool,
  ) -> tuple[Array, np.ndarray]:
    """See `Actor`."""
    if eval_mode or not self._left[0]:
      return self._student(params, state, key, epsilon, eval_mode)
    return key, self._ask(state[None])[0]

  def act_in_lanes(
    self, params: Params, states: np.ndarray, key: Array, epsilons: np.ndarray
  ) -> tuple[Array, np.ndarray]:
    """See `Actor`."""
    is_taught = np.array(self._left) > 0
    if is_taught.all():
      return key, self._ask(states)
    key, actions = self._student.act_in_lanes(params, states, key, epsilons)
    if is_taught.any():
      actions = actions.copy()
      actions[is_taught] = self._ask(states)[is_taught]
    return key, actions

  def _ask(self, states: np.ndarray) -> np.ndarray:
    """Returns the teacher's actions, a step of each roll-in."""
    self.steps += sum(left > 0 for left in self._left)
    self._left = [max(left - 1, 0) for left in self._left]
    bits = self._draws.integers(2**32, size=(len(states), 2), dtype=np.uint32)
    actions, _ = self._teacher(states, bits)
    return np.asarray(actions)

  def finish_iteration(self) -> None:
    """Lets the horizon decay."""
    self.iterations += 1

  def state_dict(self) -> dict[str, Any]:
    """Returns what shapes its future, JSON-able; between episodes."""
    return self.counters | {
      'roll_in_sampler': self._rng.bit_generator.state,
      'action_sampler': self._draws.bit_generator.state,
      'roll_ins_left': self._left,
    }

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Inverse of `state_dict`."""
    self.iterations = state['online_iterations']
    self.steps = state['roll_in_steps']
    self._rng.bit_generator.state = state['roll_in_sampler']
    self._draws.bit_generator.state = state['action_sampler']
    self._left = list(state['roll_ins_left'])
