"""Tests for reincarnating_rl.envs.vector."""

import numpy as np

from reincarnating_rl.envs import vector
from reincarnating_rl.envs.gymnasium_games import create_gymnasium_environment
from tests import toys
from tests.envs.side_by_side import assert_same, play_alone, play_side_by_side


def test_a_loop_of_gymnasium_environments_equals_each_of_them():
  schedule = [[(1, 300), (2, 7), (3, 300)], [(4, 300)], [(5, 3), (6, 300)]]
  make = lambda: create_gymnasium_environment('CartPole-v1')  # noqa: E731
  lanes = vector.LoopVectorEnvironment([make() for _ in schedule])
  assert (lanes.num_envs, lanes.actions.number) == (3, 2)
  assert lanes.observation_shape == (4,)
  assert lanes.observation_dtype == np.float32
  records = play_side_by_side(lanes, schedule)
  for seed, max_steps in sum(schedule, []):
    assert_same(records[seed], play_alone(make(), seed, max_steps))
  lanes.close()


def test_a_loop_of_games_whose_actions_are_vectors():
  schedule = [[(1, 9), (2, 3)], [(3, 9)]]
  lanes = vector.LoopVectorEnvironment([toys.target() for _ in schedule])
  assert lanes.actions == toys.target().actions
  records = play_side_by_side(lanes, schedule)
  for seed, max_steps in sum(schedule, []):
    assert_same(records[seed], play_alone(toys.target(), seed, max_steps))


def test_a_loop_keeps_time_outs_apart():
  lanes = vector.LoopVectorEnvironment(
    [create_gymnasium_environment('MountainCar-v0')]
  )
  record = play_side_by_side(lanes, [[(1, 1000)]])[1]
  assert len(record) == 201
  assert tuple(record[-1][2:]) == (False, True)
