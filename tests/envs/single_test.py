"""Tests for reincarnating_rl.envs.single."""

import gymnasium as gym
import numpy as np

from reincarnating_rl.envs import single


class _Float64Environment(gym.Env):
  action_space = gym.spaces.Discrete(2)
  observation_space = gym.spaces.Box(-1, 1, (2,), np.float64)

  def reset(self, *, seed=None, options=None):
    return np.array([0.1, 0.2]), {}

  def step(self, action):
    # Both at once: the terminal counts.
    return np.array([0.3, 0.4]), 1, True, True, {}


def test_observations_are_float32_and_terminals_beat_time_outs():
  environment = single.Environment(_Float64Environment())
  assert environment.reset().dtype == np.float32
  assert environment.observation_space.dtype == np.float32
  observation, _, is_terminal, _ = environment.step(0)
  assert observation.dtype == np.float32
  assert is_terminal and environment.game_over and not environment.truncated
