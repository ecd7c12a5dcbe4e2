"""The balloon's game: seeds, actions, ends, and what an evaluation is told."""

import math
import subprocess
import sys

import numpy as np
import pytest

from reincarnating_rl.compat import balloon_compat
from reincarnating_rl.envs import balloon_games, balloon_picture, single
from reincarnating_rl.support.errors import UserError

DOWN, STAY, UP = range(3)
ACTIONS = (UP, UP, DOWN, STAY, DOWN)


@pytest.fixture(scope='module')
def game():
  """One for all tests: it takes seconds to make."""
  return balloon_games.BalloonGame()


def play(game, seed, actions=ACTIONS):
  """Returns observations, rewards and infos."""
  observation, info = game.reset(seed=seed)
  observations, rewards, infos = [observation], [], [info]
  for action in actions:
    observation, reward, _, _, info = game.step(action)
    observations.append(observation)
    rewards.append(reward)
    infos.append(info)
  return np.stack(observations), np.array(rewards), infos


def test_it_is_the_environments_own_evaluation(game):
  theirs = balloon_compat.load().BalloonEnv(seed=7)
  theirs.seed(3)
  expected, rewards = [theirs.reset()], []
  for action in ACTIONS:
    observation, reward, _, _ = theirs.step(action)
    expected.append(observation)
    rewards.append(reward)
  play(game, seed=5)  # Whatever was played before.
  observations, ours, _ = play(game, seed=3)
  assert observations.dtype == np.float32 and observations.shape == (6, 1099)
  np.testing.assert_array_equal(observations, np.stack(expected))
  np.testing.assert_array_equal(ours, rewards)
  assert not np.array_equal(observations[0], play(game, 4, ())[0][0])


ELSEWHERE = f"""
import sys
from reincarnating_rl.envs import balloon_games
game = balloon_games.BalloonGame()
parts = [game.reset(seed=3)[0]] + [game.step(a)[0] for a in {ACTIONS}]
assert 'tensorflow' not in sys.modules
sys.stdout.buffer.write(b''.join(part.tobytes() for part in parts))
"""


@pytest.mark.slow
def test_another_process_sees_the_same(game):
  done = subprocess.run(
    [sys.executable, '-c', ELSEWHERE], capture_output=True, check=True
  )
  assert done.stdout == play(game, seed=3)[0].tobytes()


def test_spaces_and_meanings(game):
  environment = single.Environment(game)
  assert environment.action_meanings == ('DOWN', 'STAY', 'UP')
  assert environment.actions.number == 3
  assert environment.observation_space.shape == (1099,)
  assert environment.observation_space.dtype == np.float32
  from balloon_learning_environment.env.balloon import control

  assert [c.name for c in control.AltitudeControlCommand] == [
    *balloon_games.MEANINGS
  ]


def test_up_is_up(game):
  heights = {
    action: [info['altitude'] for info in play(game, 0, (action,) * 4)[2]]
    for action in (DOWN, UP)
  }
  assert heights[UP][0] == heights[DOWN][0]
  assert (np.diff(heights[UP]) > 0).all()
  assert heights[DOWN][-1] < heights[UP][-1]


def test_what_an_evaluation_is_told(game):
  observations, _, infos = play(game, seed=0)
  for step, (observation, info) in enumerate(
    zip(observations, infos, strict=True)
  ):
    assert info['elapsed_seconds'] == 180 * step
    assert info['end'] == ''
    distance = math.hypot(info['x_km'], info['y_km'])
    assert info['within_radius'] == (distance <= 50)
    # As the observation has it: charge, then x / (x + 250), then the ratio of
    # pressures.
    assert observation[1] == pytest.approx(info['battery_soc'], rel=1e-6)
    assert observation[7] == pytest.approx(
      distance / (distance + 250), rel=1e-5
    )
    ratio = 1 + info['superpressure'] / info['pressure']
    assert observation[15] == pytest.approx(ratio, rel=1e-6)
    assert 15_000 < info['altitude'] < 25_000
  powers = [info['acs_power'] for info in infos]
  # Power is for going down.
  assert powers[1] == powers[2] == powers[4] == 0
  assert powers[3] > 0


def test_the_radius_is_of_50_km(game, monkeypatch):
  game.reset(seed=0)
  state = game._game.get_simulator_state().balloon_state
  from balloon_learning_environment.utils import units

  for x, y, within in ((30, 40, True), (30.001, 40, False), (-30, -39, True)):
    state.x, state.y = units.Distance(km=x), units.Distance(km=y)
    info = game._info('')
    assert info['within_radius'] is within
    assert (info['x_km'], info['y_km']) == pytest.approx((x, y))


def test_a_time_out_is_no_terminal():
  game = balloon_games.BalloonGame(max_steps_per_episode=2)
  game.reset(seed=0)
  assert game.step(STAY)[2:4] == (False, False)
  *_, terminated, truncated, info = game.step(STAY)
  assert (terminated, truncated, info['end']) == (False, True, 'time_out')
  game.reset()
  assert game.step(STAY)[2:4] == (False, False)


@pytest.mark.parametrize('failure', balloon_games.FAILURES)
def test_a_failure_is_a_terminal(game, monkeypatch, failure):
  game.reset(seed=0)
  told = dict.fromkeys(balloon_games.FAILURES, False)
  monkeypatch.setattr(
    game._game, '_get_info', lambda state: {**told, failure: True}
  )
  monkeypatch.setattr(game, '_max_steps', 1)  # A time-out as well.
  *_, terminated, truncated, info = game.step(STAY)
  assert (terminated, truncated, info['end']) == (True, False, failure)


def test_without_power_a_flight_ends(game):
  game.reset(seed=0)
  state = game._game.get_simulator_state().balloon_state
  state.battery_charge = state.battery_charge * 0.0
  state.date_time = state.date_time.replace(hour=0)
  state.center_latlng = type(state.center_latlng).from_degrees(0.0, 0.0)
  *_, terminated, truncated, info = game.step(STAY)
  assert (terminated, truncated, info['end']) == (True, False, 'out_of_power')


def test_a_flight(game, monkeypatch):
  monkeypatch.setattr(game, '_max_steps', 4)
  seen = []

  def choose(observation):
    seen.append(observation)
    return ACTIONS[len(seen) - 1]

  flight = balloon_games.fly(game, choose, seed=0)
  observations, rewards, infos = play(game, 0, ACTIONS[:4])
  np.testing.assert_array_equal(np.stack(seen), observations[:4])
  np.testing.assert_array_equal(flight.rewards, rewards)
  assert flight.infos == infos[1:]
  assert (flight.seed, flight.end) == (0, 'time_out')
  assert flight.return_ == pytest.approx(rewards.sum())
  within = [info['within_radius'] for info in infos[1:]]
  assert flight.time_within_radius == sum(within) / 4


def test_without_the_environment(monkeypatch):
  def find_nothing(name):
    raise ModuleNotFoundError(f'No module named {name!r}')

  monkeypatch.setattr(balloon_compat.importlib, 'import_module', find_nothing)
  monkeypatch.setattr(balloon_compat, 'load', balloon_compat.load.__wrapped__)
  with pytest.raises(UserError, match=r'pip install .*\[balloon\]'):
    balloon_games.BalloonGame()


def test_it_draws_the_flight_so_far(game, monkeypatch):
  drawn = []
  monkeypatch.setattr(balloon_picture, 'draw', drawn.append)
  for _ in range(2):  # A new flight forgets the one before.
    infos = [game.reset(seed=3)[1]]
    infos += [game.step(1)[4] for _ in range(2)]
    game.render()
    assert drawn.pop() == infos
