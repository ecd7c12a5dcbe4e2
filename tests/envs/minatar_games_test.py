"""MinAtar's games: seeds, sticky actions, ends and actions."""

import minatar
import numpy as np
import pytest
import seaborn

from reincarnating_rl.envs import minatar_games, single
from reincarnating_rl.support.errors import UserError

CHANNELS = {
  'asterix': 4,
  'breakout': 4,
  'freeway': 7,
  'seaquest': 10,
  'space_invaders': 6,
}


def _make(game, **settings):
  return single.Environment(minatar_games.MinAtarGame(game, **settings))


def _play(environment, seed, steps=120, actions=7):
  """Plays at random, through as many episodes as it takes."""
  generator = np.random.default_rng(actions)
  seen = [environment.reset(seed)]
  rewards = []
  while len(rewards) < steps:
    action = generator.integers(environment.actions.number)
    observation, reward, _, _ = environment.step(action)
    seen.append(observation)
    rewards.append(reward)
    if environment.game_over:
      seen.append(environment.reset())
  return np.stack(seen), np.array(rewards)


@pytest.mark.parametrize('game', minatar_games.GAMES)
def test_an_episode_is_a_function_of_seed_and_actions(game):
  one, other = _make(game), _make(game)
  _play(other, seed=4, steps=57)  # Whatever was played before.
  frames, rewards = _play(one, seed=3)
  again, rewards_again = _play(other, seed=3)
  np.testing.assert_array_equal(frames, again)
  np.testing.assert_array_equal(rewards, rewards_again)
  assert not np.array_equal(frames, _play(one, seed=5)[0])


@pytest.mark.parametrize('game', minatar_games.GAMES)
def test_it_is_minatars_game(game):
  theirs = minatar.Environment(game)
  theirs.seed(11)
  theirs.reset()
  ours = _make(game)
  observation = ours.reset(seed=11)
  generator = np.random.default_rng(0)
  actions = theirs.minimal_action_set()
  over = False
  for _ in range(400):
    np.testing.assert_array_equal(observation, theirs.state())
    if over:
      break
    action = generator.integers(len(actions))
    expected, over = theirs.act(actions[action])
    observation, reward, _, _ = ours.step(action)
    assert (reward, ours.game_over) == (expected, over)


@pytest.mark.parametrize('game', minatar_games.GAMES)
def test_observations_are_zeros_and_ones(game):
  environment = _make(game)
  frames, _ = _play(environment, seed=0)
  assert frames.dtype == environment.observation_space.dtype == np.uint8
  assert frames.shape[1:] == (10, 10, CHANNELS[game])
  assert environment.observation_space.shape == frames.shape[1:]
  assert set(np.unique(frames)) == {0, 1}


def test_the_last_action_does_not_outlive_the_episode():
  # Repeated with probability 1, what is never an action is never played.
  environment = _make('breakout')
  environment._environment._game.sticky_action_prob = 1.0
  environment._environment._game.last_action = 1
  paddles = [environment.reset(seed=0)[9, :, 0].argmax()]
  paddles += [environment.step(2)[0][9, :, 0].argmax() for _ in range(3)]
  assert paddles == [4, 4, 4, 4]


def _paddle_moves(sticky_actions):
  """How often the paddle does not do what it is told, of 2,000 times."""
  environment = _make('breakout', sticky_actions=sticky_actions)
  environment.reset(seed=1)
  place, wrong = 4, 0
  for step in range(2000):
    action = (1, 2)[step % 2]
    observation, *_ = environment.step(action)
    now = observation[9, :, 0].argmax()
    wrong += now != np.clip(place + (-1, 1)[step % 2], 0, 9)
    place = now
    if environment.game_over:
      environment.reset()
      place = 4
  return wrong


def test_one_action_in_ten_sticks():
  assert 150 < _paddle_moves(True) < 250
  assert _paddle_moves(False) == 0


@pytest.mark.parametrize(
  ('game', 'meanings'),
  [
    ('breakout', ('NOOP', 'LEFT', 'RIGHT')),
    ('freeway', ('NOOP', 'UP', 'DOWN')),
    ('asterix', ('NOOP', 'LEFT', 'UP', 'RIGHT', 'DOWN')),
    ('space_invaders', ('NOOP', 'LEFT', 'RIGHT', 'FIRE')),
    ('seaquest', minatar_games.MEANINGS),
  ],
)
def test_actions_are_the_minimal_set(game, meanings):
  environment = _make(game)
  assert environment.action_meanings == meanings
  assert environment.actions.number == len(meanings)


def _end(environment, action=0):
  environment.reset(seed=0)
  steps = 0
  while not environment.game_over:
    _, _, is_terminal, _ = environment.step(action)
    steps += 1
  return steps, is_terminal, environment.truncated


def test_a_lost_ball_is_a_terminal_and_a_time_out_is_none():
  assert _end(_make('breakout')) == (6, True, False)
  environment = _make('breakout', max_steps_per_episode=5)
  for _ in range(2):
    assert _end(environment) == (5, False, True)
  # Both at once: the terminal counts.
  at_once = _make('breakout', max_steps_per_episode=6)
  assert _end(at_once) == (6, True, False)


def test_freeways_clock_is_a_time_out():
  assert _end(_make('freeway')) == (2501, False, True)


@pytest.mark.parametrize(
  ('name', 'near'),
  [
    ('Breakout', "'breakout'"),
    ('space-invaders', "'space_invaders'"),
    ('sequest', "'seaquest'"),
    ('pong', ''),
  ],
)
def test_a_misspelt_game(name, near):
  with pytest.raises(UserError, match=f'no MinAtar game {name!r}') as caught:
    minatar_games.MinAtarGame(name)
  assert near in str(caught.value).partition(': choose')[2]
  assert 'asterix, breakout, freeway' in str(caught.value)
  assert '\n' not in str(caught.value)


def test_without_minatar(monkeypatch):
  def find_no_minatar(name, *rest):
    raise ModuleNotFoundError(f'No module named {name!r}')

  monkeypatch.setattr(minatar_games.importlib, 'import_module', find_no_minatar)
  with pytest.raises(UserError, match=r"install -e '.\[minatar\]'"):
    minatar_games.MinAtarGame('breakout')


@pytest.mark.parametrize('game', minatar_games.GAMES)
def test_it_is_drawn_in_minatars_colours(game):
  played = minatar_games.MinAtarGame(game)
  seen, _ = played.reset(seed=0)
  colors = seaborn.color_palette('cubehelix', CHANNELS[game])
  expected = np.zeros((10, 10, 3))
  for channel, color in enumerate(colors):  # Later ones cover earlier ones.
    expected[seen[..., channel] > 0] = color
  drawn = played.render()
  assert drawn.dtype == np.uint8
  np.testing.assert_allclose(drawn, 255 * expected, atol=1)
