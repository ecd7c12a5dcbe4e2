"""Resuming: bit for bit, from every phase, after every kind of stop."""

import functools
import json
import os
import random
import shutil
import signal

import numpy as np
import pytest

from reincarnating_rl.evaluation import provenance
from reincarnating_rl.runner import plan
from reincarnating_rl.support.errors import UserError, first_line
from reincarnating_rl.support.interrupts import Interrupted
from reincarnating_rl.teachers import native_checkpoint
from tests import toys
from tests.runner import experiments, kills

soak = pytest.mark.soak


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
  """The directory of a whole run, and its outcome."""
  directory = tmp_path_factory.mktemp('finished')
  return directory, kills.whole(experiments.make_runner, directory)


@pytest.fixture
def finished_directory(finished, tmp_path):
  """A copy of a whole run."""
  return shutil.copytree(finished[0], tmp_path / 'copy')


@pytest.fixture(scope='module')
def uninterrupted(finished):
  return finished[1]


# Priorities are resumed by a Rainbow of JSRL, in `methods_resume_test`.
@pytest.fixture(
  scope='module',
  params=[
    pytest.param(kind, marks=[soak] if kind == 'rainbow' else [])
    for kind in toys.KINDS
  ],
)
def of_each_kind(request, tmp_path_factory):
  """How to make a run, and the outcome of a whole one; Rainbow's replay too."""
  make_runner = functools.partial(
    experiments.make_runner, agent={'kind': toys.KINDS[request.param]}
  )
  return make_runner, kills.whole(make_runner, tmp_path_factory.mktemp('whole'))


def deaths_in(numbers):
  return [functools.partial(kills.die_in, number=n) for n in numbers]


def test_a_kill_in_each_phase_changes_nothing(of_each_kind, tmp_path):
  make_runner, expected = of_each_kind
  phases = [row.phase.value for row in make_runner(tmp_path).plan]
  assert phases == [
    *('teacher evaluation', 'collect'),
    *('pretrain', 'pretrain', 'online', 'online'),
  ]
  runner = kills.lives(make_runner, tmp_path, deaths_in([0, 1, 2, 4]))
  assert experiments.outcome(runner) == expected


@soak
def test_kills_at_random_moments_change_nothing(of_each_kind, tmp_path):
  make_runner, expected = of_each_kind
  moments = random.Random(0)
  for i in range(5):
    runner, deaths = kills.random_lives(
      make_runner, tmp_path / str(i), moments, most_deaths=50
    )
    assert deaths > 3
    assert experiments.outcome(runner) == expected


@soak
def test_fractions_are_drawn_as_if_there_had_been_no_kill(
  tmp_path_factory, tmp_path
):
  """Of an IQN; a QR-DQN's state is no more than a DQN's."""
  make_runner = functools.partial(
    experiments.make_runner,
    agent={'kind': toys.ALL_KINDS['implicit_quantile']},
    num_pretraining_iterations=1,
    online=(1, 60),
  )
  expected = kills.whole(make_runner, tmp_path_factory.mktemp('whole'))
  runner = kills.lives(make_runner, tmp_path, deaths_in([2, 3]))
  assert experiments.outcome(runner) == expected


# A student's own state is in the resumes of QDagger; this is a method's.
@pytest.mark.slow
@pytest.mark.parametrize(
  ('name', 'settings'),
  [
    pytest.param('pretrained_dqn', {'cql_type': 'calibrated'}, id='Cal-QL'),
    pytest.param('dqfd_dqn', {'second_update_horizon': 3}, id='DQfD, two n'),
    *(
      pytest.param(name, {}, id=name, marks=soak)
      for name in toys.METHODS
      if name.endswith('_dqn')
    ),
  ],
)
def test_each_method_survives_a_kill_in_each_phase_and_at_the_switch(
  tmp_path_factory, tmp_path, name, settings
):
  is_offline = 'kickstarting' not in name
  # Another learning rate and other moments would show.
  rates = {'learning_rate': 1e-2, 'final_learning_rate': 1e-3}
  if name in ('dagger_dqn', 'ql_dagger_dqn'):  # They are never weaned.
    rates['final_learning_rate'] = None
  make_runner = functools.partial(
    experiments.make_runner,
    agent={
      'kind': toys.METHODS[name],
      'student': rates,
      'dqn': {'min_replay_history': 10},
      **settings,
    },
    num_pretraining_iterations=2 if is_offline else 0,
  )
  expected = kills.whole(make_runner, tmp_path_factory.mktemp('whole'))
  phases = [row.phase for row in make_runner(tmp_path).plan]
  assert (len(phases) == 6) is is_offline
  deaths = deaths_in(
    sorted({phases.index(phase) for phase in phases} | {len(phases) - 1})
  )
  if is_offline:  # Between those in the offline and in the online phase.
    deaths.insert(3, kills.die_at_the_switch)
  runner = kills.lives(make_runner, tmp_path, deaths)
  assert experiments.outcome(runner) == expected


def test_ctrl_c_leaves_a_checkpoint_of_the_work_done(uninterrupted, tmp_path):
  expected = uninterrupted
  runner = experiments.make_runner(tmp_path)
  trainer = runner._agent.trainer
  train = trainer.train

  def press_ctrl_c(**given):
    trainer.train = train
    os.kill(os.getpid(), signal.SIGINT)
    return train(**given)

  trainer.train = press_ctrl_c
  with pytest.raises(Interrupted):
    runner.run_experiment()
  resumed = experiments.make_runner(tmp_path)
  assert resumed._progress.position.number == 4
  assert 0 < resumed._progress.position.steps < 60
  assert resumed._agent.training_steps == resumed._progress.position.steps
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected


@pytest.mark.parametrize('number', [2, 3, 4])
def test_ctrl_c_in_an_evaluation_repeats_no_training(
  uninterrupted, tmp_path, number
):
  expected = uninterrupted
  runner = experiments.make_runner(tmp_path)
  evaluate = runner._parts.evaluator.evaluate

  def press_ctrl_c(policy, iteration, **kwargs):
    if iteration.number == number:
      os.kill(os.getpid(), signal.SIGINT)
    return evaluate(policy, iteration, **kwargs)

  runner._parts.evaluator.evaluate = press_ctrl_c
  with pytest.raises(Interrupted):
    runner.run_experiment()
  resumed = experiments.make_runner(tmp_path)
  position, iteration = resumed._progress.position, resumed.plan[number]
  assert (position.number, position.finished) == (number, False)
  assert position.steps >= iteration.steps
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected


def test_the_teacher_is_measured_once(tmp_path):
  # The official runner measured it at every restart, which moved the scale.
  runner = experiments.make_runner(tmp_path)
  for number in range(3):
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  resumed = experiments.make_runner(tmp_path)
  assert resumed._start_iteration == 3
  assert resumed.record.teacher == runner.record.teacher
  assert resumed._teacher.num_states == 0


def test_more_data_than_a_run_began_with_find_room(tmp_path, monkeypatch):
  short = functools.partial(plan.make_plan, max_collect_steps=30)
  monkeypatch.setattr(plan, 'make_plan', short)
  more = functools.partial(experiments.make_runner, teacher_steps=600)
  expected = kills.whole(more, tmp_path / 'whole')
  runner = experiments.make_runner(tmp_path / 'killed')
  for number in range(2):  # The teacher is measured, and plays a first part.
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  resumed = more(tmp_path / 'killed')
  assert resumed._start_iteration == 2
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected


def newest(directory, suffix):
  names = [n for n in os.listdir(directory) if n.endswith(suffix)]
  return os.path.join(directory, max(names, key=lambda n: int(n.split('.')[1])))


@pytest.mark.parametrize('suffix', ['.json', '.safetensors'])
def test_a_truncated_newest_checkpoint_is_reported_and_passed_over(
  finished_directory, suffix, caplog, uninterrupted
):
  expected = uninterrupted
  path = newest(finished_directory / 'checkpoints', suffix)
  os.truncate(path, os.path.getsize(path) // 2)
  runner = experiments.make_runner(finished_directory)
  assert runner._start_iteration == 5
  assert os.path.basename(path) in caplog.text
  runner.run_experiment()
  assert experiments.outcome(runner) == expected


def test_a_damaged_replay_is_passed_over_too(finished_directory, uninterrupted):
  expected = uninterrupted
  folder = finished_directory / 'checkpoints' / 'replay_student'
  last = max(os.listdir(folder), key=lambda n: int(n.split('-')[1]))
  os.truncate(folder / last, 10)
  runner = experiments.make_runner(finished_directory)
  assert runner._start_iteration < 6
  runner.run_experiment()
  assert experiments.outcome(runner) == expected


def test_nothing_whole_is_an_error(finished_directory):
  folder = finished_directory / 'checkpoints'
  for name in os.listdir(folder):
    if name.endswith('.json'):
      os.truncate(folder / name, 0)
  with pytest.raises(UserError, match='damaged'):
    experiments.make_runner(finished_directory)


def test_metrics_without_a_checkpoint_are_dropped(uninterrupted, tmp_path):
  expected = uninterrupted
  runner = experiments.make_runner(tmp_path)
  runner._run_one_iteration(0)
  runner._collector_dispatcher.flush()
  again = experiments.make_runner(tmp_path)
  again.run_experiment()
  assert experiments.outcome(again) == expected


def test_a_teachers_directory_is_not_a_run(tmp_path):
  native_checkpoint.write_arrays(
    tmp_path / 'checkpoints', 2, {'online_params/a': np.ones(1)}, {}
  )
  with pytest.raises(UserError, match='of a teacher'):
    experiments.make_runner(tmp_path)


def of(**agent):
  return {'agent': agent}


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'seed': 7}, 'seed = 0, and now it is 7'),
    ({'num_pretraining_iterations': 0}, 'iteration 1'),
    ({'game': toys.corridor()._replace(name='Tunnel')}, 'game = Corridor'),
    ({'teacher_epsilon': 0.1}, r'RunnerWithTeacher.teacher_epsilon = 0\.5'),
    (of(distill_loss_coefficient=0.5), 'loss_coefficient = 1.0, .* is 0.5'),
    (of(weaner='linear'), 'QDagger.weaner = score, and now it is linear'),
    (of(double_dqn=True), 'DQN.double_dqn = False, and now it is True'),
    (
      of(student={'learning_rate': 1e-5}),
      r'Student\.learning_rate = 0\.003, and now it is 1e-05: restore the old',
    ),
    (
      of(student={'batch_size': 2}),
      'Student.batch_size = 32, and now it is 2: restore the old',
    ),
    (
      of(dqn={'update_period': 3}),
      'JaxDQNAgent.update_period = 2, and now it is 3: restore the old',
    ),
    (
      of(dqn={'epsilon_train': 0.5}),
      r'JaxDQNAgent.epsilon_train = 0\.01, and now it is 0\.5: restore',
    ),
  ],
)
def test_other_settings_do_not_resume_a_run(
  finished_directory, change, message
):
  with pytest.raises(UserError, match=message) as caught:
    experiments.make_runner(finished_directory, **change)
  assert first_line(caught.value).endswith('or choose another --base_dir.')


def test_offline_iterations_cannot_follow_the_switch(tmp_path):
  # Their data is freed, and the student is weaned or synced already.
  offline = {'num_pretraining_iterations': 1, 'online': (0, 60)}
  experiments.make_runner(tmp_path, **offline).run_experiment()
  more = offline | {'num_pretraining_iterations': 2}
  with pytest.raises(UserError, match='offline iterations = 1, and now it is'):
    experiments.make_runner(tmp_path, **more)


@pytest.mark.parametrize(
  'change',
  [
    {'online': (3, 60)},
    {'evaluation_episodes': 7},
    {'checkpoint_minutes': 1.0},
    {'checkpoints_to_keep': 1},
    of(dqn={'epsilon_eval': 0.5}),
    of(dqn={'summary_writing_frequency': 7}),
  ],
)
def test_what_trains_nobody_may_change(finished_directory, change):
  resumed = experiments.make_runner(finished_directory, **change)
  assert resumed._start_iteration == 6


@pytest.mark.parametrize(
  ('change', 'word'),
  [
    ({'vmax': 200.0}, 'atoms'),
    ({'distributional': False}, 'distributional'),
    ({'double_dqn': False}, 'double'),
  ],
)
def test_the_same_parameters_with_another_meaning_do_not_resume_a_run(
  tmp_path, change, word
):
  rainbow = {'kind': toys.KINDS['rainbow']}
  runner = experiments.make_runner(tmp_path, agent=rainbow)
  runner._run_one_iteration(0)
  runner._checkpoint_experiment(0)
  experiments.make_runner(tmp_path, agent=rainbow)
  with pytest.raises(UserError, match=word):
    experiments.make_runner(tmp_path, agent=rainbow | {'rainbow': change})


def test_another_teacher_does_not_resume_a_run(finished_directory):
  other = toys.ScriptedTeacher(toys.RIGHT)
  with pytest.raises(UserError, match='teacher'):
    experiments.make_runner(finished_directory, teacher=other)


def read_lineage(directory):
  return json.loads((directory / 'lineage.json').read_text())


def test_a_finished_run_can_be_extended(finished_directory):
  (first,) = read_lineage(finished_directory)['stretches']
  runner = experiments.make_runner(finished_directory, online=(3, 60))
  assert runner._start_iteration == 6
  spent = runner.lineage['spent']
  runner.run_experiment()
  assert len(runner.record.rows) == 5
  lineage = read_lineage(finished_directory)
  assert lineage['stretches'][0] == first
  _, second = lineage['stretches']
  assert second['from'] == {
    'iteration': 6,
    'teacher_steps': spent['teacher_steps'],
    'pretraining_updates': 40,
    'training_steps': spent['training_steps'],
    'online_updates': spent['online_updates'],
  }
  assert second['from']['online_updates'] > 0
  assert 'Runner.num_iterations = 2\n' in first['gin']
  assert 'Runner.num_iterations = 3\n' in second['gin'] == lineage['gin']
  begun, went_on = provenance.stretches(lineage)
  assert begun.start == 'iteration 0'
  assert went_on.start == (
    f'iteration 6, {spent["teacher_steps"]} steps of teacher data, 40 offline '
    f'updates, {spent["training_steps"]} online steps, '
    f'{spent["online_updates"]} online updates'
  )


def test_only_another_command_adds_a_stretch(tmp_path):
  for command, count in (('one', 1), ('one', 1), ('another', 2), ('one', 3)):
    runner = experiments.make_runner(
      tmp_path, started_as={'agent': 'qdagger_dqn', 'command': command}
    )
    runner._checkpoint_experiment(0)
    stretches = read_lineage(tmp_path)['stretches']
    assert len(stretches) == count
    assert stretches[-1]['command'] == command
