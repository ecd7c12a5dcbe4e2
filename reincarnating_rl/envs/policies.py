"""Policies for rollouts, made of logits or Q-values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import DivergedError, pick

if TYPE_CHECKING:
  from reincarnating_rl.envs.lanes import Policy

Logits = Callable[[Array], Array]
"""`states[B, *O, S] -> [B, A]`; the greedy action has the largest."""

SampledLogits = Callable[[Array, np.ndarray], Array]
"""The same, from states and raw JAX keys `[B, 2]`."""

_BAD_TEACHER = (
  "The teacher's logits are not finite numbers ({}): its training diverged, or "
  'its checkpoint is damaged. Use another checkpoint.'
)
_BAD_STUDENT = (
  "The student's values are not finite numbers ({}): training has diverged. "
  'Try a smaller Student.learning_rate.'
)

Act = Callable[[Array, Array, float], Array]
"""`(keys[B, 2], logits[B, A], epsilon) -> actions[B]`, of NumPy or of JAX."""


class PlayingTeacher(Protocol):
  """What a teacher needs in order to play."""

  acts: str  # a key of `ACTS`

  def policy_logits(self, states: Array) -> Array:
    """Returns the logits [B, A] of `states[B, *O, S]`."""
    ...


def teacher_policy(teacher: PlayingTeacher, epsilon: float) -> Policy:
  """Plays as a teacher does; its logits are the policy's extras.

  Args:
    teacher: its attribute `acts` says how an action is chosen.
    epsilon: probability of a uniformly random action instead, in [0, 1].

  Returns:
    The policy. It raises `DivergedError` if a logit is not finite.

  Raises:
    UnknownNameError: there is no such way to act.
  """
  return _policy(
    lambda states, keys: teacher.policy_logits(states),
    pick('way to act', ACTS, teacher.acts),
    epsilon,
    _BAD_TEACHER,
  )


def epsilon_greedy_policy(logits: Logits, epsilon: float) -> Policy:
  """Takes the action with the largest logit; logits are the policy's extras.

  Args:
    logits: a student's Q-values.
    epsilon: probability of a uniformly random action, in [0, 1].

  Returns:
    The policy. It raises `DivergedError` if a value is not finite.
  """
  return sampling_policy(lambda states, keys: logits(states), epsilon)


def sampling_policy(logits: SampledLogits, epsilon: float) -> Policy:
  """The same as `epsilon_greedy_policy`, for logits that are random.

  Args:
    logits: a student's Q-values, which may be means of samples.
    epsilon: probability of a uniformly random action, in [0, 1].

  Returns:
    The policy. It raises `DivergedError` if a value is not finite.
  """
  return _policy(logits, epsilon_greedy, epsilon, _BAD_STUDENT)


def _policy(
  logits: SampledLogits, act: Act, epsilon: float, message: str
) -> Policy:
  def policy(
    states: np.ndarray, keys: np.ndarray
  ) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(logits(np.ascontiguousarray(states), keys))
    _check_best(values, message)
    return act(keys, values, epsilon), values

  return policy


def check_teacher_logits(logits: np.ndarray) -> None:
  """Refuses logits that nothing can be learnt from.

  Args:
    logits: [B, A].

  Raises:
    DivergedError: one is not finite.
  """
  _check_finite(logits, _BAD_TEACHER)


def check_student_values(values: np.ndarray) -> None:
  """Refuses values that no action can be chosen by.

  Args:
    values: [B, A].

  Raises:
    DivergedError: one is not finite.
  """
  _check_finite(values, _BAD_STUDENT)


def _check_finite(values: np.ndarray, message: str) -> None:
  is_number = np.isfinite(values)
  if not is_number.all():
    raise DivergedError(message.format(values[~is_number][0]))


def _check_best(values: np.ndarray, message: str) -> None:
  _check_finite(values.max(axis=1), message)


def uniform_policy(num_actions: int) -> Policy:
  """Acts uniformly at random, without extras.

  Args:
    num_actions: A.
  """

  def policy(states: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, None]:
    del states
    return uniform(keys[:, 0], num_actions), None

  return policy


def epsilon_greedy(keys: Array, logits: Array, epsilon: float) -> Array:
  """Acts greedily, but uniformly with probability epsilon.

  Args:
    keys: [B, 2] uint32, uniform random bits.
    logits: [B, A].
    epsilon: in [0, 1].

  Returns:
    [B] int32 actions: the first of the best ones, as in training.
  """
  greedy = logits.argmax(axis=1).astype(np.int32)
  return _explored(keys, greedy, logits.shape[1], epsilon)


def epsilon_sample(keys: Array, logits: Array, epsilon: float) -> Array:
  """Draws from softmax(logits), but uniformly with probability epsilon.

  Args:
    keys: [B, 2] uint32, uniform random bits.
    logits: [B, A], at least one of each row above -inf.
    epsilon: in [0, 1].

  Returns:
    [B] int32 actions, a function of each row's key and logits.
  """
  # The second number chooses either here or in exploration, never in both.
  drawn = sample(keys[:, 1], logits)
  return _explored(keys, drawn, logits.shape[1], epsilon)


# What `Teacher.acts` may be.
ACTS: dict[str, Act] = {'greedy': epsilon_greedy, 'sample': epsilon_sample}


def _explored(
  keys: Array, actions: Array, num_actions: int, epsilon: float
) -> Array:
  # Below epsilon * 2^32, of which 2^32 is no number of 32 bits.
  most = np.ceil(epsilon * 2.0**32) - 1
  explore = keys[:, 0] <= np.uint32(max(most, 0))
  return _xp(keys).where(
    explore & (most >= 0), uniform(keys[:, 1], num_actions), actions
  )


def _xp(array: Array) -> Any:
  """Returns NumPy, or JAX's for JAX's arrays."""
  return jnp if isinstance(array, jax.Array) else np


def uniform(bits: Array, num_actions: int) -> Array:
  """Turns random bits into uniformly random actions.

  Args:
    bits: [B] uint32.
    num_actions: A, below 2^16.

  Returns:
    [B] int32: the high word of the product, uniform up to A / 2^32.
  """
  # By halves: JAX has no 64 bits.
  number, half = np.uint32(num_actions), np.uint32(16)
  low = (bits & np.uint32(0xFFFF)) * number >> half
  return (((bits >> half) * number + low) >> half).astype(np.int32)


def sample(bits: Array, logits: Array) -> Array:
  """Turns random bits into draws from softmax(logits), by its inverse CDF.

  All is float32. 24 bits make u < 1 exactly, so that u times a sum is below
  the sum and no action of probability 0 is drawn.

  Args:
    bits: [B] uint32.
    logits: [B, A], at least one of each row above -inf.

  Returns:
    [B] int32 actions.
  """
  logits, xp = logits.astype(np.float32), _xp(logits)
  weights = xp.exp(logits - logits.max(axis=1, keepdims=True))
  sums = xp.cumsum(weights, axis=1, dtype=np.float32)
  u = (bits >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
  below = sums <= u[:, None] * sums[:, -1:]
  return below.sum(axis=1, dtype=np.int32)
