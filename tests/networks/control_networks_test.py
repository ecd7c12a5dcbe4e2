"""Actors and critics: shapes, and what SimBa computes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax import continuous_networks

from reincarnating_rl.networks.control_networks import (
  LayerNormActorCriticNetwork,
  MLPActorCriticNetwork,
  SimbaActorCriticNetwork,
)

KEY, STATE = jax.random.PRNGKey(1), np.float32([[1.0], [-2.0], [0.5]])


def test_plain_layers_have_the_parameters_of_dopamines_sac():
  network = MLPActorCriticNetwork(num_actions=2, num_layers=1, hidden_units=4)
  theirs = continuous_networks.ActorCriticNetwork(
    (2,), 1, 4, ((-1.0, -1.0), (1.0, 1.0))
  )
  jax.tree.map(
    np.testing.assert_array_equal,
    network.init(KEY, STATE),
    theirs.init(KEY, STATE, KEY),
  )


@pytest.mark.parametrize(
  'module',
  [MLPActorCriticNetwork, LayerNormActorCriticNetwork, SimbaActorCriticNetwork],
)
def test_what_they_return_is_the_students_choice(module):
  network = module(
    num_actions=2,
    policy='deterministic',
    num_critics=3,
    num_atoms=5,
    num_layers=1,
    hidden_units=4,
    actor_layers=2,
    actor_units=3,
  )
  params = network.init(KEY, STATE)
  assert params['params'].keys() == {'_actor', *(f'_critic{i}' for i in '123')}
  action = network.apply(params, STATE, method='actor')
  assert action.shape == (2,) and np.abs(action).max() < 1.0
  asked = network.apply(params, STATE).parameters
  np.testing.assert_array_equal(asked, action)
  assert network.apply(params, STATE, action, method='critic').shape == (3, 5)
  first = {n: p['Dense_0']['kernel'] for n, p in params['params'].items()}
  assert first['_actor'].shape == (3, 3)  # It has a size of its own.
  assert first['_critic3'].shape == (5, 4)


def test_simba_adds_blocks_between_norms():
  network = SimbaActorCriticNetwork(
    num_actions=1, policy='deterministic', num_layers=1, hidden_units=2
  )
  tower = network.init(KEY, STATE)['params']['_actor']

  def dense(name, x):
    return x @ tower[name]['kernel'] + tower[name]['bias']

  def norm(x):
    return (x - x.mean()) / jnp.sqrt(x.var() + 1e-6)

  x = dense('Dense_0', STATE[:, 0])
  x = x + dense('Dense_2', jax.nn.relu(dense('Dense_1', norm(x))))
  expected = jnp.tanh(dense('Dense_3', norm(x)))
  found = network.apply({'params': {'_actor': tower}}, STATE, method='actor')
  np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_blocks_of_simba_begin_as_the_papers():
  network = SimbaActorCriticNetwork(
    num_actions=1, num_layers=1, hidden_units=64
  )
  tower = network.init(KEY, STATE)['params']['_actor']
  for name, inputs in (('Dense_1', 64), ('Dense_2', 256)):
    spread = float(tower[name]['kernel'].std())
    assert spread == pytest.approx((2.0 / inputs) ** 0.5, rel=0.05)
