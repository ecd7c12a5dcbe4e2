"""Resuming each method that differs by actors and data: bit for bit."""

import functools
import random

import pytest

from reincarnating_rl.support.errors import UserError
from tests import toys
from tests.runner import (
  experiments,
  teachers,
)
from tests.runner.resume_test import (
  Killed,
  count_events,
  run_whole,
)

METHODS = {
  'rehearsal': {
    'num_pretraining_iterations': 0,
    'agent': {'teacher_data_ratio': 0.25},
  },
  'rehearsal after an offline phase': {
    'num_pretraining_iterations': 1,
    'agent': {'teacher_data_ratio': 0.5},
  },
  'jsrl': {
    'num_pretraining_iterations': None,
    'agent': {'max_roll_in_steps': 4, 'roll_in_decay': 0.4},
  },
  'reloaded': {},
}
CLASSES = {
  'rehearsal': toys.REHEARSAL,
  'rehearsal after an offline phase': toys.REHEARSAL,
  'jsrl': toys.JSRL,
}


@pytest.fixture(scope='module', params=toys.KINDS)
def kind(request):
  return request.param


@pytest.fixture(scope='module', params=METHODS)
def of_each_method(request, kind, tmp_path_factory):
  """How to make a run, its outcome if uninterrupted, and its events' number."""
  method = request.param
  if method == 'reloaded':
    directory = tmp_path_factory.mktemp('teacher')
    teachers.train(directory, kind)
    settings = teachers.reload_settings(directory, kind)
  else:
    settings = METHODS[method]
    agent = {'kind': CLASSES[method][kind], **settings['agent']}
    # Right-goers take longer than one step to their end.
    teacher = toys.ScriptedTeacher(toys.RIGHT)
    settings = settings | {'agent': agent, 'teacher': teacher}
  make_runner = functools.partial(
    experiments.make_runner, online=(3, 60), **settings
  )
  keywords = make_runner.keywords
  return make_runner, *run_whole(tmp_path_factory, **keywords)


def test_a_kill_in_each_phase_changes_nothing(of_each_method, tmp_path):
  make_runner, expected, _ = of_each_method
  plan = make_runner(tmp_path).plan
  # Of each phase in its last iteration.
  for number in sorted({row.phase: row.number for row in plan}.values()):
    runner = make_runner(tmp_path)
    die_in(runner, number)
    with pytest.raises(Killed):
      runner.run_experiment()
  runner = make_runner(tmp_path)
  runner.run_experiment()
  assert experiments.outcome(runner) == expected


def die_in(runner, number):
  original = runner._run_one_iteration

  def run_one_iteration(n):
    if n == number:
      count_events(runner, die_at=2)
    original(n)
    assert n != number or runner.plan[n].steps == 0
    if n == number:  # It has no such event: it dies before its checkpoint.
      raise Killed

  runner._run_one_iteration = run_one_iteration


# What a Rainbow resumes, a DQN does too: it has priorities besides.
@pytest.mark.slow
@pytest.mark.parametrize('kind', ['rainbow'], indirect=True)
def test_kills_at_random_moments_change_nothing(of_each_method, tmp_path):
  make_runner, expected, num_events = of_each_method
  moments = random.Random(3)
  for life in range(6):
    runner = make_runner(tmp_path)
    # Anywhere in what is left; the last life may not end so.
    if life < 5:
      count_events(runner, moments.randint(1, num_events // 3))
    try:
      runner.run_experiment()
      break
    except Killed:
      continue
  assert experiments.outcome(runner) == expected


def test_the_teacher_is_reloaded_at_the_very_start_only(tmp_path):
  # The official code reloaded at each restart, and lost what was learnt.
  teachers.train(tmp_path / 'teacher', 'dqn')
  settings = teachers.reload_settings(tmp_path / 'teacher', 'dqn')
  reads = []
  read = settings['read_teacher_state']
  settings['read_teacher_state'] = lambda: (reads.append(1), read())[1]
  runner = experiments.make_runner(tmp_path / 'run', **settings)
  assert [row.phase.value for row in runner.plan] == [
    *('reload', 'teacher evaluation', 'online', 'online'),
  ]
  for number in range(3):
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  learnt = runner._agent.snapshot()
  resumed = experiments.make_runner(tmp_path / 'run', **settings)
  arrays, counters = resumed._agent.snapshot()
  assert counters == learnt[1]
  assert {name: x.tobytes() for name, x in arrays.items()} == {
    name: x.tobytes() for name, x in learnt[0].items()
  }
  resumed.run_experiment()
  assert reads == [1]


@pytest.mark.parametrize(
  ('method', 'change', 'word'),
  [
    ('rehearsal', {'teacher_data_ratio': 0.5}, 'teacher data ratio'),
    ('jsrl', {'max_roll_in_steps': 5}, 'longest roll-in'),
    ('jsrl', {'roll_in_decay': 0.5}, 'decay of the roll-in'),
  ],
)
def test_other_settings_do_not_resume_a_run(tmp_path, method, change, word):
  settings = METHODS[method]
  agent = {'kind': CLASSES[method]['dqn'], **settings['agent']}
  runner = experiments.make_runner(tmp_path, **settings | {'agent': agent})
  assert_only_resumes_as_it_was(runner, settings, agent, change, word)


def assert_only_resumes_as_it_was(runner, settings, agent, change, word):
  runner._run_one_iteration(0)
  runner._checkpoint_experiment(0)
  directory = runner._base_dir
  experiments.make_runner(directory, **settings | {'agent': agent})
  with pytest.raises(UserError, match=word):
    experiments.make_runner(directory, **settings | {'agent': agent | change})


@pytest.mark.parametrize(
  ('name', 'change', 'word'),
  [
    ('ql_dagger_dqn', {'distill_type': 'value'}, 'distillation'),
    ('ql_dagger_dqn', {'distill_temperature': 1.0}, 'temperature'),
    ('ql_dagger_dqn', {'distill_floor': 0.1}, 'floor of lambda'),
    ('dqfd_dqn', {'margin_type': 'max'}, 'margin loss'),
    ('dqfd_dqn', {'margin': 2.0}, 'margin'),
    ('dqfd_dqn', {'margin_decay_period': 9}, 'decay period'),
    ('pretrained_dqn', {'cql_temperature': 1.0}, 'temperature'),
  ],
)
def test_nor_does_another_loss(tmp_path, name, change, word):
  agent = {'kind': toys.METHODS[name]}
  runner = experiments.make_runner(tmp_path, agent=agent)
  assert_only_resumes_as_it_was(runner, {}, agent, change, word)
