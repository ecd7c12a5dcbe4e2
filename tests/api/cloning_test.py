"""A clone of data as the teacher of a run."""

import gymnasium as gym
import numpy as np
import pytest

import reincarnating_rl as rrl
from tests.api import runs

SETTINGS = {'hidden': (8,), 'num_updates': 20, 'check_period': 10}


@pytest.fixture(scope='module')
def path(tmp_path_factory):
  """Steps of who pushes to where the pole leans."""
  file = tmp_path_factory.mktemp('data') / 'leaning.npz'
  with rrl.record(gym.make(runs.GAME, max_episode_steps=20), file) as env:
    for seed in range(4):
      seen, _ = env.reset(seed=seed)
      is_over = False
      while not is_over:
        (action,) = runs.go_right(seen[None, :, None])
        seen, _, ends, is_cut, _ = env.step(action)
        is_over = ends or is_cut
  return file


def load(path, **settings):
  return rrl.load_teacher(
    'clone', game=runs.GAME, replay_dir=path, **SETTINGS | settings
  )


def test_a_run_makes_the_clone(path, tmp_path):
  budget = runs.BUDGET | {'pretraining_updates': None, 'online_steps': 0}
  run = rrl.reincarnate(
    'kickstarting_dqn', teacher=load(path), base_dir=tmp_path, **budget
  )
  told = run.lineage['teacher']
  asked = told['described_as']['inputs']
  assert {name: asked[name] for name in SETTINGS} == SETTINGS | {'hidden': [8]}
  # It is a teacher like any other then, and files hold all of it.
  made = rrl.load_teacher(tmp_path / 'clone', game=runs.GAME)
  assert made.fingerprint == told['fingerprint']
  started = run.lineage['started_as']
  assert started['teacher']['agent'] == 'clone' and not started['given']
  assert 'Clone.num_updates = 20' in started['config']


@pytest.mark.soak
def test_a_run_is_that_of_the_command_line_bit_for_bit(path, tmp_path):
  rrl.reincarnate(
    'qdagger_dqn', teacher=load(path), base_dir=tmp_path / 'a', **runs.BUDGET
  )
  runs.command(
    tmp_path / 'b',
    '--teacher_agent=clone',
    f'--teacher_replay_dir={path}',
    *(f'--gin_bindings=Clone.{name} = {x}' for name, x in SETTINGS.items()),
  )
  assert runs.outcome(tmp_path / 'a') == runs.outcome(tmp_path / 'b')
  assert len(rrl.load_run(tmp_path / 'a').resume(60).scores) == 5


def test_nobody_is_there_before_the_run(path):
  teacher = load(path)
  for ask in (
    lambda: teacher.policy_logits(np.zeros((1, 4))),
    lambda: rrl.evaluate(teacher, episodes=1),
  ):
    with pytest.raises(rrl.UserError, match='The clone is not there yet'):
      ask()


def test_mistakes(path):
  with pytest.raises(rrl.UserError, match='name them with replay_dir'):
    load(None)
  with pytest.raises(
    rrl.UserError, match="'temperature': choose one of hidden"
  ):
    load(path, temperature=1.0)
  with pytest.raises(rrl.UserError, match='name them with replay_dir'):
    rrl.reincarnate('qdagger_dqn', game=runs.GAME, teacher='clone')
