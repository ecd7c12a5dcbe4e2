"""The objective by hand, and against Dopamine's own update."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax import networks as dopamine_networks
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.learner import objective as objectives
from reincarnating_rl.learner import terms, value_function
from reincarnating_rl.learner import update as learning
from reincarnating_rl.learner.types import (
  Batch,
  CategoricalOutput,
  LearnerState,
  QOutput,
)
from reincarnating_rl.support.errors import UnknownNameError
from tests.learner.tables import (
  KEY,
  KEYS,
  PARAMS,
  TARGET_PARAMS,
  table_batch,
  table_objective,
  weights,
)


def test_loss_by_hand():
  objective = table_objective('mse', terms.distill(temperature=1.0))
  # Targets: 1 + 0.5 * 3 = 2.5 and -1; errors -2.5 and 3.
  # KL: 0.130812 for the first state, 0 for the second.
  loss, report = objective(
    PARAMS, TARGET_PARAMS, table_batch(), weights(distill=2.0), KEYS
  )
  metrics = report.metrics
  td, distill = (2.5**2 + 3.0**2) / 2, 0.130812 / 2
  assert metrics['Loss/TD'] == pytest.approx(td)
  assert metrics['Loss/Distill'] == pytest.approx(distill, abs=1e-6)
  assert loss == pytest.approx(td + 2.0 * distill, abs=1e-5)


def test_double_q_by_hand():
  params = jnp.array([[0.0, 0.0], [5.0, 2.0]])
  objective = table_objective('mse', double=True)
  # The online network picks action 0 of state 1, the target says 1.
  loss, _ = objective(params, TARGET_PARAMS, table_batch(), weights(), KEYS)
  assert loss == pytest.approx((1.5**2 + 6.0**2) / 2)


def test_importance_weights_scale_both_terms_of_each_example():
  objective = table_objective('mse', terms.distill(temperature=1.0))
  batch = table_batch(importance_weight=jnp.array([1.0, 0.25]))
  loss, report = objective(
    PARAMS, TARGET_PARAMS, batch, weights(distill=2.0), KEYS
  )
  # Errors 2.5 and 3; only the first state has a divergence, 0.130812.
  assert loss == pytest.approx(
    (2.5**2 + 0.25 * 3.0**2) / 2 + 2.0 * 0.130812 / 2, abs=1e-5
  )
  np.testing.assert_allclose(report.td_losses, [2.5**2, 3.0**2], rtol=1e-6)


def test_categorical_td_by_hand():
  atoms = jnp.array([-1.0, 0.0, 1.0])
  value = value_function.rainbow(2, atoms)

  def network(params, state, *, support, eval_mode, key):
    del eval_mode, key
    logits = params[state[0]]
    return CategoricalOutput(jax.nn.softmax(logits) @ support, logits)

  # In state 1 the target's action 1 is worth 1 and action 0 nothing.
  target_params = jnp.array(
    [[[0.0] * 3] * 2, [[0.0] * 3, [-50.0, -50.0, 50.0]]]
  )
  objective = objectives.make_objective(
    value, network, (terms.td(value.td_loss),)
  )
  batch = table_batch(
    reward=jnp.array([-0.25, 2.0]), discount=jnp.array([0.5, 0.0])
  )
  _, report = objective(
    jnp.zeros((2, 2, 3)), target_params, batch, weights(), KEYS
  )
  # The first target is 0.25: 3/4 on 0 and 1/4 on 1. The second is clipped to 1.
  # Against uniform predictions each costs log 3.
  np.testing.assert_allclose(report.td_losses, [np.log(3.0)] * 2, rtol=1e-5)
  params = (
    jnp.zeros((2, 2, 3)).at[0, 1].set(jnp.log(jnp.array([0.2, 0.3, 0.5])))
  )
  _, report = objective(params, target_params, batch, weights(), KEYS)
  assert report.td_losses[0] == pytest.approx(
    -0.75 * np.log(0.3) - 0.25 * np.log(0.5), rel=1e-5
  )


def test_a_next_state_may_be_asked_for_more():
  """Its own call, of the target's parameters, and of the selector's."""

  def next_call(network, params, state, key):
    return QOutput(10.0 * network(params, state).q_values)

  params = jnp.array([[0.0, 0.0], [5.0, 2.0]])
  for double, bootstrapped in ((False, 30.0), (True, 10.0)):
    objective = table_objective('mse', double=double, next=next_call)
    _, report = objective(params, TARGET_PARAMS, table_batch(), weights(), KEYS)
    np.testing.assert_allclose(
      report.td_losses, [(1.0 + 0.5 * bootstrapped) ** 2, 6.0**2], rtol=1e-6
    )


@pytest.mark.parametrize('key_per_state', [True, False])
def test_randomness_is_each_states_or_the_batchs(key_per_state):
  def noisy(network, params, state, key):
    return QOutput(
      network(params, state).q_values + jax.random.normal(key, (2,))
    )

  batch = table_batch(
    state=jnp.array([[0], [0]]),
    action=jnp.array([1, 1]),
    reward=jnp.zeros(2),
    discount=jnp.zeros(2),
  )
  objective = table_objective(
    'mse', online=noisy, next=noisy, key_per_state=key_per_state
  )
  _, report = objective(PARAMS, TARGET_PARAMS, batch, weights(), KEYS)
  keys = jax.random.split(KEY, 2) if key_per_state else [KEY] * 2
  noise = [jax.random.normal(key, (2,))[1] for key in keys]
  np.testing.assert_allclose(report.td_losses, np.square(noise), rtol=1e-6)


def test_a_term_may_draw_for_each_example():
  draw = terms.Term(
    name='noise',
    loss=lambda c: jax.random.uniform(c.key),
    metric='Loss/Noise',
  )
  batch = table_batch(importance_weight=jnp.array([1.0, 0.0]))
  objective = table_objective('mse', draw)
  _, first = objective(PARAMS, TARGET_PARAMS, batch, weights(noise=1.0), KEYS)
  batch = batch._replace(importance_weight=jnp.array([0.0, 1.0]))
  _, second = objective(PARAMS, TARGET_PARAMS, batch, weights(noise=1.0), KEYS)
  noise = [float(r.metrics['Loss/Noise']) for r in (first, second)]
  assert 0.0 < min(noise) and noise[0] != noise[1]


def test_q_statistics_are_values_of_each_state():
  # The official code took indices for values, and rows of the batch for
  # actions: it reported 1.0 and -0.5 here.
  statistics = objectives.q_statistics(
    jnp.array([[1.0, 5.0, 2.0], [7.75, 0.0, 3.5]])
  )
  assert statistics['Q/Max'] == pytest.approx(6.375)
  assert statistics['Q/ActionGap'] == pytest.approx(3.625)


@pytest.mark.parametrize('batch_size', [1, 3])
@pytest.mark.parametrize('num_actions', [1, 2])
def test_shapes_survive_a_single_example_and_a_single_action(
  batch_size, num_actions
):
  objective = table_objective('huber', terms.distill())
  batch = Batch(
    state=jnp.zeros((batch_size, 1), int),
    action=jnp.zeros(batch_size, int),
    reward=jnp.ones(batch_size),
    discount=jnp.zeros(batch_size),
    next_state=jnp.zeros((batch_size, 1), int),
    is_terminal=jnp.ones(batch_size, bool),
    teacher_policy=jnp.zeros((batch_size, num_actions)),
    importance_weight=jnp.ones(batch_size),
  )
  params = jnp.zeros((1, num_actions))
  loss, report = objective(params, params, batch, weights(distill=1.0), KEYS)
  assert loss == pytest.approx(0.5)
  assert report.metrics['Q/ActionGap'] == 0.0
  assert report.td_losses.shape == (batch_size,)


def test_an_unknown_loss_is_an_error():
  with pytest.raises(UnknownNameError, match='one of huber, mse'):
    table_objective('hubr')


@dataclasses.dataclass
class Case:
  network: object
  params: object
  target_params: object
  batch: Batch


@pytest.fixture(scope='module')
def image_case():
  network = dopamine_networks.NatureDQNNetwork(num_actions=4)
  rng = np.random.default_rng(0)

  def states():
    return rng.integers(0, 256, (8, 28, 28, 4), np.uint8)

  keys = jax.random.split(jax.random.PRNGKey(0))
  params, target_params = (
    network.init(k, jnp.zeros((28, 28, 4))) for k in keys
  )
  terminal = np.arange(8) % 3 == 0
  batch = Batch(
    state=states(),
    action=rng.integers(0, 4, 8).astype(np.int32),
    reward=rng.normal(size=8).astype(np.float32),
    discount=np.where(terminal, 0.0, 0.99**3).astype(np.float32),
    next_state=states(),
    is_terminal=terminal,
    teacher_policy=rng.normal(size=(8, 4)).astype(np.float32),
    importance_weight=np.ones(8, np.float32),
  )
  return Case(network, params, target_params, batch)


@pytest.mark.parametrize('loss_type', ['huber', 'mse'])
@pytest.mark.parametrize('with_teacher', [True, False])
def test_lambda_zero_is_dopamines_update(image_case, loss_type, with_teacher):
  case, lr = image_case, 1e-3
  optimizer = optax.adam(lr, eps=1.5e-4)
  expected_state, expected_params, expected_loss = dqn_agent.train(
    case.network,
    case.params,
    case.target_params,
    optimizer,
    optimizer.init(case.params),
    case.batch.state,
    case.batch.action,
    case.batch.next_state,
    case.batch.reward,
    case.batch.is_terminal.astype(np.float32),
    0.99**3,
    loss_type,
  )
  more = (terms.distill(),) if with_teacher else ()
  objective = table_objective(loss_type, *more, network=case.network.apply)
  unit = optax.adam(1.0, eps=1.5e-4)
  update = jax.jit(learning.make_update(objective, unit))
  state, report = update(
    LearnerState(case.params, case.target_params, unit.init(case.params), KEY),
    case.batch,
    weights(lr, distill=0.0) if with_teacher else weights(lr),
  )
  assert report.metrics['Loss/Total'] == pytest.approx(
    float(expected_loss), rel=1e-6
  )
  # Adam's first step is lr * g / (|g| + eps): the noise of two programs in g
  # moves a parameter by less than 1e-3 of a step.
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-3 * lr),
    state.params,
    expected_params,
  )
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6),
    state.optimizer_state[0].mu,
    expected_state[0].mu,
  )


def test_distillation_moves_the_student_towards_the_teacher(image_case):
  case = image_case
  objective = table_objective(
    'huber', terms.distill(temperature=1.0), network=case.network.apply
  )
  optimizer = optax.adam(1.0)
  update = jax.jit(learning.make_update(objective, optimizer))
  state = LearnerState(
    case.params, case.target_params, optimizer.init(case.params), KEY
  )
  losses = []
  for _ in range(12):
    state, report = update(
      state,
      case.batch,
      weights(3e-4, distill=3.0),
    )
    losses.append(float(report.metrics['Loss/Distill']))
  assert losses[-1] < 0.5 * losses[0]
