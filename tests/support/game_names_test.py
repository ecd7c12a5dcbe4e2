"""Games under the names that others give them."""

import pytest

from reincarnating_rl.support import game_names


@pytest.mark.parametrize(
  ('name', 'plain'),
  [
    ('Pong', 'pong'),
    ('ALE/Pong-v5', 'pong'),
    ('PongNoFrameskip-v4', 'pong'),
    ('PongDeterministic-v7', 'pong'),
    ('ale_py:ALE/Pong-v5', 'pong'),
    ('own.games:Walk-v0', 'walk'),
    ('LunarLander-v2', 'lunarlander'),
    ('MinAtar/breakout', 'minatar-breakout'),
    ('MinAtar/SpaceInvaders-v1', 'minatar-spaceinvaders'),
    ('MinAtar/space_invaders', 'minatar-spaceinvaders'),
    ('own/MinAtar-SpaceInvaders-v1', 'minatar-spaceinvaders'),
    ('own/ALE-Pong-v5', 'pong'),
    ('own/CartPole-v1', 'cartpole'),
  ],
)
def test_one_game_under_several_names(name, plain):
  assert game_names.plain_name(name) == plain


@pytest.mark.parametrize(
  ('name', 'parts'),
  [
    ('Walk-v0', (None, 'Walk-v0')),
    ('own.games:Walk-v0', ('own.games', 'Walk-v0')),
    ('own:ns/Walk-v0', ('own', 'ns/Walk-v0')),
  ],
)
def test_the_module_of_a_name(name, parts):
  assert game_names.split_module(name) == parts
