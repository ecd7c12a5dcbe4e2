"""Tests for reincarnating_rl.envs.vector."""

import numpy as np
import pytest

from reincarnating_rl.envs import (
  single,
  vector,
)


def _action(seed, step, num_actions):
  return int(np.random.default_rng((seed, step)).integers(num_actions))


def _play_alone(environment, seed, max_steps):
  """One episode as a list of (observation, reward, terminal, truncated)."""
  record = [(environment.reset(seed), 0.0, False, False)]
  for step in range(max_steps):
    action = _action(seed, step, environment.action_space.n)
    observation, reward, terminal, _ = environment.step(action)
    record.append((observation, reward, terminal, environment.truncated))
    if environment.game_over:
      break
  return record


def _play_side_by_side(environment, schedule):
  """Plays `schedule[lane]`, a list of (seed, max_steps), in every lane."""
  left = [list(episodes) for episodes in schedule]
  playing, records = {}, {}
  while any(left) or playing:
    opening = [i for i in range(len(left)) if i not in playing and left[i]]
    if opening:
      for lane in opening:
        playing[lane] = left[lane].pop(0)
      seeds = [playing[lane][0] for lane in opening]
      for seed, observation in zip(
        seeds, environment.reset(opening, seeds), strict=True
      ):
        records[seed] = [(observation, 0.0, False, False)]
      # Right hints in the wrong order, and one that never comes true.
      environment.prepare([999, *(e[0][0] for e in left[::-1] if e)])
    lanes = sorted(playing, reverse=True)  # Any order will do.
    seeds = [playing[lane][0] for lane in lanes]
    actions = [
      _action(seed, len(records[seed]) - 1, environment.num_actions)
      for seed in seeds
    ]
    steps = zip(*environment.step(lanes, actions), strict=True)
    for lane, seed, step in zip(lanes, seeds, steps, strict=True):
      records[seed].append(step)
      ended = step[2] or step[3]
      if ended or len(records[seed]) > playing[lane][1]:
        del playing[lane]
  return records


def _assert_same(record, expected):
  assert len(record) == len(expected)
  for step, expected_step in zip(record, expected, strict=True):
    np.testing.assert_array_equal(step[0], expected_step[0])
    assert tuple(step[1:]) == tuple(expected_step[1:])


@pytest.mark.parametrize('game', ['Pong', 'Breakout'])
def test_atari_lanes_equal_the_single_environment(game):
  # Whole episodes, cut ones and idle lanes.
  schedule = [
    [(1, 90), (2, 2000), (3, 40)],
    [(4, 2000), (5, 60)],
    [(0, 10)],
    [(2**31 - 1, 170), (7, 25), (8, 25), (9, 100)],
  ]
  lanes = vector.AtariVectorEnvironment(game, 4)
  records = _play_side_by_side(lanes, schedule)
  lanes.close()
  alone = single.create_atari_environment(game)
  for seed, max_steps in sum(schedule, []):
    _assert_same(records[seed], _play_alone(alone, seed, max_steps))
  assert records[2][-1][2] and records[4][-1][2]  # Two real ends were seen.
  assert sum(abs(step[1]) for record in records.values() for step in record) > 5


def test_atari_time_outs():
  lanes = vector.AtariVectorEnvironment('Pong', 1, max_frames_per_episode=43)
  alone = single.create_atari_environment('Pong', max_frames_per_episode=43)
  record = _play_side_by_side(lanes, [[(1, 100), (2, 100)]])
  for seed in (1, 2):
    expected = _play_alone(alone, seed, 100)
    assert len(expected) == 1 + 11 and expected[-1][2:] == (False, True)
    _assert_same(record[seed], expected)


def test_atari_without_sticky_actions():
  lanes = vector.AtariVectorEnvironment('Breakout', 2, sticky_actions=False)
  first = lanes.reset([0, 1], [1, 2])
  np.testing.assert_array_equal(first[0], first[1])
  for step in range(60):
    steps = lanes.step([0, 1], [step % 4] * 2)
    np.testing.assert_array_equal(steps.observations[0], steps.observations[1])


def test_atari_rewards_are_raw():
  lanes = vector.AtariVectorEnvironment('MsPacman', 1)
  record = _play_side_by_side(lanes, [[(1, 120)]])[1]
  alone = single.create_atari_environment('MsPacman')
  _assert_same(record, _play_alone(alone, 1, 120))
  assert max(step[1] for step in record) >= 10.0


def test_atari_shapes_and_types():
  lanes = vector.AtariVectorEnvironment('Pong', 3)
  assert (lanes.num_envs, lanes.num_actions) == (3, 6)
  assert lanes.observation_shape == (84, 84)
  assert lanes.observation_dtype == np.uint8
  assert lanes.reset([2, 0], [1, 2]).shape == (2, 84, 84)
  steps = lanes.step([2], [0])
  assert steps.observations.shape == (1, 84, 84)
  assert steps.observations.dtype == np.uint8
  assert steps.rewards.dtype == np.float32
  assert steps.terminals.dtype == steps.truncations.dtype == bool


def test_observations_are_not_overwritten_later():
  lanes = vector.AtariVectorEnvironment('Pong', 1)
  kept = [lanes.reset([0], [1])]
  kept += [lanes.step([0], [2]).observations for _ in range(40)]
  copies = [observation.copy() for observation in kept]
  lanes.reset([0], [2])
  lanes.step([0], [3])
  np.testing.assert_array_equal(kept, copies)


def test_unused_preparations_do_not_use_up_the_spares():
  lanes = vector.AtariVectorEnvironment('Breakout', 1)
  expected = lanes.reset([0], [5])
  for hint in range(10, 14):
    lanes.prepare([hint, hint + 100])
  assert list(lanes._ready) == [13]  # The one spare serves the latest hint.
  np.testing.assert_array_equal(lanes.reset([0], [5]), expected)
  np.testing.assert_array_equal(
    lanes.reset([0], [13]),
    vector.AtariVectorEnvironment('Breakout', 1).reset([0], [13]),
  )


def test_a_loop_of_gymnasium_environments_equals_each_of_them():
  schedule = [[(1, 300), (2, 7), (3, 300)], [(4, 300)], [(5, 3), (6, 300)]]
  make = lambda: single.create_gymnasium_environment('CartPole-v1')  # noqa: E731
  lanes = vector.LoopVectorEnvironment([make() for _ in schedule])
  assert (lanes.num_envs, lanes.num_actions) == (3, 2)
  assert lanes.observation_shape == (4,)
  assert lanes.observation_dtype == np.float32
  records = _play_side_by_side(lanes, schedule)
  for seed, max_steps in sum(schedule, []):
    _assert_same(records[seed], _play_alone(make(), seed, max_steps))
  lanes.close()


def test_a_loop_keeps_time_outs_apart():
  lanes = vector.LoopVectorEnvironment(
    [single.create_gymnasium_environment('MountainCar-v0')]
  )
  record = _play_side_by_side(lanes, [[(1, 1000)]])[1]
  assert len(record) == 201
  assert tuple(record[-1][2:]) == (False, True)
