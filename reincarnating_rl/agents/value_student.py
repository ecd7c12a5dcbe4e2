"""Students with Q-values, which act epsilon-greedily."""

from typing import Any

import jax
import numpy as np

from reincarnating_rl.agents import gin_forwarding
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.lanes import Policy
from reincarnating_rl.envs.policies import sampling_policy
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import UserError


class ValueStudent(Student):
  """What students with Q-values have beside `Student`."""

  first_argument = 'num_actions'
  _hidden_settings: frozenset[str] = frozenset()

  def __init__(self, num_actions: Discrete | int, **given: Any) -> None:
    """Builds the student; see `Student`.

    Args:
      num_actions: A, or the actions.
      **given: the rest.
    """
    is_known = isinstance(num_actions, Discrete)
    actions = num_actions if is_known else Discrete(num_actions)
    super().__init__(actions, **given)

  def _dopamine_settings(self, seed: int, network: Any) -> dict[str, Any]:
    if self.kind.hides_base_settings:
      self._hidden_settings = gin_forwarding.hidden_names(self.kind.gin_name)
    settings = gin_forwarding.dopamine_settings(
      self.kind, self._hidden_settings, network
    )
    if not self.kind.forwards:
      settings |= self._game_settings
    return {'num_actions': self.actions.number, 'seed': seed, **settings}

  def _build_networks_and_optimizer(self) -> None:
    # Dopamine's Rainbow has the same setting by a name of its own.
    told = getattr(self, '_num_updates_per_train_step', 1)
    if told != 1 and self.updates_per_step not in (1, told):
      raise UserError(
        f'Student.updates_per_step is {self.updates_per_step} and '
        f'JaxFullRainbowAgent.num_updates_per_train_step {told}: set one.'
      )
    self.updates_per_step = max(self.updates_per_step, told)
    super()._build_networks_and_optimizer()

  def _finish_building(self) -> None:
    self._q_batch = jax.jit(self.learner.q_values)
    self.epsilon_fn = gin_forwarding.unwrapped(self.epsilon_fn)

  @property
  def epsilon(self) -> float:
    """Probability of a random action now."""
    if self.eval_mode:
      return self.epsilon_eval
    return self.epsilon_at(self.training_steps)

  def epsilon_at(self, online_steps: int) -> float:
    """Returns the probability of a random action in training.

    Offline updates count as steps, as in the paper, so that exploration is at
    its end when the online phase begins.

    Args:
      online_steps: that have been taken.
    """
    return self.epsilon_fn(
      self.epsilon_decay_period,
      online_steps + self.trainer.pretraining_updates,
      self.min_replay_history,
      self.epsilon_train,
    )

  def evaluation_policy(self) -> Policy:
    """Returns how it plays where it is measured; Q-values are extras."""
    return sampling_policy(self.q_values, self.epsilon_eval)

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
