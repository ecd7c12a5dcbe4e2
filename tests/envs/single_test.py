"""Tests for reincarnating_rl.envs.single."""

import sys

import gymnasium as gym
import numpy as np
import pytest

from reincarnating_rl.compat import dopamine_compat  # noqa: F401
from reincarnating_rl.envs import single
from reincarnating_rl.support import errors

# isort: split
from dopamine.discrete_domains import atari_lib


def _dopamine_reset(environment, seed):
  """Dopamine's wrapper has no seed: hand it to the emulator underneath."""
  game = environment.environment.unwrapped
  game.ale.setInt('random_seed', seed)
  game.load_game()
  return environment.reset()[..., 0]


@pytest.mark.parametrize('game', ['Pong', 'Breakout'])
def test_frames_rewards_and_ends_equal_dopamines(game):
  theirs = atari_lib.create_atari_environment(game)
  ours = single.create_atari_environment(game)
  assert ours.action_space.n == theirs.action_space.n
  generator = np.random.default_rng(0)
  for seed in (11, 12):
    expected, observation = _dopamine_reset(theirs, seed), ours.reset(seed)
    is_terminal, total = False, 0.0
    while not is_terminal:
      np.testing.assert_array_equal(observation, expected)
      action = generator.integers(ours.action_space.n)
      expected, expected_reward, expected_terminal, _ = theirs.step(action)
      expected = expected[..., 0]
      observation, reward, is_terminal, _ = ours.step(action)
      assert (reward, is_terminal) == (expected_reward, expected_terminal)
      assert ours.game_over == theirs.game_over
      total += abs(reward)
    # The frame after the last step is nobody's input: `end_episode` takes none.
    assert total > 0 and not ours.truncated


def test_atari_observations_and_actions():
  environment = single.create_atari_environment('Pong')
  assert environment.game_over
  observation = environment.reset(seed=0)
  assert observation.shape == (84, 84) and observation.dtype == np.uint8
  assert environment.observation_space.shape == (84, 84)
  assert environment.action_space.n == 6
  assert not environment.game_over
  step = environment.step(np.int64(2))
  assert type(step[1]) is float and type(step[2]) is bool


def _frames(environment, seed, num_steps=150):
  frames = [environment.reset(seed)]
  generator = np.random.default_rng(5)
  for _ in range(num_steps):
    action = generator.integers(environment.action_space.n)
    frames.append(environment.step(action)[0])
  return np.stack(frames)


def test_the_seed_decides_which_actions_stick():
  environment = single.create_atari_environment('Breakout')
  first = _frames(environment, 3)
  other = _frames(environment, 4)
  np.testing.assert_array_equal(first, _frames(environment, 3))
  assert not np.array_equal(first, other)


def test_without_sticky_actions_the_game_is_deterministic():
  environment = single.create_atari_environment('Breakout', False)
  np.testing.assert_array_equal(
    _frames(environment, 3), _frames(environment, 4)
  )


def test_an_atari_time_out_is_no_terminal():
  # Dopamine 4.1.2 stops at 100,000 frames and calls that a terminal.
  environment = single.create_atari_environment(
    'Pong', max_frames_per_episode=40
  )
  for _ in range(2):
    environment.reset(seed=0)
    steps = 0
    while not environment.game_over:
      assert not environment.truncated
      _, _, is_terminal, _ = environment.step(0)
      steps += 1
      assert not is_terminal
    assert steps == 10 and environment.truncated


def test_atari_episodes_may_last_half_an_hour():
  environment = single.create_atari_environment('Pong')
  emulator = environment._environment.unwrapped.ale
  assert emulator.getInt('max_num_frames_per_episode') == 108_000
  assert emulator.getFloat('repeat_action_probability') == 0.25


def test_losing_a_life_is_no_terminal():
  environment = single.create_atari_environment('Breakout')
  environment.reset(seed=0)
  lives = []
  while not environment.game_over:
    _, _, is_terminal, info = environment.step(1)  # Only ever serves.
    lives.append(info['lives'])
    assert is_terminal == environment.game_over == (lives[-1] == 0)
  assert set(lives) == {5, 4, 3, 2, 1, 0}


def test_gymnasium_time_limit_is_no_terminal():
  environment = single.create_gymnasium_environment('MountainCar-v0')
  observation = environment.reset(seed=0)
  assert observation.dtype == np.float32 and observation.shape == (2,)
  steps = 0
  while not environment.game_over:
    _, _, is_terminal, _ = environment.step(1)
    steps += 1
    assert not is_terminal
  assert steps == 200 and environment.truncated
  environment.reset()
  assert not environment.game_over and not environment.truncated


def test_gymnasium_terminal():
  environment = single.create_gymnasium_environment('CartPole-v1')
  first = environment.reset(seed=1)
  np.testing.assert_array_equal(first, environment.reset(seed=1))
  is_terminal = False
  while not environment.game_over:
    _, reward, is_terminal, _ = environment.step(0)
    assert reward == 1.0
  assert is_terminal and not environment.truncated
  environment.close()


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


def test_without_box2d(monkeypatch):
  monkeypatch.setitem(sys.modules, 'Box2D', None)
  for name in [n for n in sys.modules if n.startswith('gymnasium.envs.box2d')]:
    monkeypatch.delitem(sys.modules, name)
  with pytest.raises(errors.UserError, match=r"install -e '.\[box2d\]'"):
    single.create_gymnasium_environment('LunarLander-v3')


@pytest.mark.parametrize(
  ('name', 'message'),
  [
    ('Pendulum-v1', 'Discrete'),
    ('FrozenLake-v1', 'must be a Box'),
    ('CartPoll-v1', "'CartPoll-v1'.*CartPole"),
    ('CartPole-v77', "'CartPole-v77'"),
    ('no_such_module:Env-v0', 'no_such_module'),
  ],
)
def test_unusable_gymnasium_environments(name, message):
  with pytest.raises(errors.UserError, match=message) as error:
    single.create_gymnasium_environment(name)
  assert '\n' not in str(error.value)
