"""Updates: equal alone and scanned, compiled once, targets synced in time."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from reincarnating_rl.learner import terms
from reincarnating_rl.learner import update as learning
from reincarnating_rl.learner.types import Batch, LearnerState, QOutput
from tests.learner.tables import table_objective, weights

NUM_STATES, NUM_ACTIONS = 5, 3
KEY = np.asarray(jax.random.PRNGKey(0))  # On the host: updates donate keys.


def linear(params, state):
  return QOutput(state.astype(jnp.float32) @ params['w'])


@pytest.fixture
def data():
  rng = np.random.default_rng(1)
  n = 40
  return Batch(
    state=rng.normal(size=(n, NUM_STATES)).astype(np.float32),
    action=rng.integers(0, NUM_ACTIONS, n).astype(np.int32),
    reward=rng.normal(size=n).astype(np.float32),
    discount=np.full(n, 0.9, np.float32),
    next_state=rng.normal(size=(n, NUM_STATES)).astype(np.float32),
    is_terminal=np.zeros(n, bool),
    teacher_policy=rng.normal(size=(n, NUM_ACTIONS)).astype(np.float32),
    importance_weight=np.ones(n, np.float32),
  )


@pytest.fixture
def learner():
  objective = table_objective('huber', terms.distill(), network=linear)
  optimizer = optax.adam(1.0)
  params = {'w': jnp.ones((NUM_STATES, NUM_ACTIONS))}
  target_params = {'w': jnp.full((NUM_STATES, NUM_ACTIONS), 0.5)}
  state = LearnerState(params, target_params, optimizer.init(params), KEY)
  return learning.make_update(objective, optimizer), state


def gather(data, rows):
  return jax.tree.map(lambda x: jnp.asarray(x)[rows], data)


def taught(distill=3.0, learning_rate=0.01):
  return weights(learning_rate, distill=distill)


def copied(state):
  return jax.tree.map(jnp.copy, state)


@pytest.mark.parametrize('count', [1, 6])
def test_a_scan_is_its_updates_one_by_one(data, learner, count):
  update, state = learner
  rows = np.random.default_rng(2).integers(0, 40, (count, 8))
  run = learning.make_scanned_update(update, gather)
  scanned, report = run(copied(state), data, rows, taught())
  losses, td_losses = [], []
  for row in rows:
    state, one = jax.jit(update)(state, gather(data, row), taught())
    losses.append(one.metrics['Loss/Total'])
    td_losses.append(one.td_losses)
  chex.assert_trees_all_close(scanned, state, rtol=1e-5)
  chex.assert_trees_all_close(report.td_losses, np.stack(td_losses), rtol=1e-5)
  assert report.metrics['Loss/Total'] == pytest.approx(
    np.mean(losses), rel=1e-5
  )


def test_one_program_serves_every_weight_and_discount(data, learner):
  update, state = learner
  traced = learning.jit_update(chex.assert_max_traces(update, n=1))
  batch = gather(data, np.arange(8))
  for distill, rate, gamma in ((3.0, 1e-4, 0.9), (0.7, 5e-5, 0.5), (0.0, 0, 0)):
    discount = np.full(8, gamma, np.float32)
    state, _ = traced(
      state,
      batch._replace(discount=discount),
      taught(distill, rate),
    )


def test_the_jitted_update_takes_over_the_states_memory(data, learner):
  update, state = learner
  state = copied(state)
  learning.jit_update(update)(state, gather(data, np.arange(8)), taught())
  assert state.params['w'].is_deleted()
  assert state.target_params['w'].is_deleted()


def test_the_learning_rate_scales_the_step_exactly(data, learner):
  update, state = learner
  batch = gather(data, np.arange(8))

  def step(rate):
    given = taught(learning_rate=rate)
    return update(state, batch, given)[0].params['w'] - 1.0

  np.testing.assert_allclose(2 * step(0.25), step(0.5), rtol=1e-6)


def test_weight_decay_sees_the_parameters(data):
  # The official code called the optimiser without them.
  objective = table_objective(network=linear)
  params = {'w': jnp.ones((NUM_STATES, NUM_ACTIONS))}
  after = {}
  for decay in (0.0, 0.5):
    optimizer = optax.adamw(1.0, weight_decay=decay)
    update = learning.make_update(objective, optimizer)
    state, _ = update(
      LearnerState(params, params, optimizer.init(params), KEY),
      gather(data, np.arange(8)),
      weights(0.01),
    )
    after[decay] = state.params['w']
  np.testing.assert_allclose(after[0.0] - after[0.5], 0.01 * 0.5, rtol=1e-4)
