"""Teacher data that are read rather than played."""

import functools
import json
import re

import numpy as np
import pytest

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.importers import external_replay
from reincarnating_rl.importers.loading import LoadReport
from reincarnating_rl.runner import factories, teacher_replay
from reincarnating_rl.runner.factories import TeacherSettings
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.support.errors import DamagedFileError, UserError
from reincarnating_rl.support.interrupts import Interrupted
from tests.importers import legacy_dumps
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
    find = functools.partial(external_replay.choose, earlier[0])
    return experiments.make_runner(
      base_dir, **({'find_teacher_replay': find} | settings)
    )

  return make


@pytest.fixture(scope='module')
def uninterrupted(earlier, tmp_path_factory):
  runner = experiments.make_runner(
    tmp_path_factory.mktemp('whole'),
    find_teacher_replay=functools.partial(external_replay.choose, earlier[0]),
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
  found, source = (
    experiments.teacher_data(runner).store,
    earlier[1]._agent.batches.replay,
  )
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
  found = experiments.teacher_data(runner).store
  assert not len(found.unlabelled())
  keys = np.arange(found.next_step)
  np.testing.assert_array_equal(
    found.columns['teacher_policy'][found.slots(keys)],
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
  phases = runner._parts.phases
  original = phases[Phase.LOAD]

  def run_loading(iteration):
    runner._interrupt.requested = True
    return original(iteration)

  phases[Phase.LOAD] = run_loading
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


def _nothing():
  return None


def test_a_resume_needs_the_replay_no_more(
  make_runner, uninterrupted, tmp_path
):
  """Nor does it change its mind because the replay has grown since."""
  runner = make_runner(tmp_path)
  for number in range(3):
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  resumed = make_runner(tmp_path, find_teacher_replay=_nothing)
  assert resumed._start_iteration == 3
  resumed.run_experiment()
  assert experiments.outcome(resumed) == experiments.outcome(uninterrupted)


def test_a_resume_goes_on_collecting(make_runner, tmp_path):
  runner = make_runner(tmp_path, find_teacher_replay=_nothing)
  for number in range(2):
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  assert make_runner(tmp_path)._start_iteration == 2
  with pytest.raises(UserError, match='iteration 1'):
    make_runner(tmp_path, teacher_data='stored')


@pytest.fixture
def without_what_was_read(make_runner, tmp_path):
  """A run that has lost the arrays of the checkpoint after its loading."""
  runner = make_runner(tmp_path)
  for number in range(2):
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  next((tmp_path / 'checkpoints').glob('ckpt.1.*safetensors')).unlink()
  return tmp_path


def test_a_replay_is_read_again_where_it_has_to_be(
  without_what_was_read, make_runner, uninterrupted
):
  resumed = make_runner(without_what_was_read)
  assert resumed._start_iteration == 1
  resumed.run_experiment()
  assert experiments.outcome(resumed) == experiments.outcome(uninterrupted)


def test_a_replay_that_is_gone_when_it_is_needed_again(
  without_what_was_read, make_runner, tmp_path
):
  resumed = make_runner(tmp_path, find_teacher_replay=_nothing)
  assert resumed._start_iteration == 1
  with pytest.raises(UserError, match='restore it, or choose another --base'):
    resumed.run_experiment()


@pytest.mark.parametrize(('clip', 'largest'), [(False, 4.0), (True, 1.0)])
def test_rewards_are_clipped_as_those_of_collected_data(
  clip, largest, earlier, tmp_path
):
  class Generous:
    def load(self, store, **arguments):
      report = external_replay.choose(earlier[0]).load(store, **arguments)
      store.columns['reward'][: report.steps] *= 10.0
      return report

  data = experiments.teacher_data(
    experiments.make_runner(tmp_path, clip_rewards=clip)
  )
  report = data.load(Generous(), newest=60, progress=lambda *_: None)
  rewards = data.store.columns['reward'][: report.steps]
  assert rewards.max() == pytest.approx(largest)
  assert rewards.min() == pytest.approx(-1.0)


def test_a_replay_without_an_element(tmp_path):
  """Such as one of episodes that were cut at once."""

  class Short:
    def load(self, store, **arguments):
      return LoadReport(0, 0, 0, 0, {})

    def describe(self):
      return 'replay 3'

  data = experiments.teacher_data(experiments.make_runner(tmp_path))
  with pytest.raises(UserError, match='replay 3, has no element of 2 steps'):
    data.load(Short(), newest=9, progress=lambda *_: None)


def test_a_smaller_replay_is_not_passed_over(earlier, capsys):
  replay = external_replay.choose(earlier[0])
  entries = replay.inspect().entries

  def decide(choice, steps, found=replay):
    source = teacher_replay.decide(choice, lambda: found, steps)
    assert (source.phase is Phase.LOAD) == (source.replay is not None)
    return source.replay

  assert decide('auto', entries) is replay
  assert f'the newest {entries} of {entries}' in capsys.readouterr().out
  for choice in ('auto', 'stored'):
    assert decide(choice, entries + 1) is replay
    told = capsys.readouterr().out
    assert f'all {entries} steps of the {replay.describe()}' in told
    assert "teacher_data='topped_up'" in told
  assert decide('topped_up', entries + 1) is replay
  assert f'plays the rest of {entries + 1}' in capsys.readouterr().out
  assert decide('auto', 1, None) is None
  assert 'left no replay, so it plays 1 steps' in capsys.readouterr().out


@pytest.fixture(scope='module')
def topped_up(earlier, tmp_path_factory):
  settings = {
    'find_teacher_replay': functools.partial(
      external_replay.choose, earlier[0]
    ),
    'teacher_data': 'topped_up',
    'teacher_steps': 200,
  }
  runner = experiments.make_runner(tmp_path_factory.mktemp('more'), **settings)
  runner.run_experiment()
  return runner, settings


def test_the_teacher_plays_what_its_replay_lacks(topped_up, earlier):
  runner, _ = topped_up
  stored = external_replay.choose(earlier[0]).inspect().entries
  phases = [row.phase for row in runner.plan[:4]]
  assert phases[1:] == [Phase.LOAD, Phase.COLLECT, Phase.PRETRAIN]
  assert runner.record.teacher_data['steps'] == stored < 200
  assert 200 <= runner.record.teacher_steps < 200 + 40 * 4


def test_a_loss_that_asks_no_teacher_is_topped_up_too(topped_up, tmp_path):
  _, settings = topped_up
  runner = experiments.make_runner(
    tmp_path, **settings, agent={'kind': AGENTS['pretrained_dqn']}
  )
  for number in range(3):
    runner._run_one_iteration(number)
  assert runner.record.teacher_steps >= 200


@pytest.mark.parametrize('finished', [1, 2])
def test_a_resumed_run_tops_up_as_an_uninterrupted_one(
  finished, topped_up, tmp_path
):
  whole, settings = topped_up
  runner = experiments.make_runner(tmp_path, **settings)
  for number in range(finished + 1):
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  store = experiments.teacher_data(runner).store
  assert not len(store.unlabelled())
  settings = settings | {'find_teacher_replay': _nothing}
  resumed = experiments.make_runner(tmp_path, **settings)
  assert resumed._start_iteration == finished + 1
  resumed.run_experiment()
  assert experiments.outcome(resumed) == experiments.outcome(whole)


def test_nothing_is_looked_for_where_the_teacher_is_to_play():
  def find():
    raise AssertionError

  for choice, earlier_phase in (('collected', None), ('auto', Phase.COLLECT)):
    source = teacher_replay.decide(choice, find, 1, earlier=earlier_phase)
    assert source == (Phase.COLLECT, None, False)
  for choice in ('auto', 'topped_up'):
    source = teacher_replay.decide(choice, find, 1, earlier=Phase.LOAD)
    assert source == (Phase.LOAD, None, choice == 'topped_up')


def test_a_missing_file_does_not_make_the_teacher_play(tmp_path):
  """A stored replay is set aside only by a user's word."""
  legacy_dumps.write(tmp_path, legacy_dumps.DUMP)
  missing = legacy_dumps.path(tmp_path, 'invalid_range')
  missing.unlink()
  for settings in (
    TeacherSettings(checkpoint_dir=str(tmp_path)),
    TeacherSettings(replay_dir=str(tmp_path)),
  ):
    find = functools.partial(factories.find_teacher_replay, settings)
    for choice in ('auto', 'stored', 'topped_up'):
      with pytest.raises(UserError, match=re.escape(str(missing))) as caught:
        teacher_replay.decide(choice, find, 1)
      assert '\n' not in str(caught.value)
    assert teacher_replay.decide('collected', find, 1).phase is Phase.COLLECT


def test_a_damaged_replay_names_the_way_out():
  def find():
    raise DamagedFileError('x.gz is cut short: copy it again.')

  with pytest.raises(UserError, match=r'x\.gz .*data="collected"'):
    teacher_replay.decide('auto', find, 1)


def test_a_stored_replay_that_there_is_not():
  with pytest.raises(UserError, match='--teacher_replay_dir'):
    teacher_replay.decide('stored', _nothing, 1)


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
