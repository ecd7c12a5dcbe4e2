"""Policies for rollouts, made of what a teacher or a student says."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from reincarnating_rl.envs import continuous_actions, discrete_actions
from reincarnating_rl.envs.discrete_actions import Act
from reincarnating_rl.learner.actions import Actions, Discrete
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import DivergedError, pick

if TYPE_CHECKING:
  from reincarnating_rl.envs.lanes import Policy

Logits = Callable[[Array], Array]
"""`states[B, *O, S] -> [B, A]`; the greedy action has the largest."""

Ask = Callable[[Array, np.ndarray], Array]
"""`(states[B, *O, S], keys[B, 2]) -> [B, W]`; the keys are raw JAX keys."""

_BAD_TEACHER = (
  "The teacher's policy is not of finite numbers ({}): its training diverged, "
  'or its checkpoint is damaged. Use another checkpoint.'
)
_BAD_STUDENT = (
  "The student's values are not finite numbers ({}): training has diverged. "
  'Try a smaller Student.learning_rate.'
)


class PlayingTeacher(Protocol):
  """What a teacher needs in order to play.

  One of discrete actions has `policy_logits(states[B, *O, S]) -> [B, A]`; one
  of vectors `policy_parameters(states[B, *O, S]) -> [B, W]` and
  `distribution`, what they are of. See `teachers.base`.
  """

  acts: str  # a key of `discrete_actions.ACTS`


def teacher_policy(teacher: PlayingTeacher, epsilon: float) -> Policy:
  """Plays as a teacher does; what it says of its policy are the extras.

  Args:
    teacher: its attribute `acts` says how an action is chosen.
    epsilon: probability of a uniformly random action instead, in [0, 1].

  Returns:
    The policy. It raises `DivergedError` if it cannot choose, for the teacher
    says no finite number.

  Raises:
    UnknownNameError: there is no such way to act.
  """
  act = pick('way to act', discrete_actions.ACTS, teacher.acts)
  if not hasattr(teacher, 'distribution'):
    return _policy(
      lambda states, keys: teacher.policy_logits(states),
      act,
      epsilon,
      functools.partial(_check_best, message=_BAD_TEACHER),
    )
  return _policy(
    _of_several(lambda states, keys: teacher.policy_parameters(states)),
    functools.partial(
      continuous_actions.of_policy,
      distribution=teacher.distribution,
      draws=act is discrete_actions.epsilon_sample,
    ),
    epsilon,
    check_teacher_policy,
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


def sampling_policy(logits: Ask, epsilon: float) -> Policy:
  """The same as `epsilon_greedy_policy`, for logits that are random.

  Args:
    logits: a student's Q-values, which may be means of samples.
    epsilon: probability of a uniformly random action, in [0, 1].

  Returns:
    The policy. It raises `DivergedError` if a value is not finite.
  """
  return _policy(
    logits,
    discrete_actions.epsilon_greedy,
    epsilon,
    functools.partial(_check_best, message=_BAD_STUDENT),
  )


def deterministic_policy(act: Ask) -> Policy:
  """Plays as a student of continuous actions does in evaluation.

  Args:
    act: `(states[B, *O, S], keys[B, 2]) -> actions[B, D]`, what the student
      does without noise. Actions beyond [-1, 1] are clipped.

  Returns:
    The policy, without extras. It raises `DivergedError` if an action is not
    finite.
  """
  act = _of_several(act)

  def policy(states: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, None]:
    actions = np.asarray(act(np.ascontiguousarray(states), keys))
    _check_all(actions, _BAD_STUDENT)
    return continuous_actions.within_bounds(actions), None

  return policy


def uniform_policy(actions: Actions) -> Policy:
  """Acts uniformly at random, without extras.

  Args:
    actions: of the game.
  """

  def policy(states: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, None]:
    del states
    if isinstance(actions, Discrete):
      return discrete_actions.uniform(keys[:, 0], actions.number), None
    return continuous_actions.uniform(keys, actions.size), None

  return policy


def _of_several(ask: Ask) -> Ask:
  """Has nobody asked of a single state.

  XLA rounds a matrix's product with one row otherwise than with several on a
  CPU, and physics turn the last bit of an action into another episode.
  """

  def asked(states: np.ndarray, keys: np.ndarray) -> Array:
    if len(states) > 1:
      return ask(states, keys)
    return ask(np.repeat(states, 2, axis=0), np.repeat(keys, 2, axis=0))[:1]

  return asked


def _policy(
  ask: Ask,
  act: Act,
  epsilon: float,
  check: Callable[[np.ndarray], None],
) -> Policy:
  def policy(
    states: np.ndarray, keys: np.ndarray
  ) -> tuple[np.ndarray, np.ndarray]:
    said = np.asarray(ask(np.ascontiguousarray(states), keys))
    check(said)
    return act(keys, said, epsilon), said

  return policy


def check_teacher_policy(policy: np.ndarray) -> None:
  """Refuses what a teacher says where nothing can be learnt from it.

  Args:
    policy: [B, W], logits or the parameters of a distribution.

  Raises:
    DivergedError: one is not finite.
  """
  _check_all(policy, _BAD_TEACHER)


def check_student_values(values: np.ndarray) -> None:
  """Refuses values that no action can be chosen by.

  Args:
    values: [B, A].

  Raises:
    DivergedError: one is not finite.
  """
  _check_all(values, _BAD_STUDENT)


def _check_all(numbers: np.ndarray, message: str) -> None:
  is_number = np.isfinite(numbers)
  if not is_number.all():
    raise DivergedError(message.format(numbers[~is_number][0]))


def _check_best(values: np.ndarray, message: str) -> None:
  _check_all(values.max(axis=1), message)
