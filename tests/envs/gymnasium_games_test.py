"""Environments of Gymnasium's registry."""

import sys

import numpy as np
import pytest

from reincarnating_rl.envs import mujoco_drawing
from reincarnating_rl.envs.gymnasium_games import (
  create_gymnasium_environment,
  create_gymnasium_game,
)
from reincarnating_rl.support import errors


def test_gymnasium_time_limit_is_no_terminal():
  environment = create_gymnasium_environment('MountainCar-v0')
  observation = environment.reset(seed=0)
  assert observation.dtype == np.float32 and observation.shape == (2,)
  steps = 0
  while not environment.game_over:
    _, _, is_terminal, _ = environment.step(1)
    steps += 1
    assert not is_terminal
  assert steps == 200 and environment.truncated
  environment.reset()
  assert not environment.game_over and not environment.truncated


def test_gymnasium_terminal():
  environment = create_gymnasium_environment('CartPole-v1')
  first = environment.reset(seed=1)
  np.testing.assert_array_equal(first, environment.reset(seed=1))
  is_terminal = False
  while not environment.game_over:
    _, reward, is_terminal, _ = environment.step(0)
    assert reward == 1.0
  assert is_terminal and not environment.truncated
  environment.close()


@pytest.mark.parametrize('name', ['ALE/Pong-v5', 'PongNoFrameskip-v4'])
def test_ataris_games_are_not_played_as_vectors(name):
  with pytest.raises(errors.UserError, match="kind = 'atari' and .*-v"):
    create_gymnasium_game(name)


def test_without_box2d(monkeypatch):
  monkeypatch.setitem(sys.modules, 'Box2D', None)
  for name in [n for n in sys.modules if n.startswith('gymnasium.envs.box2d')]:
    monkeypatch.delitem(sys.modules, name)
  with pytest.raises(errors.UserError, match=r"install -e '.\[box2d\]'"):
    create_gymnasium_environment('LunarLander-v3')


@pytest.mark.parametrize(
  ('name', 'missing'),
  [('Humanoid-v5', 'mujoco'), ('Hopper-v5', 'imageio'), ('Ant-v5', 'glfw')],
)
def test_without_mujoco(monkeypatch, name, missing):
  for module in [n for n in sys.modules if n.startswith('gymnasium.envs.muj')]:
    monkeypatch.delitem(sys.modules, module)
  for module in [n for n in sys.modules if n.split('.')[0] == missing]:
    monkeypatch.delitem(sys.modules, module)
  monkeypatch.setattr(sys, 'meta_path', [Missing(missing), *sys.meta_path])
  with pytest.raises(errors.UserError, match=r"install -e '.\[control\]'"):
    create_gymnasium_environment(name)


class Missing:
  """Finds no module of a name, as where it is not installed."""

  def __init__(self, name):
    self._name = name

  def find_spec(self, name, path, target=None):
    if name == self._name:
      raise ModuleNotFoundError(f'No module named {name!r}', name=name)


def test_actions_that_are_vectors():
  environment = create_gymnasium_environment('Pendulum-v1')
  environment.reset(seed=0)
  for action in (-1.0, 1.0, 0.25):
    environment.step(np.float32([action]))
    assert environment._environment.unwrapped.last_u == 2.0 * action
  while not environment.game_over:
    assert not environment.step(np.zeros(1))[2]
  assert environment.truncated and environment._steps == 200


def test_mujoco_is_drawn_by_what_works_here(monkeypatch):
  chosen = []
  monkeypatch.setattr(
    mujoco_drawing, 'choose_backend', lambda: chosen.append(1)
  )
  for name in ('Pendulum-v1', 'InvertedPendulum-v5'):
    create_gymnasium_environment(name)
    create_gymnasium_environment(name, is_drawn=True)
  assert chosen == [1]


@pytest.mark.parametrize(
  ('name', 'told'),
  [
    ('Pendulum-v1', ('action 1',)),
    ('CartPole-v1', ('action 0', 'action 1')),
    ('Reacher-v5', ('joint0', 'joint1')),
  ],
)
def test_names_of_actions(name, told):
  assert create_gymnasium_environment(name).action_names == told


@pytest.mark.parametrize(
  ('name', 'message'),
  [
    ('FrozenLake-v1', 'must be a Box'),
    ('CartPoll-v1', "'CartPoll-v1'.*CartPole"),
    ('CartPole-v77', "'CartPole-v77'"),
    ('no_such_module:Env-v0', 'no_such_module'),
  ],
)
def test_unusable_gymnasium_environments(name, message):
  with pytest.raises(errors.UserError, match=message) as error:
    create_gymnasium_environment(name)
  assert '\n' not in str(error.value)
