"""Whole experiments of students whose actions are vectors."""

import functools

import chex
import jax
import numpy as np
import pytest

from reincarnating_rl.agents import snapshot
from reincarnating_rl.envs import games, vector
from reincarnating_rl.replay.device_view import device_view
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.training_state import TrainingState
from tests import toys
from tests.agents import control_toys
from tests.runner import experiments, kills

GAME = games.Game(
  'Target',
  toys.target,
  lambda: vector.LoopVectorEnvironment([toys.target() for _ in range(3)]),
)


def make_student(session, environment, *, settings, summary_writer, **given):
  del session, summary_writer
  assert environment.actions == control_toys.ACTIONS
  return control_toys.make_agent(size=2, **given, **settings)


def make_runner(base_dir, name='qdagger_td3', *, teacher=None, **settings):
  teacher = teacher or control_toys.ScriptedTeacher()
  agent = settings.pop('agent', {}) | {'name': name}
  return experiments.make_runner(
    base_dir,
    game=GAME,
    teacher=teacher,
    agent=agent,
    make_agent=make_student,
    **{'random_score': -30.0, **settings},
  )


def test_a_taught_student_passes_all_phases(tmp_path):
  runner = make_runner(
    tmp_path, teacher=control_toys.ScriptedTeacher('tanh_gaussian')
  )
  runner.run_experiment()
  agent = runner._agent
  assert [row['phase'].lower() for row in runner.record.rows] == [
    *('pretrain', 'pretrain', 'online', 'online'),
  ]
  assert agent.trainer.pretraining_updates == 40
  assert agent.trainer.online_updates > 100
  replay = agent.batches.replay
  stored = replay.columns['action'][: replay.next_step]
  assert stored.shape == (replay.next_step, 2) and np.abs(stored).max() <= 1.0
  assert replay.columns['teacher_policy'].shape[1] == 4
  logged = {row['name'] for row in experiments.metrics(tmp_path)}
  assert {'Pretrain/Loss/Distill', 'Pretrain/Loss/Policy'} <= logged


HALF = {'exact_share': True, 'teacher_data_ratio': 0.5}
IN_PROGRAMS = {'updates_per_program': 2, 'replay_on_device': True}


@pytest.mark.parametrize(
  ('name', 'settings', 'numbers'),
  [
    ('qdagger_td3', {}, (1, 3)),
    pytest.param(
      *('rehearsal_sac', {'agent': {'Rehearsal': HALF}}, (1, 3)),
      marks=pytest.mark.soak,
    ),
    pytest.param(
      *('jsrl_d4pg', {'num_pretraining_iterations': 0}, (0, 1)),
      marks=pytest.mark.soak,
    ),
    pytest.param('pretrained_sac', {}, (1, 3), marks=pytest.mark.soak),
    pytest.param(
      'qdagger_td3',
      {'num_environments': 3, 'agent': {'Student': IN_PROGRAMS}},
      (1, 3),
      marks=pytest.mark.soak,
    ),
  ],
)
def test_a_kill_changes_nothing(name, settings, numbers, tmp_path):
  make = functools.partial(make_runner, name=name, **settings)
  expected = kills.whole(make, tmp_path / 'whole')
  deaths = [functools.partial(kills.die_in, number=n) for n in numbers]
  runner = kills.lives(make, tmp_path / 'killed', deaths)
  assert experiments.outcome(runner) == expected


def test_it_begins_as_its_teacher_was(tmp_path):
  teacher = control_toys.make_agent('sac', size=2, seed=5)
  control_toys.play(teacher, 20, size=2)
  trained = jax.tree.map(np.array, teacher.trainer.trees())
  state = TrainingState(snapshot.flatten(trained), 'teacher')
  runner = make_runner(
    tmp_path,
    'warm_start_sac',
    teacher=control_toys.ScriptedTeacher('tanh_gaussian'),
    agent={'WarmStart': {'warm_up_steps': 100}},
    read_teacher_state=lambda: state,
    find_teacher_replay=lambda: None,
    num_pretraining_iterations=None,
    online=(1, 20),
  )
  runner.run_experiment()
  agent = runner._agent
  # It has played, and learnt nothing yet.
  assert agent.batches.replay.next_step >= 20
  assert agent.trainer.online_updates == 0
  found = agent.trainer.trees()
  for group in ('online_params', 'target_params', 'optimizer_state'):
    chex.assert_trees_all_equal(found[group], trained[group])
  assert float(found['online_params']['temperature']['log_alpha'][0]) != 0.0
  assert int(found['optimizer_state']['updates']) > 5


def test_diagnoses_are_of_q_values(tmp_path):
  with pytest.raises(UserError, match='RunnerWithTeacher.diagnoses'):
    make_runner(tmp_path, diagnoses=True)


def test_a_share_of_each_batch_is_exactly_the_teachers():
  agent = control_toys.make_agent(
    'rehearsal_td3',
    Rehearsal={'exact_share': True, 'teacher_data_ratio': 0.25},
  )
  store = control_toys.teacher_data(agent)
  agent.batches.set_teacher_data(store)
  control_toys.play(agent, 30)
  for _ in range(5):
    _, drawn = agent.batches.sample(labelled=False)
    assert np.count_nonzero(drawn.keys == -1) == 2
  assert device_view(store).action.shape[1] == 2


def test_what_begins_anew_is_told(tmp_path, capsys, caplog):
  given = []
  runner = make_runner(
    tmp_path,
    'warm_start_sac',
    teacher=control_toys.ScriptedTeacher('tanh_gaussian'),
    agent={'SACAgent': {'reward_scale_factor': 5.0}},
    read_teacher_state=given.pop,
    find_teacher_replay=lambda: None,
    num_pretraining_iterations=None,
  )

  def begin(state):
    given.append(state)
    runner._run_one_iteration(0)
    return capsys.readouterr().out

  agent = runner._agent
  arrays = snapshot.flatten({'online_params': agent.online_params})
  name = 'online_params/temperature/log_alpha'
  assert name in arrays
  told = TrainingState(arrays | {name: np.float32([-2.0])}, 'teacher', 5.0)
  out = begin(told)
  assert "the teacher's parameters, temperature; anew: target, opt" in out
  assert agent.online_params['temperature']['log_alpha'] == np.float32([-2.0])
  with pytest.raises(UserError, match=r'SACAgent.reward_scale_factor = 1.0\.'):
    begin(told._replace(reward_scale=1.0))
  del arrays[name]
  out = begin(TrainingState(arrays, 'teacher'))
  assert 'anew: target, temperature, optimiser' in out
  assert 'does not tell by what its rewards were multiplied' in caplog.text
