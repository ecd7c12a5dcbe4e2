"""The student learns: offline, online, and as its weights change."""

import types

import jax
import numpy as np
import pytest

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.runner.position import Position
from reincarnating_rl.runner.student_phases import Online
from reincarnating_rl.support.errors import DivergedError, first_line
from tests import toys
from tests.runner import experiments, kills


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
  assert runner._agent.batches.replay.columns['teacher_policy'].max() == 0.0


def test_offline_only_is_offline_only_even_without_an_offline_phase(tmp_path):
  runner = experiments.make_runner(
    tmp_path,
    num_pretraining_iterations=0,
    online=(1, 20),
    agent={'weaner': 'offline_only'},
  )
  assert runner._agent.weaner.coefficient == 1.0
  runner.run_experiment()
  assert runner._agent.weaner.coefficient == 0.0


@pytest.mark.parametrize(
  ('episodes', 'expected'), [(0, {}), (2, {'Train/AverageReturns': 2.5})]
)
def test_no_return_is_told_where_no_episode_has_ended(episodes, expected):
  position = Position(1, steps=30, episodes=episodes, sum_returns=5.0)
  progress = types.SimpleNamespace(position=position)
  metrics = Online(None, None, None, progress, play=None).finish()
  assert metrics.pop('Train/AverageStepsPerSecond') > 0.0
  assert metrics == {'Train/NumEpisodes': episodes} | expected


def test_time_outs_are_not_terminals(tmp_path):
  runner = experiments.make_runner(tmp_path, teacher=None, online=(1, 40))
  agent = runner._agent
  agent.epsilon_train = 0.0

  def to_and_fro(params, state, key, epsilon, eval_mode):
    return key, np.int32(toys.RIGHT if state[1] or state[0] else toys.LEFT)

  agent.actor = toys.ScriptedActor(to_and_fro)
  runner._run_one_iteration(0)
  used = slice(0, agent.batches.replay.next_step)
  assert used.stop == 40
  assert not agent.batches.replay.columns['terminal'][used].any()


@pytest.mark.slow
@pytest.mark.parametrize(
  'kind',
  [
    pytest.param(kind, marks=[] if kind in toys.KINDS else [pytest.mark.soak])
    for kind in toys.ALL_KINDS
  ],
)
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
  assert runner._agent.weaner.coefficient == 0.0


@pytest.mark.parametrize(
  ('name', 'settings', 'online_loss', 'offline_losses'),
  [
    (
      'pretrained_dqn',
      {'cql_type': 'calibrated'},
      {'td'},
      {'Loss/TD', 'Loss/CalQL'},
    ),
    (
      'dqfd_dqn',
      {'second_update_horizon': 3},
      {'td', 'margin', 'second_td'},
      {'Loss/TD', 'Loss/Margin', 'Loss/SecondTD'},
    ),
  ],
)
def test_every_loss_is_learnt_from(
  tmp_path, name, settings, online_loss, offline_losses
):
  runner = experiments.make_runner(
    tmp_path, agent={'kind': AGENTS[name], **settings}, online=(1, 60)
  )
  batches = []
  trainer = runner._agent.trainer
  update = trainer.update

  def noted(state, batch, weights):
    batches.append((batch, weights))
    return update(state, batch, weights)

  trainer.update = noted
  runner.run_experiment()
  logged = {
    row['name'].removeprefix('Pretrain/'): row['value']
    for row in experiments.metrics(tmp_path)
    if row['name'].startswith('Pretrain/Loss')
  }
  assert logged.keys() == offline_losses | {'Loss/Total'}
  assert all(np.isfinite(list(logged.values())))
  assert all(logged[name] != 0.0 for name in offline_losses)
  batch, weights = batches[-1]
  assert {n for n, x in weights.terms.items() if x > 0.0} == online_loss
  if name == 'dqfd_dqn':
    # Of three steps beside two: it is cut later, or not at all.
    assert not np.array_equal(batch.second.reward, batch.reward)
  else:
    assert np.isneginf(batch.monte_carlo_return).all()


def running(base_dir, **settings):
  """A run whose teacher is followed less the better the student plays."""
  return experiments.make_runner(
    base_dir,
    # Of an episode of 40 steps; so that no return is below it.
    random_score=-4.0,
    agent={'weaner': 'running_return', 'dqn': {'min_replay_history': 10}},
    **settings,
  )


def test_a_running_return_weans_within_an_iteration(tmp_path):
  runner = running(tmp_path, online=(1, 120))
  weaner, update = runner._agent.weaner, runner._agent.trainer.update
  returns, found, expected = [], [], []

  def noted(state, batch, weights):
    newest = returns[-10:]
    found.append(float(weights.terms['distill']))
    expected.append(1.0 - np.mean(newest) if len(newest) == 10 else 1.0)
    return update(state, batch, weights)

  after_episode = weaner.after_episode

  def heard(score):
    returns.append(score)
    after_episode(score)

  weaner.after_episode = heard
  runner._agent.trainer.update = noted
  runner.run_experiment()
  expected = np.clip(expected, 0.0, 1.0)
  np.testing.assert_allclose(found, expected, rtol=1e-6)
  assert len(set(found)) > 5
  # An evaluation changes nothing: the next update asks again.
  (_, _, row) = runner.record.rows
  assert row['distill_coefficient'] == pytest.approx(found[-1])


def test_a_running_return_is_resumed_within_an_iteration(tmp_path):
  expected = kills.whole(running, tmp_path / 'whole')
  killed = tmp_path / 'killed'
  runner = running(killed, checkpoint_minutes=0.0)
  kills.die_in(runner, 5, at=40)
  with pytest.raises(kills.Killed):
    runner.run_experiment()
  resumed = running(killed)
  position = resumed._progress.position
  assert (position.number, position.finished) == (5, False)
  assert 0 < position.steps < 60
  assert 0.0 < resumed._agent.weaner.coefficient < 1.0
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected


def lose_its_numbers(agent):
  state = agent.trainer.state
  params = jax.tree.map(lambda x: x * np.float32(np.nan), state.params)
  agent.trainer.state = state._replace(params=params)


@pytest.mark.parametrize(
  ('method', 'number', 'message'),
  [
    ('pretrain', 3, "The student's online_params/.* is not finite"),
    ('train', 5, "The student's Q-values are no numbers any more"),
  ],
  ids=['offline', 'online'],
)
def test_a_student_that_diverges_leaves_its_last_good_checkpoint(
  tmp_path, method, number, message
):
  expected = kills.whole(experiments.make_runner, tmp_path / 'whole')
  directory = tmp_path / 'diverged'
  runner = experiments.make_runner(directory, checkpoint_minutes=0.0)
  trainer = runner._agent.trainer
  original = getattr(trainer, method)

  def diverges(*args, **kwargs):
    result = original(*args, **kwargs)
    position = runner._progress.position
    if position.number == number and position.steps > 5:
      lose_its_numbers(runner._agent)
    return result

  setattr(trainer, method, diverges)
  with pytest.raises(DivergedError, match=message) as caught:
    runner.run_experiment()
  assert first_line(caught.value) == str(caught.value)
  resumed = experiments.make_runner(directory)
  position = resumed._progress.position
  assert position.number == number
  assert 0 < position.steps < 60
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected
