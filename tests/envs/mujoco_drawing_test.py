"""Pictures of MuJoCo's physics, and by what they are drawn."""

import os
import subprocess

import numpy as np
import pytest

from reincarnating_rl.envs import mujoco_drawing
from reincarnating_rl.envs.control_games import create_control_environment
from reincarnating_rl.support.errors import UserError, first_line


@pytest.fixture(autouse=True)
def chosen_anew(monkeypatch):
  monkeypatch.delenv('MUJOCO_GL', raising=False)
  mujoco_drawing.choose_backend.cache_clear()
  yield
  mujoco_drawing.choose_backend.cache_clear()


@pytest.fixture
def trials(monkeypatch):
  """Has trials end as a table says, and lists them."""
  works, tried = {}, []

  def run(command, *, env, **settings):
    backend = command[-1]
    assert env['MUJOCO_GL'] == backend
    tried.append(backend)
    error = works.get(backend, f'Traceback:\n\nImportError: no {backend}\n')
    if isinstance(error, Exception):
      raise error
    return subprocess.CompletedProcess(command, int(bool(error)), '', error)

  monkeypatch.setattr(subprocess, 'run', run)
  return works, tried


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


@pytest.mark.soak
def test_a_task_is_drawn_where_something_can_draw():
  environment = create_control_environment('cartpole-swingup')
  environment.reset(0)
  try:
    before = environment._environment.render()
  except UserError as error:
    assert 'MuJoCo cannot draw here' in str(error)
    return
  assert before.dtype == np.uint8 and before.shape == (320, 320, 3)
  environment.step(np.ones(1))
  assert not np.array_equal(environment._environment.render(), before)
  environment.close()
