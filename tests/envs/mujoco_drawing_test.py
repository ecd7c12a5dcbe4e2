"""Pictures of MuJoCo's physics, and by what they are drawn."""

import os
import subprocess
import sys

import pytest

from reincarnating_rl.envs import mujoco_drawing
from reincarnating_rl.envs.gymnasium_games import create_gymnasium_environment
from reincarnating_rl.support.errors import UserError, first_line
from tests import scripts


@pytest.fixture(autouse=True)
def chosen_anew(monkeypatch):
  monkeypatch.setenv('MUJOCO_GL', '')  # So that what is chosen is undone.
  monkeypatch.delitem(sys.modules, 'tensorflow', raising=False)
  mujoco_drawing.choose_backend.cache_clear()
  yield
  mujoco_drawing.choose_backend.cache_clear()


@pytest.fixture
def trials(monkeypatch):
  """Has trials end as a table says, and lists them."""
  works, tried, beside = {}, [], []

  def run(command, *, env, **settings):
    backend = command[3]
    beside.append(command[4:])
    assert env['MUJOCO_GL'] == backend
    tried.append(backend)
    error = works.get(backend, f'Traceback:\n\nImportError: no {backend}\n')
    if isinstance(error, Exception):
      raise error
    return subprocess.CompletedProcess(command, int(bool(error)), '', error)

  monkeypatch.setattr(subprocess, 'run', run)
  return works, tried, beside


@pytest.mark.parametrize(
  ('works', 'expected'),
  [
    (('egl', 'osmesa', 'glfw'), ['egl']),
    (('osmesa', 'glfw'), ['egl', 'osmesa']),
    (('glfw',), ['egl', 'osmesa', 'glfw']),
  ],
)
def test_the_first_that_works_is_taken(trials, works, expected):
  trials[0].update(dict.fromkeys(works, ''))
  assert mujoco_drawing.choose_backend() == expected[-1]
  assert os.environ['MUJOCO_GL'] == expected[-1]
  assert trials[1] == expected
  assert mujoco_drawing.choose_backend() == expected[-1]
  assert trials[1] == expected  # One trial is enough.


def test_what_is_asked_for_is_taken(trials, monkeypatch):
  monkeypatch.setenv('MUJOCO_GL', 'OSMesa')
  trials[0]['osmesa'] = ''
  assert mujoco_drawing.choose_backend() == 'osmesa'
  assert trials[1] == ['osmesa']


def test_where_nothing_can_draw(trials, monkeypatch):
  trials[0]['osmesa'] = subprocess.TimeoutExpired('', 60)
  with pytest.raises(UserError, match='ImportError: no egl; osmesa: no an'):
    mujoco_drawing.choose_backend()
  monkeypatch.setenv('MUJOCO_GL', 'egl')
  with pytest.raises(UserError, match='no egl.: unset MUJOCO_GL.$') as caught:
    mujoco_drawing.choose_backend()
  assert first_line(caught.value) == str(caught.value)


def test_a_game_of_gymnasiums_is_drawn_by_what_works(trials):
  trials[0]['egl'] = ''
  create_gymnasium_environment('CartPole-v1', is_drawn=True)
  assert not trials[1]
  create_gymnasium_environment('InvertedPendulum-v5', is_drawn=True)
  assert trials[1] == ['egl']


def test_what_ends_a_process_is_tried_elsewhere(trials, monkeypatch):
  monkeypatch.setitem(sys.modules, 'tensorflow', sys)
  trials[0]['osmesa'] = ''
  assert mujoco_drawing.choose_backend() == 'osmesa'
  assert trials[2] == [['tensorflow']] * 2
  monkeypatch.delitem(sys.modules, 'tensorflow')
  mujoco_drawing.choose_backend.cache_clear()
  mujoco_drawing.choose_backend()
  assert trials[2][2:] == [[]]


@pytest.mark.soak
@pytest.mark.parametrize(
  'name', ['dm_control/cartpole-swingup', 'InvertedPendulum-v5']
)
def test_a_picture_where_something_can_draw(name):
  """In a process without TensorFlow."""
  code = """
import sys
import numpy as np
from reincarnating_rl.envs import games
from reincarnating_rl.support.errors import UserError
environment = games.create_game(sys.argv[1]).create_environment_to_draw()
environment.reset(0)
try:
  before = environment.draw()
except UserError as error:
  assert 'MuJoCo cannot draw here' in str(error)
  sys.exit()
assert before.dtype == np.uint8 and before.std() > 1.0
environment.step(np.ones(1))
assert not np.array_equal(environment.draw(), before)
environment.close()
"""
  done = scripts.run(code, name)
  assert (done.returncode, done.stderr) == (0, '')
