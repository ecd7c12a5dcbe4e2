"""How episodes of Atari games begin, and lives that are episodes."""

import numpy as np
import pytest

from reincarnating_rl.envs import games, rollouts
from reincarnating_rl.envs.atari_environments import create_atari_environment
from reincarnating_rl.envs.atari_lives import Openings
from reincarnating_rl.envs.lanes import Keep

SERVED = {'fire_on_reset': True, 'terminal_on_life_loss': True}


def make(game='Breakout', **openings):
  return create_atari_environment(game, openings=Openings(**openings))


def idle(environment, steps=600):
  """Does nothing; returns whether each step was an end, and the last life."""
  environment.reset(seed=1)
  ends, info = [], {}
  while not environment.game_over and len(ends) < steps:
    _, _, is_terminal, info = environment.step(0)
    ends.append(is_terminal)
  return ends, info['lives']


def test_a_game_that_waits_for_fire():
  assert idle(make()) == ([False] * 600, 5)
  # As under FireReset alone: each later life waits again.
  assert idle(make(fire_on_reset=True)) == ([False] * 600, 4)
  ends, lives = idle(make(**SERVED))
  assert (sum(ends), ends[-1], lives) == (5, True, 0) and len(ends) < 400


def test_a_life_is_an_episode_without_fire_too():
  environment = make(terminal_on_life_loss=True)
  environment.reset(seed=1)
  ends = []
  while not environment.game_over:
    ends.append(environment.step(1)[2])  # Only ever serves.
  assert sum(ends) == 5 and ends[-1] and not environment.truncated


def test_a_game_without_fire():
  first = make('Freeway').reset(seed=1)
  np.testing.assert_array_equal(make('Freeway', **SERVED).reset(seed=1), first)


def test_frames_without_action_depend_on_the_seed():
  def begin(environment, seed):
    environment.reset(seed)
    return environment._environment.unwrapped.ale.getEpisodeFrameNumber()

  one, other = make('Pong', noop_starts=30), make('Pong', noop_starts=30)
  begun = [begin(one, seed) for seed in range(5)]
  assert begun == [begin(other, seed) for seed in range(5)]
  first = begin(make('Pong'), 0)
  assert len(set(begun)) > 1 and first < min(begun) <= max(begun) <= first + 30


@pytest.mark.parametrize('openings', [{}, {'fire_on_reset': True}])
def test_all_actions(openings):
  game = games.create_game(
    'Pong', full_action_set=True, num_vector_environments=1, **openings
  )
  environment, lanes = (
    game.create_environment(),
    game.create_vector_environment(),
  )
  assert environment.actions.number == lanes.actions.number == 18
  assert environment.action_meanings[-1] == 'DOWNLEFTFIRE'
  np.testing.assert_array_equal(lanes.reset([0], [3])[0], environment.reset(3))
  observation, *_ = environment.step(17)
  steps = lanes.step([0], [17])
  np.testing.assert_array_equal(steps.observations[0], observation)
  lanes.close()


def test_the_score_is_of_all_lives_and_a_learner_is_told_of_each():
  game = games.create_game('Breakout', num_vector_environments=2, **SERVED)
  lanes = game.create_vector_environment()
  seen = []

  def policy(states, keys):
    seen.append(states[..., :-1].reshape(2, -1).any(axis=1))
    return np.zeros(2, int), np.zeros((2, 1))

  episodes = list(
    rollouts.rollouts(
      lanes,
      policy,
      seed=0,
      iteration=0,
      stack_size=4,
      num_episodes=2,
      keep=Keep.ALL,
      max_steps_per_episode=600,
    )
  )
  lanes.close()
  for episode in episodes:
    assert episode.terminal and episode.life_ends.sum() == 4
    lives = episode.lives()
    assert len(lives) == 5 and all(life.terminal for life in lives)
    assert sum(life.length for life in lives) == episode.length
    assert sum(life.return_ for life in lives) == episode.return_
    for name in ('actions', 'rewards', 'observations', 'extras'):
      parts = [getattr(life, name) for life in lives]
      np.testing.assert_array_equal(
        np.concatenate(parts), getattr(episode, name)
      )
  # No state reaches back into the life before: both lanes began five times.
  assert np.sum(~np.array(seen)[: min(e.length for e in episodes)]) >= 2 * 4
