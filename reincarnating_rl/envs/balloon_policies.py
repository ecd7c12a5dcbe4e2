"""The Balloon Learning Environment's random walk, for `balloon_games.fly`.

It remembers the pressure that it is heading for. So it is not a function of
states, and cannot be a teacher.
"""

import numpy as np

from reincarnating_rl.compat import balloon_compat
from reincarnating_rl.envs import balloon_games


class RandomWalk:
  """Chooses the actions of one flight."""

  def __init__(self, seed: int) -> None:
    """Makes the walk. The package itself would seed it by the clock.

    Args:
      seed: of the pressures that it heads for.

    Raises:
      UserError: the package is not installed.
    """
    module = balloon_compat.load_agent('random_walk_agent')
    with balloon_games.on_cpu():
      self._walk = module.RandomWalkAgent(
        len(balloon_games.MEANINGS), None, seed=seed
      )
    self._has_begun = False

  def __call__(self, observation: np.ndarray) -> int:
    """Returns the next action, after `observation[1099]`."""
    with balloon_games.on_cpu():
      if self._has_begun:
        return int(self._walk.step(0.0, observation))
      self._has_begun = True
      return int(self._walk.begin_episode(observation))
