"""Tests for reincarnating_rl.evaluation.atari_scores."""

import pytest

from reincarnating_rl.envs import atari_roms
from reincarnating_rl.evaluation import atari_scores


@pytest.mark.parametrize(
  ('game', 'score'),
  [
    # The ten games of Agarwal et al. 2022.
    ('Asterix', 210.0),
    ('BeamRider', 363.9),
    ('Bowling', 23.1),
    ('Breakout', 1.7),
    ('Enduro', 0.0),
    ('MsPacman', 307.3),
    ('Qbert', 163.9),
    ('Riverraid', 1338.5),
    ('Seaquest', 68.4),
    ('SpaceInvaders', 148.0),
    ('Pong', -20.7),
    # The official code had 0 here.
    ('VideoPinball', 16256.9),
  ],
)
def test_random_scores(game, score):
  assert atari_scores.random_score(game) == score


def test_every_game_of_the_table_can_be_played():
  games = list(atari_scores._SCORES)
  assert len(games) == 57
  for game in games:
    atari_roms.rom_id(game)  # Raises if there is no such game.


@pytest.mark.parametrize(
  'game', ['AirRaid', 'Carnival', 'ElevatorAction', 'JourneyEscape', 'Pooyan']
)
def test_games_without_a_published_score(game):
  # The official code stopped with a KeyError.
  assert atari_scores.random_score(game) is None
