"""What each method adds to a student, and what it leaves as it was."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax import networks as dopamine_networks
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.support.errors import UserError
from tests import toys
from tests.agents import rainbow_test
from tests.agents.student_test import play, pretrain, teacher_data


def of_each(names):
  """Runs a test for each name; `make soak` those of Rainbows.

  A Rainbow compiles for seconds; QDagger's is in rainbow_test.
  """
  return pytest.mark.parametrize(
    'name',
    [
      pytest.param(n, marks=[pytest.mark.soak] if 'rainbow' in n else [])
      for n in names
    ],
  )


WITH_TD = [name for name in toys.METHODS if not name.startswith('dagger')]


def make_agent(name, **settings):
  return toys.make_agent(kind=toys.METHODS[name], **settings)


def update(agent, batch, *, distill, learning_rate=1e-3):
  return agent.trainer.update(
    jax.tree.map(jnp.copy, agent.trainer.state),
    batch,
    toys.weights_of(agent, distill, learning_rate),
  )


def dopamine_update(agent, batch, learning_rate):
  """Dopamine's DQN from the same state, on the same batch."""
  optimizer = dqn_agent.create_optimizer('adam', learning_rate=learning_rate)
  return dqn_agent.train(
    agent.network_def,
    agent.trainer.state.params,
    agent.trainer.state.target_params,
    optimizer,
    optimizer.init(agent.trainer.state.params),
    batch.state,
    batch.action,
    batch.next_state,
    batch.reward,
    batch.is_terminal.astype(np.float32),
    0.99**3,
    'huber',
  )


def batch_of_vectors():
  batch = rainbow_test.random_batch((toys.LENGTH, 1), np.float32, 2)
  return batch._replace(importance_weight=np.ones(8, np.float32))


@pytest.mark.parametrize('name', [n for n in WITH_TD if 'dqn' in n])
def test_lambda_zero_is_dopamines_update_of_dqn(name):
  agent, batch, rate = make_agent(name), batch_of_vectors(), 1e-3
  toys.set_another_target(agent)
  optimizer_state, params, loss = dopamine_update(agent, batch, rate)
  state, report = update(agent, batch, distill=0.0, learning_rate=rate)
  assert report.metrics['Loss/Total'] == pytest.approx(float(loss), rel=1e-5)
  # As in rainbow_test: far less than one of Adam's steps.
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-3 * rate),
    state.params,
    params,
  )
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5),
    state.optimizer_state[0].mu,
    optimizer_state[0].mu,
  )


@of_each([n for n in WITH_TD if 'rainbow' in n])
def test_lambda_zero_is_dopamines_update_of_rainbow(name):
  with jax.numpy_rank_promotion('allow'):
    agent = make_agent(
      name,
      num_actions=3,
      dqn=rainbow_test.PIXELS,
      rainbow={
        'network': dopamine_networks.FullRainbowNetwork,
        'noisy': False,
      },
    )
  batch = rainbow_test.random_batch((12, 12, 2), np.uint8, 3)
  rainbow_test.assert_same_update(agent, batch)


@of_each(['dagger_dqn', 'dagger_rainbow'])
def test_dagger_learns_from_its_teacher_alone(name):
  agent, batch = make_agent(name, rainbow={'noisy': False}), batch_of_vectors()
  weaned, report = update(agent, batch, distill=0.0)
  jax.tree.map(
    np.testing.assert_array_equal, weaned.params, agent.trainer.state.params
  )
  assert min(report.td_losses) > 0.0  # For priorities, and to be looked at.
  first, _ = update(agent, batch, distill=1.0)
  second, _ = update(
    agent, batch._replace(reward=batch.reward + 5.0), distill=1.0
  )
  jax.tree.map(np.testing.assert_array_equal, first.params, second.params)
  moved = jax.tree.map(
    lambda a, b: float(abs(a - b).max()),
    first.params,
    agent.trainer.state.params,
  )
  assert max(jax.tree.leaves(moved)) > 0.0


@of_each(toys.METHODS)
def test_nothing_is_compiled_anew_at_the_switch_nor_by_weaning(name):
  agent = make_agent(name, dqn={'min_replay_history': 10})
  pretrain(agent, calls=1)
  agent.trainer.finish_pretraining(
    resets_optimizer=agent.method.resets_optimizer
  )
  for score in (0.3, 1.2):
    play(agent, 30)
    agent.weaner.after_evaluation(score, agent.training_steps)
  pretrain(agent, calls=1)
  assert agent.trainer.online_updates > 0
  programs = (agent.trainer.update, agent.trainer.scanned_update)
  assert [program._cache_size() for program in programs] == [1, 1]
  toys.wean_to(agent, 0.7)
  with jax.no_tracing():
    play(agent, 30)


@of_each(toys.METHODS)
def test_only_the_optimiser_of_pretraining_begins_anew_at_the_switch(name):
  agent = make_agent(name)
  pretrain(agent, calls=1, updates=4)
  agent.trainer.finish_pretraining(
    resets_optimizer=agent.method.resets_optimizer
  )
  adam = agent.trainer.state.optimizer_state[0]
  is_new = 'pretrained' in name
  assert int(adam.count) == (0 if is_new else 4)
  largest = max(float(abs(x).max()) for x in jax.tree.leaves(adam.mu))
  assert (largest == 0.0) == is_new


@of_each(toys.METHODS)
def test_the_teacher_is_asked_where_its_logits_are_read(name):
  teacher = toys.ScriptedTeacher()
  agent = make_agent(name, dqn={'min_replay_history': 4}, teacher=teacher)
  play(agent, 30)
  assert agent.weaner.is_listening
  assert (teacher.num_states > 0) == ('pretrained' not in name)
  assert agent.trainer.needs_teacher_policy == ('pretrained' not in name)


@of_each(['pretrained_dqn', 'pretrained_rainbow'])
def test_pretraining_prefers_the_actions_in_the_data(name):
  agent = make_agent(
    name,
    rainbow={'noisy': False},
    student={'learning_rate': 1e-2, 'final_learning_rate': 1e-3},
  )
  store = teacher_data(agent)
  states = store.states(store.sample_keys((8,)))
  batch = batch_of_vectors()._replace(
    state=states,
    next_state=states,
    action=np.full(8, toys.RIGHT, np.int32),
    teacher_policy=np.zeros((8, 2), np.float32),
  )
  state = jax.tree.map(jnp.copy, agent.trainer.state)
  for _ in range(50):
    state, report = agent.trainer.update(state, batch, agent.weaner.weights)
  agent.trainer.state = state
  q_values = np.asarray(agent.q_values(states))
  assert (q_values[:, toys.RIGHT] > q_values[:, toys.LEFT] + 0.1).all()
  assert report.metrics['Loss/CQL'] < 0.3  # ln 2 is indifference.


def test_the_variants_of_the_margin_are_named():
  assert make_agent('dqfd_dqn', margin_type='max').terms[1].name == 'margin'
  with pytest.raises(UserError, match='choose one of mean, max'):
    make_agent('dqfd_dqn', margin_type='hinge')


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    (
      {'distill_latch': True, 'distill_recall_below': 0.5},
      'QDagger.distill_recall_below is 0.5, and QDagger.distill_latch',
    ),
    (
      {'distill_evaluations': 3, 'weaner': 'linear'},
      "QDagger.distill_evaluations is 3, and QDagger.weaner = 'linear'",
    ),
    (
      {'distill_recall_below': 0.5, 'weaner': 'linear'},
      "QDagger.distill_recall_below is 0.5, and QDagger.weaner = 'linear'",
    ),
  ],
)
def test_settings_that_contradict_each_other(settings, message):
  with pytest.raises(UserError, match=message):
    toys.make_agent(**settings)
