"""Games by name: of which kind they are, and what comes of it."""

import os
import pickle

import numpy as np
import pytest

from reincarnating_rl.envs import (
  games,
  vector,
)
from reincarnating_rl.support.errors import UserError


@pytest.mark.parametrize(
  ('name', 'kind', 'known'),
  [
    ('Pong', 'atari', True),
    ('Ponk', 'atari', False),
    ('PongNoFrameskip-v4', 'atari', False),
    ('ALE/Pong-v5', 'atari', False),
    ('MinAtar/breakout', 'minatar', True),
    ('MinAtar/pong', 'minatar', False),
    ('Balloon', 'balloon', True),
    ('Baloon', 'atari', False),
    ('CartPole-v1', 'gymnasium', True),
    ('LunarLander-v3', 'gymnasium', True),
    ('Nowhere-v0', 'gymnasium', False),
  ],
)
def test_the_kind_of_a_name(name, kind, known):
  assert (games.kind_of(name), games.is_known(name)) == (kind, known)


@pytest.mark.parametrize(
  ('name', 'shape', 'dtype', 'stack_size', 'actions'),
  [
    ('Pong', (84, 84), np.uint8, 4, 6),
    ('MinAtar/asterix', (10, 10, 4), np.uint8, 1, 5),
    ('Balloon', (1099,), np.float32, 1, 3),
    ('CartPole-v1', (4,), np.float32, 1, 2),
    ('Acrobot-v1', (6,), np.float32, 1, 3),
    ('LunarLander-v3', (8,), np.float32, 1, 4),
  ],
)
def test_a_game_by_its_name(name, shape, dtype, stack_size, actions):
  game = games.create_game(name, num_vector_environments=2)
  assert (game.name, game.stack_size) == (name, stack_size)
  environment, lanes = (
    game.create_environment(),
    game.create_vector_environment(),
  )
  assert environment.observation_space.shape == lanes.observation_shape == shape
  assert environment.observation_space.dtype == lanes.observation_dtype == dtype
  assert environment.action_space.n == lanes.num_actions == actions
  assert lanes.num_envs == 2
  # One environment and each of many play the same episodes.
  first = lanes.reset([1], [5])
  np.testing.assert_array_equal(first[0], environment.reset(5))
  steps = lanes.step([1], [1])
  observation, reward, _, _ = environment.step(1)
  np.testing.assert_array_equal(steps.observations[0], observation)
  assert steps.rewards[0] == np.float32(reward)
  lanes.close()
  environment.close()


@pytest.mark.parametrize('name', ['Pong', 'CartPole-v1', 'Balloon'])
def test_a_game_needs_a_lane(name):
  with pytest.raises(UserError, match='num_vector_environments is 0'):
    games.create_game(name, num_vector_environments=0)


def test_a_landing_does_not_depend_on_those_before():
  game = games.create_game('LunarLander-v3')
  one, other = game.create_environment(), game.create_environment()
  for seed in range(3):
    other.reset(seed)
    for _ in range(30):
      other.step(2)
  ends = []
  for environment in (one, other):
    environment.reset(9)
    ends.append(np.stack([environment.step(t % 4)[0] for t in range(50)]))
  np.testing.assert_array_equal(*ends)


def test_settings_go_to_the_function_of_the_kind():
  game = games.create_game(
    'MinAtar/breakout', sticky_actions=False, max_steps_per_episode=3
  )
  environment = game.create_environment()
  environment.reset(0)
  for _ in range(3):
    environment.step(0)
  assert environment.truncated


def test_flights_are_spread_over_processes(monkeypatch):
  # As many as there are cores, unless it is said; one is this one.
  monkeypatch.setattr(os, 'sched_getaffinity', lambda _: {0, 1, 2})
  made = []
  monkeypatch.setattr(
    games.process_vector,
    'ProcessVectorEnvironment',
    lambda create, *counts: made.append((create, counts)),
  )
  games.create_balloon_game().create_vector_environment()
  games.create_balloon_game(4, num_processes=2).create_vector_environment()
  (create, counts), (_, other) = made
  assert (counts, other) == ((10, None), (4, 2))
  assert pickle.loads(pickle.dumps(create)).args == (960,)
  lanes = games.create_balloon_game(1).create_vector_environment()
  assert isinstance(lanes, vector.LoopVectorEnvironment) and len(made) == 2


def test_a_flight_may_be_shorter():
  game = games.create_game('Balloon', max_steps_per_episode=1)
  environment = game.create_environment()
  environment.reset(0)
  environment.step(1)
  assert environment.truncated


@pytest.mark.parametrize(
  ('name', 'message'),
  [
    ('MinAtar/brekout', "Did you mean 'breakout'"),
    ('Ponk', "did you mean 'Pong'"),
    ('ALE/Pong-v5', 'There is no Atari game'),
    ('CartPol-v1', 'Did you mean: `CartPole`'),
  ],
)
def test_a_misspelt_name(name, message):
  with pytest.raises(UserError, match=message):
    games.create_game(name).create_environment()
