"""One emulator against Dopamine's, and many against one."""

import numpy as np
import pytest

from reincarnating_rl.compat import dopamine_compat  # noqa: F401
from reincarnating_rl.envs.atari_environments import (
  AtariVectorEnvironment,
  create_atari_environment,
)
from tests.envs.side_by_side import assert_same, play_alone, play_side_by_side

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
  ours = create_atari_environment(game)
  assert ours.actions.number == theirs.action_space.n
  generator = np.random.default_rng(0)
  for seed in (11, 12):
    expected, observation = _dopamine_reset(theirs, seed), ours.reset(seed)
    is_terminal, total = False, 0.0
    while not is_terminal:
      np.testing.assert_array_equal(observation, expected)
      action = generator.integers(ours.actions.number)
      expected, expected_reward, expected_terminal, _ = theirs.step(action)
      expected = expected[..., 0]
      observation, reward, is_terminal, _ = ours.step(action)
      assert (reward, is_terminal) == (expected_reward, expected_terminal)
      assert ours.game_over == theirs.game_over
      total += abs(reward)
    # The frame after the last step is nobody's input: `end_episode` takes none.
    assert total > 0 and not ours.truncated


def test_atari_observations_and_actions():
  environment = create_atari_environment('Pong')
  assert environment.game_over
  observation = environment.reset(seed=0)
  assert observation.shape == (84, 84) and observation.dtype == np.uint8
  assert environment.observation_space.shape == (84, 84)
  assert environment.actions.number == 6
  assert not environment.game_over
  step = environment.step(np.int64(2))
  assert type(step[1]) is float and type(step[2]) is bool


def _frames(environment, seed, num_steps=150):
  frames = [environment.reset(seed)]
  generator = np.random.default_rng(5)
  for _ in range(num_steps):
    action = generator.integers(environment.actions.number)
    frames.append(environment.step(action)[0])
  return np.stack(frames)


def test_the_seed_decides_which_actions_stick():
  environment = create_atari_environment('Breakout')
  first = _frames(environment, 3)
  other = _frames(environment, 4)
  np.testing.assert_array_equal(first, _frames(environment, 3))
  assert not np.array_equal(first, other)


def test_without_sticky_actions_the_game_is_deterministic():
  environment = create_atari_environment('Breakout', False)
  np.testing.assert_array_equal(
    _frames(environment, 3), _frames(environment, 4)
  )


def test_an_atari_time_out_is_no_terminal():
  # Dopamine 4.1.2 stops at 100,000 frames and calls that a terminal.
  environment = create_atari_environment('Pong', max_frames_per_episode=40)
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
  environment = create_atari_environment('Pong')
  emulator = environment._environment.unwrapped.ale
  assert emulator.getInt('max_num_frames_per_episode') == 108_000
  assert emulator.getFloat('repeat_action_probability') == 0.25


def test_losing_a_life_is_no_terminal():
  environment = create_atari_environment('Breakout')
  environment.reset(seed=0)
  lives = []
  while not environment.game_over:
    _, _, is_terminal, info = environment.step(1)  # Only ever serves.
    lives.append(info['lives'])
    assert is_terminal == environment.game_over == (lives[-1] == 0)
  assert set(lives) == {5, 4, 3, 2, 1, 0}


@pytest.mark.parametrize('game', ['Pong', 'Breakout'])
def test_atari_lanes_equal_the_single_environment(game):
  # Whole episodes, cut ones and idle lanes.
  schedule = [
    [(1, 90), (2, 2000), (3, 40)],
    [(4, 2000), (5, 60)],
    [(0, 10)],
    [(2**31 - 1, 170), (7, 25), (8, 25), (9, 100)],
  ]
  lanes = AtariVectorEnvironment(game, 4)
  records = play_side_by_side(lanes, schedule)
  lanes.close()
  alone = create_atari_environment(game)
  for seed, max_steps in sum(schedule, []):
    assert_same(records[seed], play_alone(alone, seed, max_steps))
  assert records[2][-1][2] and records[4][-1][2]  # Two real ends were seen.
  assert sum(abs(step[1]) for record in records.values() for step in record) > 5


def test_atari_time_outs():
  lanes = AtariVectorEnvironment('Pong', 1, max_frames_per_episode=43)
  alone = create_atari_environment('Pong', max_frames_per_episode=43)
  record = play_side_by_side(lanes, [[(1, 100), (2, 100)]])
  for seed in (1, 2):
    expected = play_alone(alone, seed, 100)
    assert len(expected) == 1 + 11 and expected[-1][2:] == (False, True)
    assert_same(record[seed], expected)


def test_atari_without_sticky_actions():
  lanes = AtariVectorEnvironment('Breakout', 2, sticky_actions=False)
  first = lanes.reset([0, 1], [1, 2])
  np.testing.assert_array_equal(first[0], first[1])
  for step in range(60):
    steps = lanes.step([0, 1], [step % 4] * 2)
    np.testing.assert_array_equal(steps.observations[0], steps.observations[1])


def test_atari_rewards_are_raw():
  lanes = AtariVectorEnvironment('MsPacman', 1)
  record = play_side_by_side(lanes, [[(1, 120)]])[1]
  alone = create_atari_environment('MsPacman')
  assert_same(record, play_alone(alone, 1, 120))
  assert max(step[1] for step in record) >= 10.0


def test_atari_shapes_and_types():
  lanes = AtariVectorEnvironment('Pong', 3)
  assert (lanes.num_envs, lanes.actions.number) == (3, 6)
  assert lanes.observation_shape == (84, 84)
  assert lanes.observation_dtype == np.uint8
  assert lanes.reset([2, 0], [1, 2]).shape == (2, 84, 84)
  steps = lanes.step([2], [0])
  assert steps.observations.shape == (1, 84, 84)
  assert steps.observations.dtype == np.uint8
  assert steps.rewards.dtype == np.float32
  assert steps.terminals.dtype == steps.truncations.dtype == bool


def test_observations_are_not_overwritten_later():
  lanes = AtariVectorEnvironment('Pong', 1)
  kept = [lanes.reset([0], [1])]
  kept += [lanes.step([0], [2]).observations for _ in range(40)]
  copies = [observation.copy() for observation in kept]
  lanes.reset([0], [2])
  lanes.step([0], [3])
  np.testing.assert_array_equal(kept, copies)


def test_unused_preparations_do_not_use_up_the_spares():
  lanes = AtariVectorEnvironment('Breakout', 1)
  expected = lanes.reset([0], [5])
  for hint in range(10, 14):
    lanes.prepare([hint, hint + 100])
  assert list(lanes._ready) == [13]  # The one spare serves the latest hint.
  np.testing.assert_array_equal(lanes.reset([0], [5]), expected)
  np.testing.assert_array_equal(
    lanes.reset([0], [13]),
    AtariVectorEnvironment('Breakout', 1).reset([0], [13]),
  )
