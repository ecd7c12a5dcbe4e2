"""Resuming each method that differs by actors and data: bit for bit."""

import functools
import random

import pytest

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.support.errors import UserError
from tests import toys
from tests.runner import experiments, kills, teachers

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


def _whole(method, kind, directory):
  """Returns how to make a run, and its outcome if nothing interrupts it."""
  if method == 'reloaded':
    teachers.train(directory / 'teacher', kind)
    settings = teachers.reload_settings(directory / 'teacher', kind)
  else:
    settings = METHODS[method]
    agent = {'kind': CLASSES[method][kind], **settings['agent']}
    # Right-goers take longer than one step to their end.
    teacher = toys.ScriptedTeacher(toys.RIGHT)
    settings = settings | {'agent': agent, 'teacher': teacher}
  make_runner = functools.partial(
    experiments.make_runner, online=(3, 60), **settings
  )
  return make_runner, kills.whole(make_runner, directory / 'whole')


# What a Rainbow resumes, a DQN does too: it has priorities besides. And who has
# had an offline phase has all phases.
@pytest.mark.parametrize(
  ('method', 'kind'),
  [
    pytest.param(
      method,
      kind,
      marks=[pytest.mark.soak] if method != 'jsrl' or kind == 'dqn' else [],
    )
    for method in METHODS
    for kind in toys.KINDS
  ],
)
def test_a_kill_in_each_phase_changes_nothing(method, kind, tmp_path):
  make_runner, expected = _whole(method, kind, tmp_path)
  plan = make_runner(tmp_path / 'killed').plan
  # Of each phase in its last iteration.
  numbers = sorted({row.phase: row.number for row in plan}.values())
  deaths = [functools.partial(kills.die_in, number=n) for n in numbers]
  runner = kills.lives(make_runner, tmp_path / 'killed', deaths)
  assert experiments.outcome(runner) == expected


@pytest.mark.soak
@pytest.mark.parametrize('kind', toys.KINDS)
@pytest.mark.parametrize('method', METHODS)
def test_kills_at_random_moments_change_nothing(method, kind, tmp_path):
  make_runner, expected = _whole(method, kind, tmp_path)
  moments = random.Random(3)
  for i in range(3):
    runner, deaths = kills.random_lives(
      make_runner, tmp_path / str(i), moments, most_deaths=50
    )
    assert deaths > 3
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
  learnt = snapshot.take(runner._agent)
  resumed = experiments.make_runner(tmp_path / 'run', **settings)
  arrays, counters = snapshot.take(resumed._agent)
  assert counters == learnt[1]
  assert {name: x.tobytes() for name, x in arrays.items()} == {
    name: x.tobytes() for name, x in learnt[0].items()
  }
  resumed.run_experiment()
  assert reads == [1]


@pytest.mark.parametrize(
  ('method', 'change', 'message'),
  [
    (
      'rehearsal',
      {'teacher_data_ratio': 0.5},
      r'Rehearsal.teacher_data_ratio = 0\.25, and now it is 0\.5',
    ),
    (
      'jsrl',
      {'max_roll_in_steps': 5},
      'JSRL.max_roll_in_steps = 4, and now it is 5',
    ),
    (
      'jsrl',
      {'roll_in_decay': 0.5},
      r'JSRL.roll_in_decay = 0\.4, and now it is 0\.5',
    ),
  ],
)
def test_other_settings_do_not_resume_a_run(tmp_path, method, change, message):
  settings = METHODS[method]
  agent = {'kind': CLASSES[method]['dqn'], **settings['agent']}
  assert_only_resumes_as_it_was(tmp_path, settings, agent, change, message)


def assert_only_resumes_as_it_was(directory, settings, agent, change, message):
  runner = experiments.make_runner(directory, **settings | {'agent': agent})
  runner._checkpoint_experiment(0)
  experiments.make_runner(directory, **settings | {'agent': agent})
  with pytest.raises(UserError, match=message):
    experiments.make_runner(directory, **settings | {'agent': agent | change})


@pytest.mark.parametrize(
  ('name', 'change', 'message'),
  [
    ('ql_dagger_dqn', {'distill_type': 'value'}, 'QDagger.distill_type = po'),
    ('ql_dagger_dqn', {'distill_temperature': 1.0}, 'QDagger.distill_tempera'),
    ('ql_dagger_dqn', {'distill_floor': 0.1}, r'QDagger.distill_floor = 0\.0'),
    ('ql_dagger_dqn', {'distill_evaluations': 2}, 'distill_evaluations = 1'),
    ('ql_dagger_dqn', {'distill_recall_below': 0.5}, 'recall_below = unset'),
    ('qdagger_dqn', {'distill_latch': False}, 'QDagger.distill_latch = unset'),
    ('dqfd_dqn', {'margin_type': 'max'}, 'DQfD.margin_type = mean'),
    ('dqfd_dqn', {'margin': 2.0}, r'DQfD.margin = 1\.0, and now it is 2\.0'),
    ('dqfd_dqn', {'margin_decay_period': 9}, 'DQfD.margin_decay_period = 15'),
    ('dqfd_dqn', {'second_update_horizon': 3}, 'horizon = unset, .* it is 3'),
    ('pretrained_dqn', {'cql_temperature': 1.0}, 'Pretrained.cql_temperature'),
    ('pretrained_dqn', {'cql_type': 'calibrated'}, 'cql_type = plain, and now'),
  ],
)
def test_nor_does_another_loss(tmp_path, name, change, message):
  agent = {'kind': AGENTS[name]}
  assert_only_resumes_as_it_was(tmp_path, {}, agent, change, message)
