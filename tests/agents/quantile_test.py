"""The quantile students: their updates against Dopamine's, acting, settings."""

from typing import NamedTuple

import chex
import gin
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.discrete_domains import atari_lib
from dopamine.jax import networks as dopamine_networks
from dopamine.jax.agents.dqn import dqn_agent
from dopamine.jax.agents.implicit_quantile import implicit_quantile_agent
from dopamine.jax.agents.quantile import quantile_agent

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.network_fit import UnfitNetworkError
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import UpdateKeys
from reincarnating_rl.networks import minatar_networks, quantile_networks
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.teachers import factory, native_checkpoint
from tests import toys
from tests.agents.rainbow_test import PIXELS, random_batch

HEADS = ('quantile', 'implicit_quantile')
NAMES = {
  'quantile': 'JaxQuantileAgent',
  'implicit_quantile': 'JaxImplicitQuantileAgent',
}
NETWORKS = {
  'quantile': quantile_networks.QuantileNetwork,
  'implicit_quantile': quantile_networks.ImplicitQuantileNetwork,
}
LEARNING_RATE = np.float32(1e-3)


def make_agent(head, settings=(), **more):
  kind = toys.ALL_KINDS[head]
  return toys.make_agent(kind=kind, **{head: dict(settings)}, **more)


def make_bare_agent(head, settings=(), **more):
  """A student without parameters, which take time to draw."""

  class Bare(toys.ALL_KINDS[head]):
    def _build_networks_and_optimizer(self):
      pass

  return toys.make_agent(kind=Bare, **{head: dict(settings)}, **more)


class LikeDopamines(NamedTuple):
  """A network of ours with the calls and the outputs of Dopamine's."""

  network: object

  def apply(self, params, x, num_quantiles=None, rng=None):
    if rng is None:
      output = self.network.apply(params, x)
      return atari_lib.RainbowNetworkType(
        output.q_values, output.quantiles, probabilities=None
      )
    fractions = jax.random.uniform(rng, (num_quantiles, 1))
    output = self.network.apply(params, x, fractions[:, 0])
    return atari_lib.ImplicitQuantileNetworkType(output.quantiles.T, fractions)


def dopamine_update(head, agent, batch):
  """Dopamine's own: optimiser's state, parameters, loss, and our keys."""
  optimizer = dqn_agent.create_optimizer('adam', learning_rate=LEARNING_RATE)
  common = (
    LikeDopamines(agent.network_def),
    agent.trainer.state.params,
    agent.trainer.state.target_params,
    optimizer,
    optimizer.init(agent.trainer.state.params),
    batch.state,
    batch.action,
    batch.next_state,
    batch.reward,
    batch.is_terminal,
  )
  key = jax.random.PRNGKey(11)
  with jax.numpy_rank_promotion('allow'):
    if head == 'quantile':
      state, params, _, loss = quantile_agent.train(
        *common, agent._kappa, agent._num_atoms, 0.99**3
      )
      return state, params, loss, UpdateKeys(key, key)
    _, state, params, loss = implicit_quantile_agent.train(
      *common,
      agent.num_tau_samples,
      agent.num_tau_prime_samples,
      agent.num_quantile_samples,
      0.99**3,
      agent.double_dqn,
      agent.kappa,
      key,
    )
  # It splits its key in another order than our update does.
  rest, target_key = jax.random.split(key)
  return state, params, loss, UpdateKeys(jax.random.split(rest)[1], target_key)


def make_gradient(agent, batch, keys):
  """Returns `lambda -> (gradient, report)` of the student, one program."""
  gradient = jax.jit(jax.grad(agent.learner.objective, has_aux=True))

  def of(coefficient):
    return gradient(
      agent.trainer.state.params,
      agent.trainer.state.target_params,
      batch,
      toys.weights_of(agent, coefficient, LEARNING_RATE),
      keys,
    )

  return of


@pytest.mark.parametrize(
  ('head', 'settings'),
  [
    ('quantile', {}),
    ('implicit_quantile', {'double_dqn': True}),
    pytest.param(
      *('implicit_quantile', {'double_dqn': False}), marks=pytest.mark.soak
    ),
  ],
)
def test_the_update_is_dopamines_and_lambda_times_the_divergence(
  head, settings
):
  agent = make_agent(head, {'kappa': 0.1, **settings}, distill_temperature=0.5)
  double = settings.get('double_dqn', False)
  assert agent.value.double == double
  # The target is another network than the online one.
  toys.set_another_target(agent)
  batch = random_batch((toys.LENGTH, 1), np.float32, 2)
  batch = batch._replace(importance_weight=np.ones(8, np.float32))
  expected = dopamine_update(head, agent, batch)
  expected_state, expected_params, expected_loss, keys = expected
  gradient_of = make_gradient(agent, batch, keys)
  gradient, report = gradient_of(0.0)
  np.testing.assert_allclose(
    report.metrics['Loss/Total'], expected_loss, rtol=1e-5
  )
  steps, state = agent.learner.optimizer.update(
    gradient, agent.trainer.state.optimizer_state
  )
  # Adam's first step is lr * g / (|g| + eps): the noise of two programs in g
  # moves a parameter by less than 1e-3 of a step.
  chex.assert_trees_all_close(
    jax.tree.map(
      lambda x, u: x + LEARNING_RATE * u, agent.trainer.state.params, steps
    ),
    expected_params,
    rtol=1e-5,
    atol=1e-3 * LEARNING_RATE,
  )
  chex.assert_trees_all_close(
    state[0].mu, expected_state[0].mu, rtol=2e-3, atol=1e-6
  )

  # What is added is of the Q-values of the same forward pass.
  def online(state, key):
    return agent.value.online(
      agent.network_def.apply, agent.trainer.state.params, state, key
    )

  output = jax.jit(jax.vmap(online))(
    batch.state, jax.random.split(keys.online, 8)
  )
  teacher = log_softmax(batch.teacher_policy)
  student = log_softmax(np.asarray(output.q_values) / 0.5)
  divergence = np.mean(np.sum(np.exp(teacher) * (teacher - student), axis=1))
  assert divergence > 0.01
  np.testing.assert_allclose(
    gradient_of(2.0)[1].metrics['Loss/Total'],
    expected_loss + 2.0 * divergence,
    rtol=1e-5,
  )


def log_softmax(x):
  return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


def test_implicit_quantiles_act_by_fractions_drawn_anew():
  agent = make_agent('implicit_quantile', {'num_quantile_samples': 2})
  states = np.ones((64, toys.LENGTH, 1), np.float32)
  keys = np.random.default_rng(0).integers(2**32, size=(64, 2), dtype=np.uint32)
  values = np.asarray(agent.q_values(states, keys))
  assert len(np.unique(values[:, 0])) == 64
  np.testing.assert_array_equal(values, agent.q_values(states, keys))
  fractions = jax.random.uniform(keys[5], (2,))
  expected = agent.network_def.apply(
    agent.trainer.state.params, states[5], fractions
  ).quantiles
  np.testing.assert_allclose(values[5], expected.mean(axis=1), rtol=1e-5)
  for eval_mode in (False, True):
    output = agent.learner.output(
      agent.trainer.state.params, states[5], keys[5], eval_mode
    )
    np.testing.assert_allclose(output.q_values, values[5], rtol=1e-5)
  assert agent._q_batch._cache_size() == 1


@pytest.mark.parametrize('head', HEADS)
def test_the_replay_is_the_one_that_was_asked_for(head):
  # Dopamine's agents of both kinds take the setting and do not heed it.
  for scheme, store in (
    ('uniform', FrameStore),
    ('prioritized', PrioritizedFrameStore),
  ):
    agent = make_bare_agent(head, {'replay_scheme': scheme})
    assert type(agent._replay) is store


@pytest.mark.parametrize('head', HEADS)
def test_settings_of_dqn_reach_it_unless_it_has_its_own(head):
  agent = make_bare_agent(
    head, {'gamma': 0.5}, dqn={'gamma': 0.9, 'stack_size': 2}
  )
  # Dopamine's default would hide what gin has for every student.
  assert (agent.gamma, agent.stack_size, agent.update_horizon) == (0.5, 2, 2)
  read = gin.operative_config_str()
  assert 'JaxDQNAgent.stack_size = 2' in read
  assert f'{NAMES[head]}.stack_size' not in read
  assert f'{NAMES[head]}.gamma = 0.5' in read
  assert 'JaxDQNAgent.gamma' not in read


@pytest.mark.parametrize('head', HEADS)
def test_without_a_network_it_has_dopamines_parameters(head):
  agent = make_bare_agent(head)
  assert type(agent.network_def) is toys.TINY_NETWORKS[head]
  gin.clear_config()
  agent = type(agent)(3, seed=0)
  assert type(agent.network_def) is NETWORKS[head]


@pytest.mark.parametrize('head', HEADS)
def test_dopamines_own_network_is_refused_in_one_line(head):
  # Its outputs have other names, and its fractions are drawn within it.
  name = NETWORKS[head].__name__
  network = getattr(dopamine_networks, name)
  with (
    jax.numpy_rank_promotion('allow'),
    pytest.raises(UnfitNetworkError, match=name),
  ):
    make_agent(head, {'network': network}, dqn=PIXELS)


@pytest.mark.parametrize(
  'head',
  ['quantile', pytest.param('implicit_quantile', marks=pytest.mark.soak)],
)
def test_a_student_can_be_the_next_teacher(head, tmp_path):
  network = {
    'quantile': minatar_networks.MinAtarQuantileNetwork,
    'implicit_quantile': minatar_networks.MinAtarImplicitQuantileNetwork,
  }[head]
  shape = {'observation_shape': (10, 10, 2), 'observation_dtype': np.uint8}
  agent = make_agent(head, {'network': network}, num_actions=3, dqn=shape)
  manifest = {'network': snapshot.description(agent)._asdict()}
  native_checkpoint.write(tmp_path, 1, agent.trainer.state.params, manifest)
  teacher = factory.create_teacher(
    'auto',
    tmp_path,
    actions=Discrete(3),
    observation_shape=(10, 10, 2),
    stack_size=1,
    temperature=0.5,
  )
  assert teacher.lineage['agent'] == head
  rng = np.random.default_rng(0)
  states = rng.integers(2, size=(5, 10, 10, 2, 1)).astype(np.uint8)
  fractions = (jnp.arange(64) + 0.5) / 64
  arguments = () if head == 'quantile' else (fractions,)
  values = [
    agent.network_def.apply(
      agent.trainer.state.params, state, *arguments
    ).q_values
    for state in states
  ]
  np.testing.assert_allclose(
    teacher.policy_logits(states), np.stack(values) / 0.5, rtol=1e-4, atol=1e-5
  )
