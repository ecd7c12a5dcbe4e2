"""How an episode of an Atari game begins, and what the end of a life is."""

import dataclasses
from typing import Any

import gymnasium as gym
import numpy as np

from reincarnating_rl.envs.single import LIFE_LOST


@dataclasses.dataclass(frozen=True, kw_only=True)
class Openings:
  """How episodes begin; the defaults are those of Machado et al. 2018.

  Attributes:
    fire_on_reset: press FIRE once where an episode begins, if the game has it.
    terminal_on_life_loss: an episode of the learner ends with a life. The game
      goes on, and its score is that of all lives.
    noop_starts: frames without action before an episode: a random number from
      1 to this; 0 for none.
  """

  fire_on_reset: bool = False
  terminal_on_life_loss: bool = False
  noop_starts: int = 0


class Lives(gym.Wrapper):
  """Presses FIRE where an episode begins, and tells of lives that are lost."""

  def __init__(self, environment: gym.Env, openings: Openings) -> None:
    """Wraps an Atari game, of any number of frames a step."""
    super().__init__(environment)
    meanings = environment.unwrapped.get_action_meanings()
    has_fire = openings.fire_on_reset and 'FIRE' in meanings
    self._fire = meanings.index('FIRE') if has_fire else None
    self._tells = openings.terminal_on_life_loss
    self._lives = 0

  def reset(self, **arguments: Any) -> tuple[np.ndarray, dict[str, Any]]:
    """Starts an episode; see `gym.Env.reset`."""
    observation, info = self.env.reset(**arguments)
    if self._fire is not None:
      observation, _, *is_over, info = self.env.step(self._fire)
      if any(is_over):
        observation, info = self.env.reset()
    self._lives = self.unwrapped.ale.lives()
    return observation, info

  def step(
    self, action: int
  ) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
    """Acts once; what FIRE earns in a new life belongs to the step before."""
    observation, reward, *is_over, info = self.env.step(action)
    lives = self.unwrapped.ale.lives()
    # Some games go on for a while without a life, and then are over.
    is_lost = self._tells and 0 < lives < self._lives and not any(is_over)
    self._lives = lives
    if is_lost and self._fire is not None:
      observation, more, *is_over, info = self.env.step(self._fire)
      reward += more
    return observation, reward, *is_over, info | {LIFE_LOST: is_lost}
