"""Games that a caller gives as objects."""

import gymnasium as gym
import pytest

import reincarnating_rl as rrl
from reincarnating_rl.api import games
from tests.api import runs


def test_one_environment_plays_one_episode_at_a_time():
  name = games.name_of_game(gym.make(runs.GAME))
  one, other = gym.make(name), gym.make(name)
  one.reset(seed=0)
  one.step(0)
  other.reset(seed=0)
  other.step(0)
  with pytest.raises(rrl.UserError, match='another episode has begun') as error:
    one.step(0)
  assert '\n' not in str(error.value)
  one.reset(seed=0)
  one.step(0)
