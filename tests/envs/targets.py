"""A game whose actions are vectors, without JAX, as workers import it."""

import gymnasium as gym
import numpy as np

from reincarnating_rl.envs import single


class Target(gym.Env):
  """Hit a point: an action (x, y) in [-2, 2] x [0, 1] costs its distance to a
  place that one sees. It ends at a hit within 0.1, and is cut after 8 steps.
  """

  observation_space = gym.spaces.Box(-2.0, 2.0, (2,), np.float64)
  action_space = gym.spaces.Box(
    np.float32([-2.0, 0.0]), np.float32([2.0, 1.0]), dtype=np.float32
  )

  def reset(self, *, seed=None, options=None):
    super().reset(seed=seed)
    self._steps = 0
    return self._place(), {}

  def step(self, action):
    assert self.action_space.contains(action)
    self._steps += 1
    distance = float(np.linalg.norm(action - self._at))
    return self._place(), -distance, distance < 0.1, self._steps >= 8, {}

  def _place(self):
    space = self.action_space
    self._at = self.np_random.uniform(space.low, space.high)
    return self._at


def target():
  """Makes one `Target`."""
  return single.Environment(Target())
