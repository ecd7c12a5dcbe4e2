"""A run: its scores, its student, its folder."""

import errno
import gc
import os
import pathlib
import shutil

import numpy as np
import pytest
from matplotlib import image

import reincarnating_rl as rrl
from reincarnating_rl.api.launching import Ended
from reincarnating_rl.api.runs import Run
from tests.api import runs


@pytest.fixture
def run(base_dir):
  return rrl.load_run(base_dir)


def test_the_scores_are_a_table(run):
  scores = run.scores
  assert scores['phase'].tolist() == ['offline'] * 2 + ['online'] * 2
  assert scores['updates'].tolist()[:2] == [2, 4]
  assert scores['online_steps'].tolist()[:2] == [0, 0]
  assert scores['online_steps'].iloc[-1] >= 40
  assert scores['episodes'].tolist() == [2] * 4
  teacher = run.teacher_score
  assert scores['normalized'].tolist() == pytest.approx(
    (scores['score'] / teacher).tolist()
  )


def test_callbacks_have_heard_of_all(run, heard):
  updates = [x for x in heard if isinstance(x, rrl.Update)]
  steps = [x for x in heard if isinstance(x, rrl.Step)]
  evaluations = [x for x in heard if isinstance(x, rrl.Evaluation)]
  scores = run.scores
  assert [x.score for x in evaluations] == scores['score'].tolist()
  assert [x.updates for x in evaluations] == scores['updates'].tolist()
  assert [x.normalized for x in evaluations] == scores['normalized'].tolist()
  assert len(steps) == scores['online_steps'].iloc[-1]
  assert {x.reward for x in steps} == {1.0}
  assert steps[0].observation.shape == (4,)
  assert sum(x.is_terminal for x in steps) > 1
  offline = [x.number for x in updates if x.phase == 'offline']
  online = [x.number for x in updates if x.phase == 'online']
  assert offline == [1, 2, 3, 4]
  assert online == list(range(1, len(online) + 1))
  assert len(offline) + len(online) == scores['updates'].iloc[-1]


def test_the_student_plays(run):
  student = run.student
  states = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
  values = student.q_values(states)
  assert values.shape == (3, 2)
  assert student.actions(states).tolist() == values.argmax(axis=1).tolist()
  for state, value in zip(states, values, strict=True):
    student.begin_episode()
    action = student.act(state.astype(np.float64))
    assert isinstance(action, int)
    assert action == value.argmax()
  with pytest.raises(rrl.UserError, match=r'CartPole-v1 have \(4,\)'):
    student.act(np.zeros(3))


def test_the_curve_is_drawn(run, tmp_path):
  figure = run.plot(tmp_path / 'curve.png')
  assert figure.axes[0].get_title() == runs.GAME
  assert image.imread(tmp_path / 'curve.png').std() > 0.01
  with pytest.raises(rrl.UserError, match='end its name in .png'):
    run.plot(tmp_path / 'curve.foo')


def test_a_run_is_kept_where_it_is_saved(run, base_dir, tmp_path):
  assert run.save() == str(base_dir)
  folder = run.save(tmp_path / 'kept')
  assert run.base_dir == folder == str(tmp_path / 'kept')
  assert runs.outcome(folder) == runs.outcome(base_dir)
  with pytest.raises(rrl.UserError, match='kept exists'):
    run.save(folder)
  with pytest.raises(rrl.UserError, match='is in the run: give a folder'):
    run.save(tmp_path / 'kept' / 'within')


def test_a_full_disk_leaves_no_torn_run(run, base_dir, tmp_path, monkeypatch):
  copy, copied = shutil.copy2, []

  def full(source, target):
    copied.append(target)
    if len(copied) > 3:
      raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)
    return copy(source, target)

  monkeypatch.setattr(shutil, 'copy2', full)
  with pytest.raises(rrl.UserError, match='left on device.: free some') as told:
    run.save(tmp_path / 'kept')
  assert len(str(told.value)) < 300
  assert len(copied) == 4 and not os.listdir(tmp_path)
  assert run.base_dir == str(base_dir)


def test_a_temporary_folder_goes_with_its_run(base_dir, tmp_path):
  def temporary():
    folder = rrl.load_run(base_dir).save(tmp_path / 'temporary')
    return Run(folder, ended=Ended(False, None), is_temporary=True)

  run = temporary()
  with pytest.raises(rrl.UserError, match=r'save\(PATH\)'):
    run.save()
  kept = pathlib.Path(run.save(tmp_path / 'kept'))
  assert not (tmp_path / 'temporary').exists()
  run = temporary()
  gc.collect()
  assert (tmp_path / 'temporary').exists()
  del run
  gc.collect()
  assert not (tmp_path / 'temporary').exists()
  assert kept.exists()


def test_a_folder_that_holds_no_run(tmp_path):
  with pytest.raises(rrl.UserError, match='holds no run'):
    rrl.load_run(tmp_path)
