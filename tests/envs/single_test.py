"""Tests for reincarnating_rl.envs.single."""

import decimal

import gymnasium as gym
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.envs import single
from reincarnating_rl.support.errors import GameError, UserError


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


class _Answers(gym.Env):
  """Answers with what it is told: at a reset an observation, then both."""

  action_space = gym.spaces.Discrete(2)

  def __init__(self, observation, reward, dtype=np.float32):
    self.observation_space = gym.spaces.Box(0, 255, (2,), dtype)
    self._answer = observation, reward

  def reset(self, *, seed=None, options=None):
    return np.zeros(2), {}

  def step(self, action):
    return *self._answer, False, False, {}


def step_of(observation=(0.0, 1.0), reward=1.0, **settings):
  environment = single.Environment(
    _Answers(observation, reward, **settings), 'Answers-v0'
  )
  environment.reset(7)
  environment.step(0)
  return environment.step(0)


@pytest.mark.parametrize(
  'reward',
  [
    *(1, True, 1.0, np.float32(1), np.int64(1), np.array(1.0)),
    *(np.array([1.0]), np.array([[1]]), [1.0], jnp.ones(()), jnp.ones((1, 1))),
    decimal.Decimal(1),
  ],
  ids=repr,
)
def test_a_reward_is_a_number_or_an_array_of_one(reward):
  told = step_of(reward=reward)[1]
  assert (told, type(told)) == (1.0, float)


def test_the_largest_rewards():
  for reward in (3.4e38, -3.4e38):
    assert step_of(reward=reward)[1] == reward


@pytest.mark.parametrize(
  ('reward', 'shown'),
  [
    *((np.nan, 'nan'), (np.inf, 'inf'), (-np.inf, '-inf'), (1e300, '1e+300')),
    *((3.5e38, '3.5e+38'), (10**400, '1000'), (None, 'None')),
    *((np.array([np.nan]), 'array([nan])'), (np.ones(2), 'array([1., 1.])')),
    *(([], '[]'), ('much', "'much'"), (1j, '1j'), (np.float16('inf'), 'inf')),
  ],
  ids=lambda x: str(x)[:9],
)
def test_any_other_reward_names_game_and_step(reward, shown):
  with pytest.raises(GameError) as caught:
    step_of(reward=reward)
  told = str(caught.value)
  assert told.startswith('Answers-v0 answers with the reward ')
  assert shown in told and '\n' not in told and len(told) < 300
  assert 'at step 1 of an episode with seed 7: a reward must be one num' in told


@pytest.mark.parametrize(
  ('value', 'dtype', 'shown'),
  [
    *((np.nan, np.float32, 'nan'), (-np.inf, np.float32, '-inf')),
    *((1e300, np.float32, 'inf'), (np.nan, np.uint8, 'nan')),
    *((np.inf, np.int64, 'inf'), (None, np.float32, 'nan')),
  ],
)
def test_an_observation_that_is_not_finite(value, dtype, shown, recwarn):
  with pytest.raises(GameError) as caught:
    step_of(observation=[0.0, value], dtype=dtype)
  assert str(caught.value) == (
    f'Answers-v0 answers with an observation with {shown} at step 1 of an '
    'episode with seed 7: observations must be finite numbers, so mend the '
    'game.'
  )
  assert not recwarn.list


@pytest.mark.parametrize('observation', [{}, [[0], [0, 1]], ['a', 'b']])
def test_an_observation_that_is_no_array(observation):
  with pytest.raises(GameError, match='answers with what is no array at'):
    step_of(observation=observation)


def test_large_observations_are_finite():
  told = step_of(observation=[3e38, -3e38])[0]
  np.testing.assert_array_equal(told, np.float32([3e38, -3e38]))


def test_a_first_observation_that_is_not_finite(monkeypatch):
  environment = single.Environment(_Answers([0, 0], 0))
  told = np.full(2, np.nan), {}
  monkeypatch.setattr(_Answers, 'reset', lambda self, **_: told)
  with pytest.raises(
    GameError, match='^_Answers .* at step 0 of an episode: o'
  ):
    environment.reset()


def test_whole_numbers_pass_unchecked(monkeypatch):
  monkeypatch.setattr(single.np, 'isfinite', None)
  environment = single.Environment(
    _Answers(np.array([1, 2], np.uint8), 0, np.uint8)
  )
  np.testing.assert_array_equal(environment.step(0)[0], [1, 2])


def test_a_game_is_named_as_its_registry_does():
  environment = single.Environment(gym.make('CartPole-v1'))
  environment.reset(0)
  environment._environment.unwrapped.state = np.full(4, np.nan)
  with pytest.raises(GameError, match='^CartPole-v1 answers with an obs'):
    environment.step(0)


class _Acted(gym.Env):
  """Keeps what it was told to do."""

  observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)

  def __init__(self, action_space):
    self.action_space = action_space

  def reset(self, *, seed=None, options=None):
    return np.zeros(2), {}

  def step(self, action):
    self.acted = action
    return np.zeros(2), 0.0, False, False, {}


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_vectors_are_rescaled_to_the_games_bounds(dtype):
  space = gym.spaces.Box(
    np.array([[-0.1, -2.0], [0.0, 1.0]], dtype),
    np.array([[0.4, 2.0], [0.3, 9.0]], dtype),
    dtype=dtype,
  )
  game = _Acted(space)
  environment = single.Environment(game)
  assert environment.actions.shape == (4,)
  environment.reset(0)
  for action, expected in (
    (-np.ones(4), space.low),
    (np.ones(4), space.high),
    (np.float32([0.0, 0.5, -1.0, 7.0]), [[0.15, 1.0], [0.0, 9.0]]),
  ):
    environment.step(np.float32(action))
    assert game.acted.dtype == dtype and space.contains(game.acted)
    np.testing.assert_allclose(game.acted, expected, rtol=1e-6)


_BOX = gym.spaces.Box(-1, 1, (2,), np.float32)


@pytest.mark.parametrize(
  ('space', 'message'),
  [
    (gym.spaces.Discrete(3, start=1), 'start at 0'),
    (
      gym.spaces.MultiDiscrete([2, 3]),
      r'actions MultiDiscrete\(\[2 3\]\): they',
    ),
    (gym.spaces.MultiBinary(3), 'MultiBinary'),
    (gym.spaces.Dict(a=_BOX), 'Dict'),
    (gym.spaces.Tuple([_BOX, _BOX]), 'Tuple'),
    (gym.spaces.Box(0, 9, (2,), np.uint8), 'a Box of floats'),
    (gym.spaces.Box(-np.inf, np.inf, (2,), np.float32), 'bounds .* finite'),
    (gym.spaces.Box(-np.inf, 1.0, (2,), np.float64), 'TransformAction'),
    (gym.spaces.Box(1.0, 1.0, (2,), np.float32), 'bounds .* ascend'),
  ],
  ids=str,
)
def test_actions_that_nobody_learns(space, message):
  with pytest.raises(UserError, match=message) as caught:
    single.Environment(_Acted(space))
  assert '\n' not in str(caught.value)


class _Drawn(_Float64Environment):
  def __init__(self, drawn):
    self._drawn = drawn

  def render(self):
    if isinstance(self._drawn, Exception):
      raise self._drawn
    return self._drawn


def test_it_draws_what_the_game_does():
  drawn = np.full((4, 6, 3), 7, np.uint8)
  environment = single.Environment(_Drawn(drawn))
  environment.reset()
  np.testing.assert_array_equal(environment.draw(), drawn)


@pytest.mark.parametrize(
  ('drawn', 'reason'),
  [
    (None, ''),
    ('ansi text', ''),
    (np.zeros((4, 6)), ''),
    ([np.zeros((4, 6, 3))], ''),
    (NotImplementedError(), r' \(NotImplementedError\)'),
    (gym.error.DependencyNotInstalled('no pygame\nat all'), r' \(no pygame\)'),
  ],
)
def test_a_game_that_cannot_draw_itself(drawn, reason):
  environment = single.Environment(_Drawn(drawn), 'Blind')
  with pytest.raises(
    UserError, match=f'^Blind cannot draw itself{reason}: let its render'
  ):
    environment.draw()


@pytest.mark.parametrize(
  ('observation', 'told'),
  [
    (np.array([300, 1]), 'with 300 at .* its observation_space is of uint8'),
    (np.array([1, -1]), 'with -1 at'),
    (np.array([0.0, 0.5]), 'with 0.5 at'),
    (np.zeros((2, 1), np.uint8), r'shape \(2, 1\) at .* has shape \(2,\)'),
    (np.zeros(1, np.uint8), r'shape \(1,\) at'),
  ],
)
def test_an_observation_of_another_space(observation, told):
  with pytest.raises(GameError, match=told):
    step_of(observation=observation, dtype=np.uint8)


def test_a_game_may_use_its_array_again():
  grid = np.zeros(2, np.uint8)
  environment = single.Environment(_Answers(grid, 0.0, np.uint8))
  environment.reset()
  seen = environment.step(0)[0]
  grid += 1
  assert seen.tolist() == [0, 0]
