"""What a teacher is."""

import hashlib
import math
from collections.abc import Callable
from typing import Any, Protocol

import jax.numpy as jnp

from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.learner.kinds import TANH_GAUSSIAN
from reincarnating_rl.learner.types import Array

GREEDY, SAMPLE = 'greedy', 'sample'
ACTS = (GREEDY, SAMPLE)
"""How a teacher chooses an action where it plays."""


# Groups of arrays in a checkpoint that training can go on from.
ONLINE, TARGET, OPTIMIZER = 'online_params', 'target_params', 'optimizer_state'


class Teacher(Protocol):
  """A fixed policy over `num_actions` actions.

  Attributes:
    num_actions: A.
    fingerprint: SHA-256 of its parameters, in hex.
    lineage: where it came from; JSON.
    acts: how it plays where it is measured, collects data or rolls in:
      'greedy', by the first of the largest logits; 'sample', by a draw from
      `softmax` of them. The student imitates the same policy either way.
  """

  num_actions: int
  fingerprint: str
  lineage: dict[str, Any]
  acts: str

  def policy_logits(self, states: Array) -> Array:
    """Returns the finished logits of its policy.

    Args:
      states: [B, *O, S], for any B.

    Returns:
      [B, A] float32; `softmax` of a row is the policy in that state. Q/tau for
      a teacher of Q-values.
    """
    ...


class ContinuousTeacher(Protocol):
  """A fixed policy over vectors in [-1, 1]^D.

  Attributes:
    actions: D, and the bounds of the game that it was trained in.
    distribution: what its parameters are of, one of
      `learner.kinds.DISTRIBUTIONS`:
      'deterministic', W = D: the action; 'gaussian', W = 2D: means and log
      standard deviations of actions, clipped to [-1, 1] afterwards;
      'tanh_gaussian', W = 2D: those of what `tanh` makes actions.
    fingerprint: SHA-256 of its parameters, in hex.
    lineage: where it came from; JSON.
    acts: how it plays: 'greedy', by its mean; 'sample', by a draw.
  """

  actions: Continuous
  distribution: str
  fingerprint: str
  lineage: dict[str, Any]
  acts: str

  def policy_parameters(self, states: Array) -> Array:
    """Returns the parameters of its policy.

    Args:
      states: [B, *O, S], for any B.

    Returns:
      [B, W] float32; see `distribution`.
    """
    ...


AnyTeacher = Teacher | ContinuousTeacher


def asked(teacher: AnyTeacher) -> Callable[[Array], Array]:
  """Returns what a teacher is asked for its policy: `states -> [B, W]`."""
  if hasattr(teacher, 'policy_parameters'):
    return teacher.policy_parameters
  return teacher.policy_logits


def actions_of(teacher: AnyTeacher) -> Actions:
  """Returns a teacher's actions."""
  if hasattr(teacher, 'num_actions'):
    return Discrete(teacher.num_actions)
  return teacher.actions


def random_teacher(actions: Actions) -> AnyTeacher:
  """Makes a teacher without preferences, where it is asked for by name."""
  if isinstance(actions, Continuous):
    return ContinuousRandomTeacher(actions)
  return RandomTeacher(actions.number)


def _random_lineage(actions: Actions) -> dict[str, Any]:
  number = getattr(actions, 'number', None)
  told = f'{number} actions' if number is not None else str(actions)
  text = f'random teacher of {told}'
  return {
    'agent': 'random',
    'fingerprint': hashlib.sha256(text.encode()).hexdigest(),
    'acts': SAMPLE,
  }


class RandomTeacher:
  """A teacher of discrete actions without preferences."""

  acts = SAMPLE

  def __init__(self, num_actions: int) -> None:
    self.num_actions = num_actions
    self.lineage = _random_lineage(Discrete(num_actions))
    self.fingerprint: str = self.lineage['fingerprint']

  def policy_logits(self, states: Array) -> Array:
    """Returns zeros[B, A], the logits of the uniform policy."""
    return jnp.zeros((len(states), self.num_actions), jnp.float32)


class ContinuousRandomTeacher:
  """A teacher of vectors without preferences.

  It is the Gaussian under a `tanh` that comes nearest to the uniform policy on
  [-1, 1]^D: the one of the least KL divergence from it.
  """

  acts = SAMPLE
  distribution = TANH_GAUSSIAN
  # artanh of a uniform number is logistic, of this standard deviation.
  _LOG_STD = math.log(math.pi / math.sqrt(12.0))

  def __init__(self, actions: Continuous) -> None:
    self.actions = actions
    self.lineage = _random_lineage(actions)
    self.fingerprint: str = self.lineage['fingerprint']

  def policy_parameters(self, states: Array) -> Array:
    """Returns [B, 2D]: means of zero, and the same log deviation for all."""
    row = jnp.repeat(jnp.float32([0.0, self._LOG_STD]), self.actions.size)
    return jnp.tile(row, (len(states), 1))
