"""StationSeeker, a controller of balloons (Bellemare et al. 2020).

It is the Balloon Learning Environment's own, which ranks the pressures within
reach by their winds. Nothing of it is learnt, and it remembers nothing.
"""

import hashlib
import inspect
from typing import Any

import numpy as np

from reincarnating_rl.compat import balloon_compat
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.teachers import balloon_facts
from reincarnating_rl.teachers.callable_teacher import CallableTeacher

NAME = 'station_seeker'
_AMBIENT = 16  # Features before those of the winds, three a pressure.
# Uncertainty, bearing and magnitude at a pressure that is out of reach.
_OUT_OF_REACH = np.array([[[0.0, 1.0, 1.0]]], np.float32)
_STAY = balloon_facts.ACTIONS.index('STAY')


def create(
  *, actions: Actions, state_shape: tuple[int, ...], epsilon: float, acts: str
) -> CallableTeacher:
  """Makes the teacher, which takes some milliseconds a state.

  Args:
    actions: of the game.
    state_shape: (*O, S), of one of its states.
    epsilon: probability of the actions that it does not choose, together.
    acts: how it plays, one of `base.ACTS`.

  Returns:
    The teacher.

  Raises:
    MismatchedTeacherError: the game has other states or actions.
    UserError: the package is not installed, or `epsilon` makes no sense.
  """
  balloon_facts.check_game(NAME, actions, state_shape)
  num_actions = len(balloon_facts.ACTIONS)
  module = balloon_compat.load_agent('station_seeker_agent')
  controller = module.StationSeekerAgent(num_actions, state_shape[:1])
  text = f'{NAME} {epsilon}\n{inspect.getsource(module)}'
  teacher = CallableTeacher(
    _Seeker(controller),
    num_actions=num_actions,
    epsilon=epsilon,
    acts=acts,
    fingerprint=hashlib.sha256(text.encode()).hexdigest(),
  )
  teacher.lineage |= {'agent': NAME, 'trained_on': balloon_facts.GAME}
  return teacher


class _Seeker:
  """Asks the controller for one state after the other."""

  def __init__(self, controller: Any) -> None:
    self._controller = controller

  def __call__(self, states: np.ndarray) -> np.ndarray:
    """Returns the actions [B] int32 of `states[B, 1099, 1]`."""
    vectors = states[..., 0]
    return np.array([self._act(vector) for vector in vectors], np.int32)

  def _act(self, vector: np.ndarray) -> int:
    winds = vector[_AMBIENT:].reshape(1, -1, 3)
    # It wants a pressure within reach, which a flight that is over may lack.
    if (winds == _OUT_OF_REACH).all():
      return _STAY
    return self._controller.pick_action(vector)
