"""The experiment on a corridor: order, metrics, what is written."""

import json
import os

import chex
import pytest

from reincarnating_rl.agents.classes import AGENTS, QDaggerDQNAgent
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
  spy(
    runner._parts.evaluator, 'evaluate', lambda *a, who, **k: f'evaluate {who}'
  )
  spy(agent.trainer, 'finish_pretraining', lambda **kwargs: 'sync')
  spy(agent.weaner, 'after_evaluation', lambda score, steps: 'wean')
  spy(runner, '_checkpoint_experiment', lambda number: f'save {number}')
  return tape


def test_the_order_of_a_run(finished):
  _, tape, _ = finished
  assert tape == [
    'teacher evaluation',
    'evaluate teacher',
    'save 0',
    'collect',
    'save 1',
    'pretrain',
    'evaluate student',
    'save 2',
    'pretrain',
    'evaluate student',
    'sync',
    'save 3',
    'online',
    'evaluate student',
    'wean',
    'save 4',
    'online',
    'evaluate student',
    'wean',
    'save 5',
  ]


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
  tags = {
    value.tag
    for event in experiments.events(base_dir)
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


def test_without_a_teacher_it_is_tabula_rasa(tmp_path):
  runners = [
    experiments.make_runner(
      tmp_path / kind.__name__,
      teacher=None,
      online=(1, 80),
      agent={'kind': kind},
    )
    for kind in (QDaggerDQNAgent, AGENTS['dqn'])
  ]
  for runner in runners:
    runner.run_experiment()
    (row,) = runner.record.rows
    assert row['phase'] == 'ONLINE'
    assert row['normalized'] is None
    assert row['online_updates'] > 0
    assert row['distill_coefficient'] == 0.0
  chex.assert_trees_all_equal(*(r._agent.trainer.state.params for r in runners))


def test_the_teachers_data_is_let_go_once_it_is_learnt_from(finished):
  runner, _, base_dir = finished
  assert experiments.teacher_data(runner).store is None
  kept = os.listdir(base_dir / 'checkpoints')
  assert not os.listdir(base_dir / 'checkpoints' / 'replay_teacher'), kept


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
