"""One flight after the other, within one process."""

from collections.abc import Callable

import numpy as np

from reincarnating_rl.balloon import policies, records
from reincarnating_rl.balloon.policies import Pilot
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.envs import balloon_games

Fly = Callable[[Policy, int], records.Record]
"""`(policy, seed) -> record of the flight`."""
_SUN = 2  # Of an observation: elevation, from -90 to 90 degrees as 0 to 1.


class Flights:
  """Flies policies. The game and each policy are made once."""

  def __init__(self) -> None:
    """Makes the game, which takes seconds.

    Raises:
      UserError: the Balloon Learning Environment is not installed.
    """
    self._game = balloon_games.BalloonGame()
    self._pilots: dict[Policy, Callable[[int], Pilot]] = {}

  def __call__(self, policy: Policy, seed: int) -> records.Record:
    """Flies once.

    Raises:
      UserError: the policy cannot be read.
    """
    if policy not in self._pilots:
      self._pilots[policy] = policies.create_pilots(policy)
    pilot = self._pilots[policy](seed)
    sun = []

    def choose_action(observation: np.ndarray) -> int:
      sun.append(180.0 * float(observation[_SUN]) - 90.0)
      return pilot(observation)

    flight = balloon_games.fly(self._game, choose_action, seed)
    return records.describe(flight, sun)
