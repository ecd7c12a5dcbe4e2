"""What a run tells those who watch it."""

import gymnasium as gym
import pytest

import reincarnating_rl as rrl
from tests.api import runs

LANES = 3


def reincarnate(**settings):
  given = {
    'game': runs.GAME,
    'online_steps': 90,
    'evaluations': 1,
    'evaluation_episodes': 1,
    'max_steps_per_episode': 20,
    'random_score': 0.0,
    'num_environments': LANES,
  }
  return rrl.reincarnate('dqn', **given | settings)


def test_steps_of_several_environments_are_heard():
  heard = []

  class Listener(rrl.Callback):
    def on_step(self, step):
      heard.append(step)
      if step.number == 61:
        step.stop()

  run = reincarnate(callbacks=[Listener()])
  assert run.was_stopped
  # A step of each is taken at a time.
  assert [step.number for step in heard] == list(range(1, 64))
  assert [step.environment for step in heard] == [0, 1, 2] * 21
  assert {step.reward for step in heard} == {1.0}
  compared = 0
  for step, following in zip(heard, heard[LANES:], strict=False):
    before, after = step.observation, following.observation
    if after[0] == pytest.approx(before[0] + 0.02 * before[1], abs=1e-6):
      compared += not step.is_terminal
  # All others begin an episode.
  assert 45 < compared < 60
  assert any(step.is_terminal for step in heard)


def test_one_environment_plays_one_episode_at_a_time():
  with pytest.raises(rrl.UserError, match='another episode has begun') as error:
    reincarnate(game=gym.make(runs.GAME))
  assert '\n' not in str(error.value)
