"""What a fine-tuned student begins with."""

import os

import chex
import jax
import numpy as np
import pytest

from reincarnating_rl.agents import reload, snapshot
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import training_state
from tests import toys
from tests.runner import experiments, teachers

# By which gin binds the network of each kind.
NETWORKS = {
  'dqn': 'JaxDQNAgent.network',
  'rainbow': 'JaxFullRainbowAgent.network',
  'quantile': 'JaxQuantileAgent.network',
  'implicit_quantile': 'JaxImplicitQuantileAgent.network',
}


@pytest.fixture(
  scope='module',
  params=[
    pytest.param(kind, marks=[] if kind in toys.KINDS else [pytest.mark.soak])
    for kind in toys.RELOADED
  ],
)
def trained(request, tmp_path_factory):
  """A kind, the directory of a teacher, and the teacher as it was trained."""
  directory = tmp_path_factory.mktemp('teacher')
  return request.param, directory, teachers.train(directory, request.param)


def make_student(kind, directory, seed=7, **settings):
  return toys.make_agent(
    seed=seed,
    kind=toys.RELOADED[kind],
    teacher=teachers.load(directory, kind),
    **settings,
  )


def begin(student, state):
  return reload.reload(student, state)


def test_it_is_what_the_teacher_was(trained):
  kind, directory, teacher = trained
  student = make_student(kind, directory)
  found = begin(student, training_state.read(directory))
  assert found == ['parameters', 'target', "optimiser's moments"]
  chex.assert_trees_all_equal(
    student.trainer.state.params, teacher.trainer.state.params
  )
  chex.assert_trees_all_equal(
    student.trainer.state.target_params, teacher.trainer.state.target_params
  )
  chex.assert_trees_all_equal(
    student.trainer.state.optimizer_state, teacher.trainer.state.optimizer_state
  )
  assert (
    int(student.trainer.state.optimizer_state[0].count)
    == teacher.trainer.online_updates
    > 0
  )
  assert student.training_steps == 0


def test_without_target_and_moments_they_begin_anew(trained):
  kind, directory, teacher = trained
  student = make_student(kind, directory)
  fresh = student.trainer.state.optimizer_state
  state = training_state.read(directory)
  online = {n: x for n, x in state.arrays.items() if n.startswith('online')}
  assert begin(student, state._replace(arrays=online)) == ['parameters']
  chex.assert_trees_all_equal(
    student.trainer.state.target_params, teacher.trainer.state.params
  )
  chex.assert_trees_all_equal(student.trainer.state.optimizer_state, fresh)


def test_moments_are_left_where_they_are_not_wanted_or_do_not_fit(trained):
  kind, directory, _ = trained
  for settings in (
    {'reload_optimizer': False},
    {'dqn': {'optimizer': 'rmsprop'}},
    {'dqn': {'optimizer': 'sgd'}},
  ):
    student = make_student(kind, directory, **settings)
    fresh = jax.tree.map(np.array, student.trainer.state.optimizer_state)
    found = begin(student, training_state.read(directory))
    assert found == ['parameters', 'target']
    chex.assert_trees_all_equal(student.trainer.state.optimizer_state, fresh)


def test_another_network_is_an_error_that_changes_nothing(trained):
  kind, directory, _ = trained
  student = make_student(kind, directory)
  arrays = dict(training_state.read(directory).arrays)
  name = next(n for n in arrays if n.startswith('target') and 'bias' in n)
  before = jax.tree.map(np.array, student.trainer.trees())
  advice = f"bind {NETWORKS[kind]} to the teacher's network"
  for change in (
    {name: np.zeros(3, np.float32)},
    {'online_params/x': arrays[name]},
  ):
    state = training_state.TrainingState(arrays | change, 'ckpt.1')
    with pytest.raises(reload.UnlikeTeacherError, match=advice) as caught:
      begin(student, state)
    assert next(iter(change)) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
  chex.assert_trees_all_equal(student.trainer.trees(), before)


@pytest.mark.parametrize(
  ('lineage', 'word'),
  [
    ({'agent': 'ppo'}, 'ppo'),
    ({'actions': [1, 0]}, 'actions'),
    ({'observation_map': '(1, 0)'}, 'observation_map'),
  ],
)
def test_another_meaning_of_the_same_shapes_is_an_error(trained, lineage, word):
  kind, directory, _ = trained
  student = make_student(kind, directory)
  student.teacher.lineage |= lineage
  with pytest.raises(UserError, match=word):
    begin(student, training_state.read(directory))


def test_other_atoms_are_an_error(tmp_path):
  teachers.train(tmp_path, 'rainbow')
  student = make_student('rainbow', tmp_path, rainbow={'vmax': 3.0})
  with pytest.raises(UserError, match='vmax = 2.0'):
    begin(student, training_state.read(tmp_path))


@pytest.mark.parametrize('load_replay', [True, False])
def test_the_replay_is_the_teachers_too(trained, tmp_path, capsys, load_replay):
  kind, directory, teacher = trained
  settings = teachers.reload_settings(directory, kind, load_replay=load_replay)
  runner = experiments.make_runner(tmp_path, online=(1, 20), **settings)
  runner._run_one_iteration(0)
  replay, theirs = runner._agent.batches.replay, teacher.batches.replay
  used = theirs.next_step if load_replay else 0
  assert replay.next_step == used
  for name in ('observation', 'action', 'reward', 'terminal', 'episode_step'):
    np.testing.assert_array_equal(
      replay.columns[name][:used], theirs.columns[name][:used]
    )
  out = capsys.readouterr().out
  assert (f'{used} steps of its replay' in out) == load_replay
  assert ('anew: replay' in out) != load_replay
  # Its own steps come after the teacher's, and it learns from the first on.
  runner._run_one_iteration(1)
  runner._run_one_iteration(2)
  assert replay.next_step >= used + 20
  assert (runner._agent.trainer.online_updates > 0) == load_replay


def test_a_missing_replay_is_an_error_only_where_it_is_asked_for(
  trained, tmp_path
):
  kind, directory, _ = trained
  settings = teachers.reload_settings(directory, kind)
  settings['find_teacher_replay'] = lambda: None
  runner = experiments.make_runner(tmp_path / 'a', **settings)
  runner._run_one_iteration(0)
  assert runner._agent.batches.replay.next_step == 0
  runner = experiments.make_runner(
    tmp_path / 'b', teacher_data='stored', **settings
  )
  with pytest.raises(UserError, match='no replay'):
    runner._run_one_iteration(0)


def test_flattened_names_are_those_of_checkpoints(trained):
  kind, directory, teacher = trained
  state = training_state.read(directory)
  assert os.path.basename(state.path).startswith('ckpt.0.')
  assert state.arrays.keys() == {
    name
    for name in snapshot.flatten(teacher.trainer.trees())
    if not name.startswith('rng')
  }
