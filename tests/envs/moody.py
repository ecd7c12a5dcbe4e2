"""A game with moods, for workers in processes: it imports neither JAX nor gin.

A worker imports the module of what it makes, and this takes it no time.
"""

import os

import gymnasium as gym
import numpy as np

from reincarnating_rl.envs import single
from reincarnating_rl.support.errors import UserError


class Moody(gym.Env):
  """Fails on action 1, ends its process on action 2, and says where it runs."""

  action_space = gym.spaces.Discrete(3)
  observation_space = gym.spaces.Box(0, np.inf, (2,), np.float32)

  def reset(self, *, seed=None, options=None):
    group = os.getpgid(0)
    return np.array([os.getpid(), group], np.float32), {}

  def step(self, action):
    if action == 1:
      raise ValueError('a mood')
    if action == 2:
      os._exit(3)
    platform = os.environ['JAX_PLATFORMS']
    return np.zeros(2), float(platform == 'cpu'), False, True, {}


def create_moody():
  return single.Environment(Moody())


def create_endless():
  """Its observation is not finite."""
  environment = Moody()
  environment.reset = lambda **given: (np.array([0.0, np.inf]), {})
  return single.Environment(environment, 'Endless')


def refuse():
  raise UserError('Install it first.')
