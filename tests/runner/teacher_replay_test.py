"""Teacher data that are read rather than played."""

import json

import numpy as np
import pytest

from reincarnating_rl.errors import UserError
from reincarnating_rl.replay import stored
from reincarnating_rl.runner import factories, teacher_replay
from reincarnating_rl.runner.factories import TeacherSettings
from reincarnating_rl.runner.interrupts import Interrupted
from reincarnating_rl.runner.phases import Phase
from tests.runner import experiments


@pytest.fixture(scope='module')
def earlier(tmp_path_factory):
  """A run whose student's replay is the next one's data."""
  base_dir = tmp_path_factory.mktemp('earlier')
  runner = experiments.make_runner(base_dir)
  runner.run_experiment()
  return base_dir, runner


@pytest.fixture
def make_runner(earlier):
  def make(base_dir, **settings):
    replay = stored.choose(earlier[0])
    return experiments.make_runner(base_dir, teacher_replay=replay, **settings)

  return make


@pytest.fixture(scope='module')
def uninterrupted(earlier, tmp_path_factory):
  runner = experiments.make_runner(
    tmp_path_factory.mktemp('whole'), teacher_replay=stored.choose(earlier[0])
  )
  runner.run_experiment()
  return runner


def test_the_newest_steps_are_the_data(earlier, make_runner, tmp_path):
  runner = make_runner(tmp_path, teacher_steps=50)
  assert [row.phase for row in runner.plan[:3]] == [
    *(Phase.TEACHER_EVALUATION, Phase.LOAD, Phase.PRETRAIN)
  ]
  runner._run_one_iteration(0)
  runner._run_one_iteration(1)
  found, source = runner._teacher_data.store, earlier[1]._agent.replay
  assert runner.record.teacher_steps == found.next_step == 50
  for name in ('observation', 'action', 'reward', 'terminal'):
    newest = source.columns[name][: source.next_step][-50:]
    np.testing.assert_array_equal(found.columns[name][:50], newest)


def test_the_teacher_is_asked_for_the_logits_of_every_state(
  make_runner, tmp_path
):
  runner = make_runner(tmp_path)
  runner._run_one_iteration(0)
  runner._run_one_iteration(1)
  found = runner._teacher_data.store
  assert not len(found.unlabelled())
  keys = np.arange(found.next_step)
  np.testing.assert_array_equal(
    found.columns['teacher_logits'][found.slots(keys)],
    runner._teacher.policy_logits(found.states(keys)),
  )


def test_the_record_says_what_was_read(uninterrupted, earlier):
  told = uninterrupted.lineage['scores']['teacher_data']
  assert str(earlier[0]) in told['replay']
  assert told['steps'] == 60 == uninterrupted.record.teacher_steps
  json.dumps(told)


@pytest.mark.parametrize('finished', [0, 1, 2])
def test_a_resumed_run_is_the_uninterrupted_one(
  finished, make_runner, uninterrupted, tmp_path
):
  runner = make_runner(tmp_path)
  for number in range(finished + 1):
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  resumed = make_runner(tmp_path)
  assert resumed._start_iteration == finished + 1
  resumed.run_experiment()
  expected = experiments.outcome(uninterrupted)
  assert experiments.outcome(resumed) == expected
  assert resumed.record.teacher_data == uninterrupted.record.teacher_data


def test_ctrl_c_while_loading(make_runner, uninterrupted, tmp_path):
  runner = make_runner(tmp_path)
  original = runner._run_loading

  def run_loading(iteration):
    runner._interrupt.requested = True
    return original(iteration)

  runner._run_loading = run_loading
  with pytest.raises(Interrupted):
    runner.run_experiment()
  resumed = make_runner(tmp_path)
  assert resumed._start_iteration == 1
  resumed.run_experiment()
  assert experiments.outcome(resumed) == experiments.outcome(uninterrupted)


def test_collected_data_are_no_loaded_ones(make_runner, tmp_path):
  runner = make_runner(tmp_path)
  runner._run_one_iteration(0)
  runner._run_one_iteration(1)
  runner._checkpoint_experiment(1)
  with pytest.raises(UserError, match='iteration 1'):
    make_runner(tmp_path, teacher_data='collected')


def test_too_few_steps_are_not_taken_silently(earlier, capsys):
  replay = stored.choose(earlier[0])
  entries = replay.inspect().entries
  assert teacher_replay.decide('auto', replay, entries) is replay
  assert f'the newest {entries} of {entries}' in capsys.readouterr().out
  assert teacher_replay.decide('auto', replay, entries + 1) is None
  assert 'The teacher will play' in capsys.readouterr().out
  assert teacher_replay.decide('stored', replay, entries + 1) is replay
  assert teacher_replay.decide('collected', replay, 1) is None
  assert teacher_replay.decide('auto', None, 1) is None


@pytest.mark.parametrize(
  ('choice', 'message'),
  [('stored', '--teacher_replay_dir'), ('play', 'auto, stored, collected')],
)
def test_choices_that_cannot_be(choice, message):
  with pytest.raises(UserError, match=message):
    teacher_replay.decide(choice, None, 1)


def test_where_a_replay_is_looked_for(earlier, tmp_path):
  run, other = str(earlier[0]), str(tmp_path)
  find = factories.find_teacher_replay
  assert find(TeacherSettings()) is None
  assert find(TeacherSettings(checkpoint_dir=other)) is None
  assert find(TeacherSettings(checkpoint_dir='no/such')) is None
  assert find(TeacherSettings(checkpoint_dir=run)).kind == 'run'
  found = find(TeacherSettings(checkpoint_dir=other, replay_dir=run))
  assert found.folder.startswith(run)
  with pytest.raises(UserError, match='no replay'):
    find(TeacherSettings(checkpoint_dir=run, replay_dir=other))
