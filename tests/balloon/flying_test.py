"""A few steps in the real simulator."""

import functools

import numpy as np
import pytest

from reincarnating_rl.balloon import flying
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.compat import balloon_compat
from reincarnating_rl.envs import balloon_games
from reincarnating_rl.envs.balloon_policies import RandomWalk


@pytest.mark.slow
def test_it_is_the_environments_evaluation(monkeypatch):
  short = functools.partial(balloon_games.BalloonGame, 4)
  game = short()
  monkeypatch.setattr(flying.balloon_games, 'BalloonGame', lambda: game)
  record = flying.Flights()(Policy('a', '', 'random_walk'), 3)
  theirs = balloon_compat.load().BalloonEnv(seed=0)
  theirs.seed(3)
  observation, walk, rewards, sun = theirs.reset(), RandomWalk(3), [], []
  from balloon_learning_environment.env.balloon import solar

  for _ in range(4):
    balloon = theirs.get_simulator_state().balloon_state
    sun.append(solar.solar_calculator(balloon.latlng, balloon.date_time)[0])
    observation, reward, _, _ = theirs.step(walk(observation))
    rewards.append(reward)
  assert record['return'] == np.sum(rewards)
  assert (record['seed'], record['steps'], record['end']) == (3, 4, 'time_out')
  assert record['path']['sun_elevation'] == pytest.approx(sun, abs=0.06)
  balloon = theirs.get_simulator_state().balloon_state
  assert record['path']['x_km'][-1] == round(balloon.x.kilometers, 2)
  assert record['path']['battery_soc'][-1] == round(balloon.battery_soc, 3)
