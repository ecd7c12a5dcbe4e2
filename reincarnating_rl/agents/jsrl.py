"""JSRL: the teacher begins the student's episodes, ever more briefly."""

from typing import Any

import numpy as np

from reincarnating_rl.learner import schedules
from reincarnating_rl.support.errors import UserError


class JSRL:
  """Jump-start RL (Uchendu et al. 2022), before any student's class.

  As Agarwal et al. 2022, section 4.1, compare with: in each training episode
  the teacher acts for h ~ U{1..alpha} steps, greedily in its logits, and the
  student for the rest of it; alpha <- beta alpha after each online iteration.
  The student learns from all steps, which count as its own; nobody but the
  student acts in evaluations. Without a teacher, it is tabula rasa.
  """

  needs_teacher = True

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    max_roll_in_steps: float = 1000,
    roll_in_decay: float = 0.8,
  ) -> None:
    """Builds the student.

    Args:
      num_actions: A.
      seed: of the network, exploration, replay and roll-ins.
      max_roll_in_steps: alpha in the first online iteration.
      roll_in_decay: beta; once alpha is below 1, the student acts alone.

    Raises:
      UserError: a setting is out of its range.
    """
    if max_roll_in_steps < 0 or not 0.0 <= roll_in_decay <= 1.0:
      raise UserError(
        f'{type(self).__name__}.max_roll_in_steps is {max_roll_in_steps} and '
        f'.roll_in_decay {roll_in_decay}: the former is at least 0, the latter '
        'from 0 to 1.'
      )
    self._roll_in = (max_roll_in_steps, roll_in_decay)
    self._roll_in_rng = np.random.default_rng((seed, 2))
    self._roll_in_left = 0
    self.online_iterations = self.roll_in_steps = 0
    super().__init__(num_actions, seed=seed)

  @property
  def roll_in_horizon(self) -> int:
    """The longest roll-in now, in steps; 0 once the student acts alone."""
    initial, decay = self._roll_in
    return schedules.roll_in_horizon(
      self.online_iterations, initial=initial, decay=decay
    )

  def finish_online_iteration(self) -> None:
    """Lets the horizon decay."""
    super().finish_online_iteration()
    self.online_iterations += 1

  def begin_episode(self, observation: np.ndarray) -> np.ndarray:
    """Starts an episode, and draws who begins it; returns the first action."""
    self._roll_in_left = 0
    horizon = self.roll_in_horizon
    if horizon and self.teacher is not None and not self.eval_mode:
      self._roll_in_left = int(self._roll_in_rng.integers(1, horizon + 1))
    return super().begin_episode(observation)

  def _choose_action(self) -> np.ndarray:
    if not self._roll_in_left or self.eval_mode:
      return super()._choose_action()
    self._roll_in_left -= 1
    self.roll_in_steps += 1
    logits = np.asarray(self.teacher.policy_logits(self.state[None]))
    return np.asarray(np.argmax(logits[0]), np.int32)

  @property
  def counters(self) -> dict[str, float]:
    """What the student has spent; steps that the teacher took are among its."""
    return super().counters | {
      'online_iterations': self.online_iterations,
      'roll_in_steps': self.roll_in_steps,
    }

  @property
  def online_metrics(self) -> dict[str, float]:
    """What to log of an online iteration."""
    return super().online_metrics | {
      'RollInHorizon': self.roll_in_horizon,
      'RollInSteps': self.roll_in_steps,
    }

  @property
  def identity(self) -> dict[str, Any]:
    """What may not differ when a run is resumed, JSON-able."""
    initial, decay = self._roll_in
    return super().identity | {
      'longest roll-in': initial,
      'decay of the roll-in': decay,
    }

  @property
  def method_state(self) -> dict[str, Any]:
    """What shapes the method's future, JSON-able."""
    return super().method_state | {
      'roll_in_sampler': self._roll_in_rng.bit_generator.state
    }

  def _restore_method(self, counters: dict[str, Any]) -> None:
    super()._restore_method(counters)
    self.online_iterations = counters['online_iterations']
    self.roll_in_steps = counters['roll_in_steps']
    state = counters['method']['roll_in_sampler']
    self._roll_in_rng.bit_generator.state = state
