"""The random walk of balloons, against the package's own."""

import numpy as np
import pytest

from reincarnating_rl.compat import balloon_compat
from reincarnating_rl.envs.balloon_policies import RandomWalk

DOWN, STAY, UP = range(3)


@pytest.fixture(scope='module')
def flight():
  """Observations whose pressure, the first feature, goes all the way up."""
  observations = np.zeros((60, 1099), np.float32)
  observations[:, 0] = np.linspace(0.0, 1.0, 60)
  return observations


def fly(seed, observations):
  walk = RandomWalk(seed)
  return [walk(observation) for observation in observations]


def test_it_walks_as_the_packages_own_agent(flight):
  module = balloon_compat.load_agent('random_walk_agent')
  agent = module.RandomWalkAgent(3, [1099], seed=4)
  expected = [agent.begin_episode(flight[0])]
  expected += [agent.step(1.0, observation) for observation in flight[1:]]
  actions = fly(4, flight)
  assert actions == [int(action) for action in expected]
  assert all(type(action) is int for action in actions)


def test_walks_are_functions_of_their_seed(flight):
  walks = [fly(seed, flight) for seed in (0, 1, 2, 0)]
  assert walks[0] == walks[3]
  assert len({tuple(walk) for walk in walks}) == 3
  assert {action for walk in walks for action in walk} >= {DOWN, UP}


def test_it_heads_for_the_pressure_that_was_drawn(flight):
  """Which is between 6500 and 11400 Pa; of less pressure is higher up."""
  low, high = np.array(flight[[0, -1]])
  # 5000 and 14000 Pa are the ends of the feature's range.
  for seed in range(5):
    assert RandomWalk(seed)(low) == DOWN
    assert RandomWalk(seed)(high) == UP
