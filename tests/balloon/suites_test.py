"""The suites, against the Balloon Learning Environment's own."""

import pytest

from reincarnating_rl.balloon import suites
from reincarnating_rl.envs.balloon_games import MAX_STEPS_PER_EPISODE


def test_they_are_the_environments():
  theirs = pytest.importorskip('balloon_learning_environment.eval.suites')
  assert set(suites.SUITES) == set(theirs.available_suites())
  for name in suites.SUITES:
    suite = theirs.get_eval_suite(name)
    assert suites.seeds(name) == list(suite.seeds)
    assert suite.max_episode_length == MAX_STEPS_PER_EPISODE


def test_the_first_seeds():
  assert suites.seeds('small_eval', 3) == [0, 1, 2]
  assert suites.seeds('micro_eval', 3) == [0]
