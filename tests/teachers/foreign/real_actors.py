"""Actors of other libraries, and how these play; see fixtures/README.md."""

import numpy as np

from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.learner.kinds import (
  DETERMINISTIC,
  GAUSSIAN,
  TANH_GAUSSIAN,
)
from tests.teachers.foreign import real_files

FOLDER = real_files.FOLDER / 'actors'


def expected(name, folder=FOLDER):
  with np.load(folder / 'expected.npz') as arrays:
    return arrays[name]


def bounds(low=None, high=None):
  """The actions of the game that the files are of."""
  low = expected('low') if low is None else low
  high = expected('high') if high is None else high
  return Continuous(tuple(map(float, low)), tuple(map(float, high)))


def assert_played(teacher, states, wanted):
  """Compares its parameters, and what is played by the mean.

  Args:
    teacher: whose actions are vectors.
    states: [B, 3, 1].
    wanted: of 'action', 'mean' and 'log_std', the library's own output.
  """
  said = np.asarray(teacher.policy_parameters(states))
  assert said.dtype == np.float32
  actions, size = teacher.actions, teacher.actions.size
  mean, log_std = said[:, :size], said[:, size:]
  if teacher.distribution == GAUSSIAN:
    real_files.assert_close(mean, actions.from_game(wanted('mean')))
    span = np.subtract(actions.high, actions.low, dtype=np.float32)
    log_std = log_std + np.log(span / 2)
    mean = np.clip(mean, -1, 1)
  elif teacher.distribution == TANH_GAUSSIAN:
    real_files.assert_close(mean, wanted('mean'))
    mean = np.tanh(mean)
  if teacher.distribution != DETERMINISTIC:
    np.testing.assert_allclose(log_std, wanted('log_std'), rtol=1e-5, atol=1e-5)
  np.testing.assert_allclose(
    actions.to_game(mean), wanted('action'), rtol=1e-5, atol=2e-6
  )
