"""The tasks of the DeepMind Control Suite."""

import logging
import os
import re
import subprocess
import sys

import dm_env
import numpy as np
import pytest

from reincarnating_rl.envs import (
  control_games,
  control_suite,
  games,
  process_vector,
)
from reincarnating_rl.envs.control_games import create_control_environment
from reincarnating_rl.support.errors import UserError, first_line
from tests.envs.side_by_side import assert_same, play_alone, play_side_by_side

suite, control = map(control_suite.import_module, ('suite', 'rl.control'))
TASKS = ['-'.join(names) for names in suite.ALL_TASKS]
PLAYABLE = [name for name in TASKS if not name.startswith('lqr')]


def play(environment, seed, steps, actions_seed=0):
  """Returns what a game says in an episode of random actions."""
  generator = np.random.default_rng(actions_seed)
  told = [environment.reset(seed)]
  for _ in range(steps):
    action = generator.uniform(-1, 1, environment.actions.size)
    told.extend(environment.step(action.astype(np.float32))[:2])
  return told


def assert_equal(one, other):
  for ours, theirs in zip(one, other, strict=True):
    np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope='module')
def cartpole():
  """A task that is cheap; tests share it, since a seed begins an episode."""
  environment = create_control_environment('cartpole-swingup')
  yield environment
  environment.close()


def test_it_is_the_suites_own_task(cartpole):
  task = suite.load('cartpole', 'swingup', task_kwargs={'random': 7})
  step, seen = task.reset(), cartpole.reset(7)
  assert list(step.observation) == ['position', 'velocity']
  for number in range(1000):
    arrays = step.observation.values()
    np.testing.assert_array_equal(seen, np.float32(np.concatenate([*arrays])))
    assert not cartpole.game_over
    action = np.float32([np.sin(number / 9)])
    step = task.step(np.float64(cartpole.actions.to_game(action)))
    seen, reward, is_terminal, _ = cartpole.step(action)
    assert reward == step.reward and not is_terminal
  # The suite's clock: a time-out, not the task's end.
  assert step.last() and step.discount == 1.0
  assert cartpole.game_over and cartpole.truncated


def test_observations_are_the_tasks_arrays_in_its_order():
  environment = create_control_environment('walker-walk')
  walker = suite.load('walker', 'walk', task_kwargs={'random': 0})
  told = walker.reset().observation
  assert list(told) == ['orientations', 'height', 'velocity']
  assert environment.observation_space.shape == (14 + 1 + 9,)
  seen = environment.reset(0)
  assert seen.dtype == np.float32
  assert seen[14] == np.float32(walker.physics.torso_height())
  assert environment.actions.shape == (6,)


class _Ends:
  """A task that ends at its third step, as it is told."""

  def __init__(self, discount):
    self._discount, self.steps = discount, 0

  def __call__(self, action):
    self.steps += 1
    ends = self.steps == 3
    kind = dm_env.StepType.LAST if ends else dm_env.StepType.MID
    seen = {'x': np.zeros(5)}
    return dm_env.TimeStep(kind, 1.0, self._discount if ends else 1.0, seen)


@pytest.mark.parametrize(
  ('discount', 'is_terminal'), [(0.0, True), (1.0, False)]
)
def test_an_end_is_a_terminal_and_a_time_out_is_not(
  cartpole, monkeypatch, discount, is_terminal
):
  task = cartpole._environment._task
  monkeypatch.setattr(task, 'step', _Ends(discount))
  cartpole.reset(0)
  ends = [cartpole.step(np.zeros(1))[2] for _ in range(3)]
  assert ends == [False, False, is_terminal]
  assert cartpole.game_over and cartpole.truncated == (not is_terminal)


def test_an_episode_whose_physics_diverge_is_cut(cartpole, monkeypatch, caplog):
  def diverge(action):
    raise control.PhysicsError('Physics state is invalid.\nBADQACC')

  seen = cartpole.reset(0)
  monkeypatch.setattr(cartpole._environment._task, 'step', diverge)
  with caplog.at_level(logging.WARNING, 'absl'):
    last, reward, is_terminal, _ = cartpole.step(np.zeros(1))
  np.testing.assert_array_equal(last, seen)
  assert (reward, is_terminal) == (0.0, False)
  assert cartpole.game_over and cartpole.truncated
  assert 'dm_control/cartpole-swingup is cut' in caplog.messages[0]


def check_determinism(name, steps):
  """An episode is a function of its seed and actions, not of what preceded."""
  one, other = (create_control_environment(name) for _ in range(2))
  play(other, 5, steps // 2, actions_seed=1)
  first = play(one, 3, steps)
  assert_equal(first, play(other, 3, steps))
  assert_equal(first, play(one, 3, steps))
  different = play(one, 4, 1)
  assert not np.array_equal(first[0], different[0])
  for environment in (one, other):
    environment.close()


@pytest.mark.parametrize(
  'name', ['walker-walk', 'point_mass-hard', 'quadruped-escape']
)
def test_an_episode_is_a_function_of_seed_and_actions(name):
  check_determinism(name, 20)


@pytest.mark.soak
@pytest.mark.parametrize('name', PLAYABLE)
def test_every_task_is_a_function_of_seed_and_actions(name):
  check_determinism(name, 200)


def test_components_of_an_action_have_the_actuators_names(cartpole):
  assert cartpole.action_names == ('slide',)


def test_it_is_found_by_its_name():
  game = games.create_game('dm_control/cartpole-balance')
  assert (game.name, game.stack_size) == ('dm_control/cartpole-balance', 1)
  assert games.family_of('dm_control/walker-fly') is control_games.FAMILY
  assert not games.is_known('dm_control/walker-fly')
  lanes = games.create_game(
    'dm_control/cartpole-balance', num_vector_environments=2
  ).create_vector_environment()
  assert (lanes.num_envs, lanes.actions.size) == (2, 1)
  lanes.close()


def test_lanes_in_processes():
  game = games.create_game(
    'dm_control/cartpole-balance', num_vector_environments=2, num_processes=2
  )
  lanes = game.create_vector_environment()
  assert isinstance(lanes, process_vector.ProcessVectorEnvironment)
  records = play_side_by_side(lanes, [[(1, 9), (2, 3)], [(3, 5)]])
  lanes.close()
  alone = game.create_environment()
  for seed, steps in ((1, 9), (2, 3), (3, 5)):
    assert_same(records[seed], play_alone(alone, seed, steps))


@pytest.mark.parametrize(
  ('name', 'message'),
  [
    ('walker_walk', 'Did you mean walker-walk?'),
    ('walker-walk-v0', 'Did you mean walker-walk?'),
    ('dm_control/walker-walk', 'Did you mean walker-walk?'),
    ('Walker-Run', 'Did you mean walker-run?'),
    ('walker', 'names are DOMAIN-TASK'),
    ('', 'names are DOMAIN-TASK'),
    ('lqr-lqr_2_1', 'actions Box(-inf, inf, (1,), float64): their bounds'),
  ],
)
def test_what_cannot_be_played(name, message):
  with pytest.raises(UserError, match=re.escape(message)) as caught:
    games.create_game(f'dm_control/{name}').create_environment()
  assert first_line(caught.value) == str(caught.value)


def test_without_the_suite(monkeypatch):
  monkeypatch.setitem(sys.modules, 'dm_control.suite', None)
  with pytest.raises(UserError, match=r"install -e '.\[control\]'"):
    games.create_game('dm_control/walker-walk')
  assert games.is_known('dm_control/walker-walk')  # To make it says the rest.
  monkeypatch.setattr(sys, 'version_info', (3, 13, 1))
  with pytest.raises(UserError, match=r'--no-deps dm_control .* 3.13\).$'):
    games.create_game('dm_control/walker-walk')


def test_the_suite_needs_neither_a_display_nor_labmaze():
  code = """
import os, sys, warnings
warnings.simplefilter('error')
sys.modules['labmaze'] = sys.modules['glfw'] = sys.modules['OpenGL'] = None
from reincarnating_rl.envs.control_games import create_control_environment
environment = create_control_environment('cartpole-swingup')
environment.reset(0)
assert os.environ.get('MUJOCO_GL') == sys.argv[1]
"""
  asked = 'nonsense'  # Nobody looks at it before something is drawn.
  done = subprocess.run(
    [sys.executable, '-c', code, asked],
    env={**os.environ, 'MUJOCO_GL': asked},
    capture_output=True,
    text=True,
    check=False,
  )
  assert (done.returncode, done.stderr) == (0, '')
