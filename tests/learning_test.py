"""Updates: equal alone and scanned, compiled once, targets synced in time."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from reincarnating_rl import learning, objectives
from reincarnating_rl.types import Batch, Coefficients, LearnerState

NUM_STATES, NUM_ACTIONS = 5, 3


def q_function(params, state):
  return state.astype(jnp.float32) @ params['w']


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
    teacher_logits=rng.normal(size=(n, NUM_ACTIONS)).astype(np.float32),
  )


@pytest.fixture
def learner():
  objective = objectives.q_objective(
    q_function, distill=objectives.Distillation()
  )
  optimizer = optax.adam(1.0)
  params = {'w': jnp.ones((NUM_STATES, NUM_ACTIONS))}
  state = LearnerState(params, params, optimizer.init(params))
  return learning.make_update(objective, optimizer), state


def gather(data, rows):
  return jax.tree.map(lambda x: jnp.asarray(x)[rows], data)


def coefficients(distill=3.0, learning_rate=0.01):
  return Coefficients(np.float32(distill), np.float32(learning_rate))


def plan(first=0, period=4):
  return learning.ScanPlan(np.int32(first), np.int32(period))


def test_a_scan_is_its_updates_one_by_one(data, learner):
  update, state = learner
  rows = np.random.default_rng(2).integers(0, 40, (6, 8))
  run = learning.make_scanned_update(update, gather)
  scanned, metrics = run(state, data, rows, coefficients(), plan())

  losses = []
  for done, row in enumerate(rows, start=1):
    state, one = jax.jit(update)(state, gather(data, row), coefficients())
    losses.append(one['Loss/Total'])
    if done % 4 == 0:
      state = state._replace(target_params=state.params)
  chex.assert_trees_all_close(scanned, state, rtol=1e-5)
  assert metrics['Loss/Total'] == pytest.approx(np.mean(losses), rel=1e-5)


def test_targets_are_synced_by_updates_done_not_by_calls(data, learner):
  update, state = learner
  run = learning.make_scanned_update(update, gather)
  rows = np.zeros((3, 8), int)
  first, _ = run(state, data, rows, coefficients(), plan(first=0))
  chex.assert_trees_all_equal(first.target_params, state.params)
  second, _ = run(first, data, rows[:1], coefficients(), plan(first=3))
  chex.assert_trees_all_equal(second.target_params, second.params)


def test_one_program_serves_every_coefficient_and_discount(data, learner):
  update, state = learner
  traced = jax.jit(chex.assert_max_traces(update, n=1))
  batch = gather(data, np.arange(8))
  for distill, rate, gamma in (
    (3.0, 1e-4, 0.9),
    (0.7, 5e-5, 0.5),
    (0.0, 1e-5, 0.0),
  ):
    discount = np.full(8, gamma, np.float32)
    state, _ = traced(
      state, batch._replace(discount=discount), coefficients(distill, rate)
    )


def test_the_learning_rate_scales_the_step_exactly(data, learner):
  update, state = learner
  batch = gather(data, np.arange(8))
  moved = {
    rate: update(state, batch, coefficients(learning_rate=rate))[0].params['w']
    - state.params['w']
    for rate in (0.25, 0.5)
  }
  np.testing.assert_allclose(2 * moved[0.25], moved[0.5], rtol=1e-6)


def test_weight_decay_sees_the_parameters(data):
  # The official code called the optimiser without them.
  objective = objectives.q_objective(q_function)
  optimizer = optax.adamw(1.0, weight_decay=0.5)
  params = {'w': jnp.ones((NUM_STATES, NUM_ACTIONS))}
  state = LearnerState(params, params, optimizer.init(params))
  update = learning.make_update(objective, optimizer)
  decayed, _ = update(state, gather(data, np.arange(8)), coefficients())
  plain = optax.adamw(1.0, weight_decay=0.0)
  kept, _ = learning.make_update(objective, plain)(
    state._replace(optimizer_state=plain.init(params)),
    gather(data, np.arange(8)),
    coefficients(),
  )
  np.testing.assert_allclose(
    kept.params['w'] - decayed.params['w'], 0.01 * 0.5, rtol=1e-4
  )
