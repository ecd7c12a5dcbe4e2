"""The experiment on a corridor: order, metrics, errors, learning."""

import functools
import glob
import json
import os

import chex
import numpy as np
import pytest
import tensorflow as tf

from reincarnating_rl.agents.dqn import (
  QDaggerDQNAgent,
  ReincarnatingDQNAgent,
)
from reincarnating_rl.evaluation.normalization import TeacherTooWeakError
from reincarnating_rl.runner import plan
from tests import toys
from tests.runner import experiments


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
  base_dir = tmp_path_factory.mktemp('finished')
  runner = experiments.make_runner(base_dir)
  tape = record_tape(runner)
  runner.run_experiment()
  return runner, tape, base_dir


def record_tape(runner):
  """Who does what: the phases, the evaluations, the syncs, the weaning."""
  tape = []

  def spy(owner, name, describe):
    original = getattr(owner, name)

    def wrapper(*args, **kwargs):
      tape.append(describe(*args, **kwargs))
      return original(*args, **kwargs)

    setattr(owner, name, wrapper)

  agent = runner._agent
  spy(runner, '_run_one_iteration', lambda n: runner.plan[n].phase.value)
  spy(runner._arena, 'evaluate', lambda *a, who, **k: f'evaluate {who}')
  spy(agent, 'finish_pretraining', lambda: 'sync')
  spy(agent, 'record_score', lambda score: 'wean')
  spy(runner, '_checkpoint_experiment', lambda number: f'save {number}')
  return tape


def test_the_order_of_a_run(finished):
  _, tape, _ = finished
  saves = [event for event in tape if event.startswith('save')]
  assert [event for event in tape if event not in saves] == [
    'teacher evaluation',
    'evaluate teacher',
    'collect',
    'pretrain',
    'evaluate student',
    'pretrain',
    'evaluate student',
    'sync',
    'online',
    'evaluate student',
    'wean',
    'online',
    'evaluate student',
    'wean',
  ]
  assert [int(event.split()[1]) for event in saves] == sorted(
    int(event.split()[1]) for event in saves
  )


def test_the_normalised_score_is_in_every_collector(finished):
  # The official runner's was in none.
  runner, _, base_dir = finished
  name = 'Eval/Normalized_Score'
  logged = {
    r['step']: r['value']
    for r in experiments.metrics(base_dir)
    if r['name'] == name
  }
  assert logged == {
    row['iteration']: pytest.approx(row['normalized'])
    for row in runner.record.rows
  }
  # Another test, which may have come before, opens the finished run again.
  files = glob.glob(os.path.join(base_dir, 'metrics/tensorboard/events*'))
  tags = {
    value.tag
    for events in files
    for event in tf.compat.v1.train.summary_iterator(events)
    for value in event.summary.value
  }
  assert {
    name,
    'Eval/AverageReturns',
    'Train/AverageReturns',
    'Pretrain/Loss/TD',
  } <= tags


def test_the_terminal_shows_the_normalised_score(tmp_path, capsys):
  experiments.make_runner(
    tmp_path, num_pretraining_iterations=0, online=(1, 10)
  ).run_experiment()
  assert 'normalised' in capsys.readouterr().out


def test_offline_iterations_log_no_training_episodes(finished):
  # The official runner logged zeros as if they were returns.
  runner, _, base_dir = finished
  steps = {
    row['step']
    for row in experiments.metrics(base_dir)
    if row['name'].startswith('Train/') and 'Returns' in row['name']
  }
  assert steps == {4, 5}


def test_collected_actions_are_the_teachers(tmp_path):
  # The official code stored the student's random actions as teacher data, and
  # let frame stacks and labels leak across episodes.
  runner = experiments.make_runner(tmp_path, teacher_epsilon=0.0)
  runner._run_one_iteration(0)
  runner._run_one_iteration(1)
  store = runner._teacher_data.store
  used = slice(0, store.next_step)
  np.testing.assert_array_equal(store.columns['action'][used], toys.LEFT)
  # One step left of the start is the end: every step begins an episode.
  np.testing.assert_array_equal(store.columns['terminal'][used], True)
  np.testing.assert_array_equal(
    store.columns['observation'][used], np.eye(toys.LENGTH)[[1] * used.stop]
  )
  assert runner._agent.replay.next_step == 0
  assert store.next_step >= 60


def test_the_teachers_logits_are_computed_once_a_stored_state(tmp_path):
  runner = experiments.make_runner(tmp_path)
  runner._run_one_iteration(0)
  runner._run_one_iteration(1)
  asked = runner._teacher.num_states
  runner._run_one_iteration(2)
  assert runner._teacher.num_states == asked


def test_a_teacher_that_is_no_better_than_random_is_an_error(tmp_path):
  runner = experiments.make_runner(tmp_path, random_score=0.45)
  with pytest.raises(TeacherTooWeakError, match='0.45'):
    runner.run_experiment()


def test_the_random_policy_is_measured_where_no_table_has_it(tmp_path):
  runner = experiments.make_runner(
    tmp_path, random_score=None, evaluation_episodes=200
  )
  runner._run_one_iteration(0)
  assert runner.record.random == pytest.approx(0.325, abs=0.07)


def test_without_a_teacher_it_is_tabula_rasa(tmp_path):
  runners = [
    experiments.make_runner(
      tmp_path / kind.__name__,
      teacher=None,
      online=(1, 80),
      agent={'kind': kind},
    )
    for kind in (QDaggerDQNAgent, ReincarnatingDQNAgent)
  ]
  for runner in runners:
    runner.run_experiment()
    (row,) = runner.record.rows
    assert row['phase'] == 'ONLINE'
    assert row['normalized'] is None
    assert row['online_updates'] > 0
    assert row['distill_coefficient'] == 0.0
  chex.assert_trees_all_equal(*(r._agent.online_params for r in runners))


def test_a_teacher_of_a_student_that_does_not_listen_is_only_compared_with(
  tmp_path,
):
  runner = experiments.make_runner(
    tmp_path, online=(1, 60), agent={'distill_loss_coefficient': 0.0}
  )
  runner.run_experiment()
  assert [row.phase.name for row in runner.plan] == [
    'TEACHER_EVALUATION',
    'ONLINE',
  ]
  (row,) = runner.record.rows
  assert row['normalized'] is not None
  assert runner._agent.replay.columns['teacher_logits'].max() == 0.0


def test_the_teachers_data_is_let_go_once_it_is_learnt_from(finished):
  runner, _, base_dir = finished
  assert runner._teacher_data.store is None
  kept = os.listdir(base_dir / 'checkpoints')
  assert not os.listdir(base_dir / 'checkpoints' / 'replay_teacher'), kept


def test_collection_iterations_share_one_budget(tmp_path, monkeypatch):
  monkeypatch.setattr(
    plan,
    'make_plan',
    functools.partial(plan.make_plan, max_collect_steps=30),
  )
  runner = experiments.make_runner(tmp_path, teacher_steps=90)
  for number in range(4):
    runner._run_one_iteration(number)
  # At most what four lanes have too much at the end, not in each iteration.
  assert 90 <= runner.record.teacher_steps <= 90 + 4 * 40
  assert runner._teacher_data.store.next_step == runner.record.teacher_steps


def test_time_outs_are_not_terminals(tmp_path):
  runner = experiments.make_runner(tmp_path, teacher=None, online=(1, 40))
  agent = runner._agent
  agent.epsilon_train = 0.0
  agent._act = lambda params, state, key, epsilon, eval_mode: (
    key,
    np.int32(toys.RIGHT if state[1] or state[0] else toys.LEFT),
  )
  runner._run_one_iteration(0)
  used = slice(0, agent.replay.next_step)
  assert used.stop == 40
  assert not agent.replay.columns['terminal'][used].any()


def test_seeds_decide_everything(tmp_path):
  outcomes = []
  for i, seed in enumerate((3, 3, 4)):
    runner = experiments.make_runner(tmp_path / str(i), seed=seed)
    runner.run_experiment()
    outcomes.append(experiments.outcome(runner))
  assert outcomes[0] == outcomes[1]
  assert outcomes[0]['arrays'] != outcomes[2]['arrays']


def test_lineage_and_summary_are_written(finished):
  runner, _, base_dir = finished
  with open(base_dir / 'lineage.json', encoding='utf-8') as f:
    lineage = json.load(f)
  assert lineage['teacher']['fingerprint'] == 'always 0'
  assert lineage['spent']['pretraining_updates'] == 40
  assert lineage['versions']['dopamine-rl'] == '4.1.2'
  with open(base_dir / 'summary.json', encoding='utf-8') as f:
    assert len(json.load(f)['rows']) == 4


def test_a_run_that_is_complete_does_nothing_more(finished):
  runner, _, base_dir = finished
  again = experiments.make_runner(base_dir)
  again.run_experiment()
  assert experiments.outcome(again) == experiments.outcome(runner)
  assert again._teacher.num_states == 0


@pytest.mark.slow
@pytest.mark.parametrize('kind', toys.ALL_KINDS)
def test_a_student_matches_a_weak_teacher_and_surpasses_it(tmp_path, kind):
  runner = experiments.make_runner(
    tmp_path,
    # The corridor's end is found by epsilon rather than by the head's noise.
    agent={'kind': toys.ALL_KINDS[kind], 'rainbow': {'noisy': False}},
    teacher_steps=400,
    num_pretraining_iterations=1,
    num_pretraining_steps=300,
    online=(3, 600),
    evaluation_episodes=10,
    checkpoint_minutes=60.0,
  )
  runner.run_experiment()
  offline, *online = runner.record.rows
  assert runner.record.teacher.mean == pytest.approx(0.4)
  assert offline['normalized'] >= 0.99
  assert online[-1]['score']['mean'] == pytest.approx(0.7)
  assert [row['distill_coefficient'] for row in online] == [1.0, 0.0, 0.0]
  assert runner._agent.distill_coefficient == 0.0
