"""Resuming: bit for bit, from every phase, after every kind of stop."""

import errno
import functools
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.interrupts import Interrupted
from reincarnating_rl.teachers import native_checkpoint
from tests import toys
from tests.runner import experiments

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))


class Killed(BaseException):
  """Stands for a kill: nothing in the package may catch it."""


def run_whole(tmp_path_factory, **settings):
  runner = experiments.make_runner(tmp_path_factory.mktemp('whole'), **settings)
  events = count_events(runner)
  runner.run_experiment()
  return experiments.outcome(runner), len(events)


@pytest.fixture(scope='module')
def uninterrupted(tmp_path_factory):
  return run_whole(tmp_path_factory)


@pytest.fixture(scope='module', params=toys.KINDS)
def of_each_kind(request, tmp_path_factory):
  """A whole run's outcome, and how to make the same; Rainbow's replay too."""
  make_runner = functools.partial(
    experiments.make_runner, agent={'kind': toys.KINDS[request.param]}
  )
  return make_runner, *run_whole(tmp_path_factory, **make_runner.keywords)


def count_events(runner, die_at=None):
  """Notes steps, updates, and every instant of a checkpoint; may die at one."""
  events = []

  def watch(owner, name):
    original = getattr(owner, name)

    def wrapper(*args, **kwargs):
      events.append(name)
      if die_at is not None and len(events) >= die_at:
        raise Killed(f'at event {len(events)}, {name}')
      return original(*args, **kwargs)

    setattr(owner, name, wrapper)

  watch(runner._environment, 'step')
  watch(runner._arena.environment, 'step')
  watch(runner._agent, 'pretrain')
  for name in ('_log', '_path', '_remove_stale'):
    watch(runner._checkpoints, name)
  return events


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(of_each_kind, tmp_path):
  make_runner, expected, num_events = of_each_kind
  moments = random.Random(0)
  survived = 0
  # Each life may die anywhere in what is left; the last one may not.
  for life in range(8):
    runner = make_runner(tmp_path)
    die_at = moments.randint(1, num_events // 3) if life < 7 else None
    count_events(runner, die_at)
    try:
      runner.run_experiment()
      survived += 1
      break
    except Killed:
      continue
  assert survived
  assert experiments.outcome(runner) == expected


@pytest.mark.parametrize(
  'phase', ['teacher evaluation', 'collect', 'pretrain', 'online']
)
def test_a_kill_in_each_phase_changes_nothing(of_each_kind, tmp_path, phase):
  make_runner, expected, _ = of_each_kind
  runner = make_runner(tmp_path)
  number = next(i.number for i in runner.plan if i.phase.value == phase)
  with pytest.raises(Killed):
    run_until(runner, number)
  runner = make_runner(tmp_path)
  runner.run_experiment()
  assert experiments.outcome(runner) == expected


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
  expected, _ = run_whole(tmp_path_factory, **make_runner.keywords)
  for number in range(2, len(make_runner(tmp_path).plan)):
    with pytest.raises(Killed):
      run_until(make_runner(tmp_path), number)
  runner = make_runner(tmp_path)
  runner.run_experiment()
  assert experiments.outcome(runner) == expected


# A student's own state is in the resumes of QDagger; this is a method's.
@pytest.mark.slow
@pytest.mark.parametrize(
  'name', [name for name in toys.METHODS if name.endswith('_dqn')]
)
def test_each_method_survives_a_kill_in_each_phase_and_at_the_switch(
  tmp_path_factory, tmp_path, name
):
  make_runner = functools.partial(
    experiments.make_runner,
    agent={
      'kind': toys.METHODS[name],
      # Another learning rate and other moments would show.
      'student': {'learning_rate': 1e-2, 'final_learning_rate': 1e-3},
      'dqn': {'min_replay_history': 10},
    },
    num_pretraining_iterations=0 if 'kickstarting' in name else 2,
  )
  expected, _ = run_whole(tmp_path_factory, **make_runner.keywords)
  phases = [row.phase for row in make_runner(tmp_path).plan]
  moments = {phases.index(phase) for phase in set(phases)} | {len(phases) - 1}
  for number in sorted(moments):
    with pytest.raises(Killed):
      run_until(make_runner(tmp_path), number)
  if 'kickstarting' not in name:
    with pytest.raises(Killed):
      run_until_the_switch(make_runner(tmp_path / 'switch'))
    again = make_runner(tmp_path / 'switch')
    again.run_experiment()
    assert experiments.outcome(again) == expected
  runner = make_runner(tmp_path)
  runner.run_experiment()
  assert experiments.outcome(runner) == expected


def run_until(runner, number):
  """Runs until some way into an iteration."""
  original = runner._run_one_iteration

  def run_one_iteration(n):
    if n == number:
      count_events(runner, die_at=3)
    original(n)

  runner._run_one_iteration = run_one_iteration
  runner.run_experiment()


def run_until_the_switch(runner):
  """Runs until the student is about to go online."""

  def die():
    raise Killed('at the switch')

  runner._agent.finish_pretraining = die
  runner.run_experiment()


def test_ctrl_c_leaves_a_checkpoint_of_the_work_done(uninterrupted, tmp_path):
  expected, _ = uninterrupted
  runner = experiments.make_runner(tmp_path, checkpoint_minutes=60.0)
  train_once = runner._agent._train_once

  def press_ctrl_c():
    runner._agent._train_once = train_once
    os.kill(os.getpid(), signal.SIGINT)
    train_once()

  runner._agent._train_once = press_ctrl_c
  with pytest.raises(Interrupted):
    runner.run_experiment()
  resumed = experiments.make_runner(tmp_path)
  assert resumed._position.number == 4
  assert 0 < resumed._position.steps < 60
  assert resumed._agent.training_steps == resumed._position.steps
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected


@pytest.mark.parametrize('number', [2, 3, 4])
def test_ctrl_c_in_an_evaluation_repeats_no_training(
  uninterrupted, tmp_path, number
):
  expected, _ = uninterrupted
  runner = experiments.make_runner(tmp_path, checkpoint_minutes=60.0)
  evaluate = runner._arena.evaluate

  def press_ctrl_c(policy, iteration, **kwargs):
    if iteration.number == number:
      os.kill(os.getpid(), signal.SIGINT)
    return evaluate(policy, iteration, **kwargs)

  runner._arena.evaluate = press_ctrl_c
  with pytest.raises(Interrupted):
    runner.run_experiment()
  resumed = experiments.make_runner(tmp_path)
  position, iteration = resumed._position, resumed.plan[number]
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


def newest(directory, suffix):
  names = [n for n in os.listdir(directory) if n.endswith(suffix)]
  return os.path.join(directory, max(names, key=lambda n: int(n.split('.')[1])))


@pytest.mark.parametrize('suffix', ['.json', '.safetensors'])
def test_a_truncated_newest_checkpoint_is_reported_and_passed_over(
  finished_directory, suffix, caplog, uninterrupted
):
  expected, _ = uninterrupted
  path = newest(finished_directory / 'checkpoints', suffix)
  os.truncate(path, os.path.getsize(path) // 2)
  runner = experiments.make_runner(finished_directory)
  assert runner._start_iteration == 5
  assert os.path.basename(path) in caplog.text
  runner.run_experiment()
  assert experiments.outcome(runner) == expected


def test_a_damaged_replay_is_passed_over_too(finished_directory, uninterrupted):
  expected, _ = uninterrupted
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


@pytest.fixture
def finished_directory(tmp_path):
  experiments.make_runner(tmp_path, checkpoint_minutes=60.0).run_experiment()
  return tmp_path


def test_a_full_disk_loses_no_earlier_checkpoint(
  tmp_path, monkeypatch, uninterrupted
):
  expected, _ = uninterrupted
  runner = experiments.make_runner(tmp_path)
  runner._run_one_iteration(0)
  runner._checkpoint_experiment(0)

  def no_space(source, target):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

  runner._run_one_iteration(1)
  with monkeypatch.context() as patch:
    patch.setattr(files.os, 'replace', no_space)
    with pytest.raises(OSError, match='No space left'):
      runner._checkpoint_experiment(1)
  assert not [n for _, _, f in os.walk(tmp_path) for n in f if 'tmp' in n]
  resumed = experiments.make_runner(tmp_path)
  assert resumed._start_iteration == 1
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected


def test_a_full_disk_during_a_run_is_one_clear_error(tmp_path, monkeypatch):
  runner = experiments.make_runner(tmp_path)

  def no_space(*args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

  monkeypatch.setattr(runner.record, 'write', no_space)
  monkeypatch.setattr(runner._collector_dispatcher, 'flush', no_space)
  with pytest.raises(files.DiskFullError, match='run the same command again'):
    runner.run_experiment()


def test_metrics_without_a_checkpoint_are_dropped(uninterrupted, tmp_path):
  expected, _ = uninterrupted
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


@pytest.mark.parametrize(
  ('change', 'word'),
  [
    ({'seed': 7}, 'seed'),
    ({'num_pretraining_iterations': 0}, 'iteration 1'),
    ({'game': toys.corridor()._replace(name='Tunnel')}, 'game'),
    ({'agent': {'distill_loss_coefficient': 0.5}}, 'coefficient'),
  ],
)
def test_other_settings_do_not_resume_a_run(finished_directory, change, word):
  with pytest.raises(UserError, match=word):
    experiments.make_runner(finished_directory, **change)


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


def test_a_finished_run_can_be_extended(finished_directory):
  runner = experiments.make_runner(finished_directory, online=(3, 60))
  assert runner._start_iteration == 6
  runner.run_experiment()
  assert len(runner.record.rows) == 5


SCRIPT = """
import sys
from tests.runner import experiments
runner = experiments.make_runner(sys.argv[1], online=(4, 200))
print('ready', flush=True)
runner.run_experiment()
print('done', flush=True)
"""


@pytest.mark.slow
def test_kill_9(tmp_path):
  def start():
    process = subprocess.Popen(
      [sys.executable, '-c', SCRIPT, str(tmp_path / 'killed')],
      cwd=REPOSITORY,
      stdout=subprocess.PIPE,
      text=True,
    )
    assert any(line == 'ready\n' for line in process.stdout)
    return process

  moments = random.Random(1)
  for _ in range(3):
    process = start()
    time.sleep(moments.uniform(0.5, 4.0))
    process.kill()
    assert process.wait() == -signal.SIGKILL
  process = start()
  assert process.communicate()[0].endswith('done\n')
  assert process.returncode == 0
  whole = experiments.make_runner(tmp_path / 'whole', online=(4, 200))
  whole.run_experiment()
  killed = experiments.make_runner(tmp_path / 'killed', online=(4, 200))
  assert experiments.outcome(killed) == experiments.outcome(whole)
