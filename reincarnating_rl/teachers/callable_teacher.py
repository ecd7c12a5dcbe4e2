"""Teachers that are any function of states."""

import functools
import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.learner.kinds import DETERMINISTIC
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import first_line, name_of
from reincarnating_rl.teachers.base import GREEDY
from reincarnating_rl.teachers.errors import TeacherError

Function = Callable[[np.ndarray], Any]
"""`states[B, *O, S] -> logits[B, A]`, or `-> actions[B]`, integers; where
actions are vectors, `-> actions[B, D]` within the game's bounds."""


_SEVERAL = 8  # States whose logits are no probabilities by chance.
_NEAR = 1e-3


class CallableTeacher:
  """A policy that someone else computes.

  Of logits, `softmax` of a row is the policy. Of actions, it takes the one that
  is returned with probability 1 - epsilon, and each other with an equal share
  of epsilon: a policy that never took an action would be infinitely far from
  every student.
  """

  def __init__(
    self,
    function: Function,
    *,
    num_actions: int,
    epsilon: float = 0.01,
    acts: str = GREEDY,
    fingerprint: str | None = None,
  ) -> None:
    """Makes the teacher.

    Args:
      function: called with NumPy arrays, outside of any compiled program.
      num_actions: A.
      epsilon: of a policy made of actions, > 0 and < 1.
      acts: how it plays, one of `base.ACTS`: 'sample' where the function
        returns the logits of a policy that explores.
      fingerprint: tells one teacher from another; None: made of the function's
        name and source, in which what it has loaded is not seen.

    Raises:
      TeacherError: `epsilon` is out of range, or there is no source to be
        found and no fingerprint.
    """
    if not 0 < epsilon < 1:
      raise TeacherError(
        f'The epsilon of a teacher made of actions is {epsilon}; it must be '
        '> 0 and < 1.'
      )
    self.num_actions = num_actions
    self.acts = acts
    self.fingerprint = fingerprint or fingerprint_of(function)
    self.lineage: dict[str, Any] = {
      'agent': 'callable',
      'function': name_of(function),
      'epsilon': epsilon,
      'fingerprint': self.fingerprint,
      'acts': acts,
    }
    self._function, self._epsilon = function, epsilon
    self._suspects: int | None = 0  # None once it is known to return logits.

  def policy_logits(self, states: Array) -> np.ndarray:
    """Returns the logits [B, A] float32 of `states[B, *O, S]`.

    Raises:
      TeacherError: the function returns neither logits nor actions, not as
        many as there are states, not finite ones, or probabilities.
    """
    returned = _as_array(self._function, self._function(np.asarray(states)))
    size, kind = len(states), returned.dtype.kind
    if returned.shape == (size, self.num_actions) and kind in 'fiu':
      with np.errstate(over='ignore'):
        logits = returned.astype(np.float32)
      if np.isfinite(logits).all():
        self._check_no_probabilities(logits)
        return logits
    elif returned.shape == (size,) and kind in 'iu':
      if ((returned >= 0) & (returned < self.num_actions)).all():
        return self._logits_of(returned)
    raise TeacherError(
      f'{name_of(self._function)} returned {_brief(returned)} for {size} '
      f'states; it must return finite logits of shape ({size}, '
      f'{self.num_actions}), or {size} integers from 0 to '
      f'{self.num_actions - 1}.'
    )

  def _check_no_probabilities(self, logits: np.ndarray) -> None:
    """Refuses rows that are all probabilities, once there are several.

    Logits may be so by chance, in a state or two. Where all actions are alike,
    both mean the same.
    """
    if self._suspects is None:
      return
    sums = np.abs(logits.sum(axis=1) - 1.0) < _NEAR
    if not (sums & (logits >= 0.0).all(axis=1)).all():
      self._suspects = None
      return
    self._suspects += np.count_nonzero(np.ptp(logits, axis=1) > _NEAR)
    if self._suspects >= _SEVERAL:
      raise TeacherError(
        f'{name_of(self._function)} returned numbers that are >= 0 and sum to '
        '1 in each state, as probabilities do: return their logits, np.log(p) '
        'of p above 0, or the numbers of the actions as integers.'
      )

  def _logits_of(self, actions: np.ndarray) -> np.ndarray:
    others = self._epsilon / max(self.num_actions - 1, 1)
    shape = (len(actions), self.num_actions)
    logits = np.full(shape, np.log(others), np.float32)
    logits[np.arange(len(actions)), actions] = np.log1p(-self._epsilon)
    return logits


class ContinuousCallableTeacher:
  """A vector that someone else computes."""

  acts, distribution = GREEDY, DETERMINISTIC

  def __init__(
    self,
    function: Function,
    *,
    actions: Continuous,
    fingerprint: str | None = None,
  ) -> None:
    """Makes the teacher.

    Args:
      function: called with NumPy arrays, outside of any compiled program.
      actions: D, and the bounds of the game.
      fingerprint: tells one teacher from another; None: made of the function's
        name and source, in which what it has loaded is not seen.

    Raises:
      TeacherError: there is no source to be found and no fingerprint.
    """
    self.actions = actions
    self.fingerprint = fingerprint or fingerprint_of(function)
    self.lineage: dict[str, Any] = {
      'agent': 'callable',
      'function': name_of(function),
      'fingerprint': self.fingerprint,
      'acts': self.acts,
    }
    self._function = function

  def policy_parameters(self, states: Array) -> np.ndarray:
    """Returns the actions [B, D] float32, clipped to [-1, 1].

    Args:
      states: [B, *O, S].

    Raises:
      TeacherError: the function returns anything but a finite action for each.
    """
    returned = _as_array(self._function, self._function(np.asarray(states)))
    size = len(states)
    shape = (size, self.actions.size)
    if returned.shape == shape and returned.dtype.kind in 'fiu':
      with np.errstate(over='ignore'):
        chosen = self.actions.from_game(returned.astype(np.float32))
      if np.isfinite(chosen).all():
        return np.clip(chosen, -1.0, 1.0)
    raise TeacherError(
      f'{name_of(self._function)} returned {_brief(returned)} for {size} '
      f'states; it must return finite actions of shape {shape}, within the '
      "game's bounds."
    )


def _as_array(function: Function, returned: Any) -> np.ndarray:
  try:
    return np.asarray(returned)
  except ValueError:  # Rows of different lengths.
    return np.array(None)
  except (TypeError, RuntimeError) as error:  # Tensors of PyTorch have both.
    raise TeacherError(
      f'{name_of(function)} returned a {type(returned).__name__} that is no '
      f'array ({first_line(error)}): return one of NumPy, such as '
      'tensor.detach().cpu().numpy().'
    ) from error


def fingerprint_of(function: Function) -> str:
  """Returns the SHA-256 of a function's name and source, in hex.

  Args:
    function: or an object of a class with a `__call__`.

  Raises:
    TeacherError: there is no source to be found.
  """
  bound = ''
  while isinstance(function, functools.partial):
    bound += repr((function.args, function.keywords))
    function = function.func
  named = function if hasattr(function, '__qualname__') else type(function)
  try:
    source = inspect.getsource(inspect.unwrap(named))
  except (OSError, TypeError) as error:
    raise TeacherError(
      f'The source of {name_of(function)} cannot be found: set '
      'create_teacher.policy_fingerprint, a text that no other teacher has.'
    ) from error
  text = f'{named.__module__}.{named.__qualname__}{bound}\n{source}'
  return hashlib.sha256(text.encode()).hexdigest()


def _brief(returned: np.ndarray) -> str:
  if returned.dtype.kind not in 'fiu' or not returned.size:
    return f'an array of {returned.dtype} of shape {returned.shape}'
  of_these = f', from {returned.min()} to {returned.max()},'
  return f'{returned.dtype} numbers of shape {returned.shape}{of_these}'
