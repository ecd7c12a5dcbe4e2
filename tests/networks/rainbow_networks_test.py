"""Rainbow's networks against Dopamine 4.1.2's, and by hand numbers."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import traverse_util

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.jax import networks as dopamine_networks

from reincarnating_rl.learner.types import CategoricalOutput, QOutput
from reincarnating_rl.networks import mlp_networks, rainbow_networks
from reincarnating_rl.networks.q_networks import (
  CompactDQNNetwork,
  ImpalaDQNNetwork,
)

_STATE = np.random.default_rng(0).integers(256, size=(28, 28, 4)).astype('u1')
_SUPPORT = jnp.linspace(-10.0, 10.0, 5)
_PARTS = [
  pytest.param(*on, marks=[] if len(set(on)) == 1 else pytest.mark.soak)
  for on in itertools.product([True, False], repeat=3)
]


def _paths(params):
  flat = traverse_util.flatten_dict(params['params'], sep='/')
  return {path: leaf.shape for path, leaf in flat.items()}


def _compare(ours, theirs, state, **arguments):
  """Compares trees, initial values and outputs; returns ours."""
  key = jax.random.key(3)
  params = ours.init(key, state, _SUPPORT)
  with jax.numpy_rank_promotion('allow'):
    expected_params = theirs.init(key, state, _SUPPORT)
    expected = theirs.apply(expected_params, state, _SUPPORT, **arguments)
  assert jax.tree.structure(params) == jax.tree.structure(expected_params)
  jax.tree.map(
    lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-6),
    params,
    expected_params,
  )
  output = ours.apply(expected_params, state, _SUPPORT, **arguments)
  for field in output._fields:
    np.testing.assert_allclose(
      getattr(output, field), getattr(expected, field), rtol=1e-5, atol=1e-6
    )
  return output


@pytest.mark.parametrize(('noisy', 'dueling', 'distributional'), _PARTS)
@pytest.mark.parametrize('eval_mode', [True, False])
def test_nature_equals_dopamine(noisy, dueling, distributional, eval_mode):
  """The same noise from the same key, too."""
  settings = {
    'num_actions': 3,
    'num_atoms': 5,
    'noisy': noisy,
    'dueling': dueling,
    'distributional': distributional,
  }
  output = _compare(
    rainbow_networks.NatureRainbowNetwork(**settings),
    dopamine_networks.FullRainbowNetwork(**settings),
    _STATE,
    eval_mode=eval_mode,
    key=jax.random.PRNGKey(8),
  )
  assert isinstance(output, CategoricalOutput if distributional else QOutput)
  assert output.q_values.shape == (3,)


def test_dopamines_plain_rainbow_has_the_same_tree():
  """That of `JaxRainbowAgent`; other initial values, the same function."""
  theirs = dopamine_networks.RainbowNetwork(num_actions=3, num_atoms=5)
  ours = rainbow_networks.NatureRainbowNetwork(
    num_actions=3, num_atoms=5, noisy=False, dueling=False
  )
  with jax.numpy_rank_promotion('allow'):
    params = theirs.init(jax.random.key(0), _STATE, _SUPPORT)
    expected = theirs.apply(params, _STATE, _SUPPORT)
  assert _paths(params) == _paths(
    ours.init(jax.random.key(0), _STATE, _SUPPORT)
  )
  output = ours.apply(params, _STATE, _SUPPORT)
  np.testing.assert_array_equal(output.logits, expected.logits)
  np.testing.assert_array_equal(output.q_values, expected.q_values)


def test_plain_mlp_equals_dopamines_of_classic_control():
  ranges = {'min_vals': (-1.0, -2.0, 0.0), 'max_vals': (1.0, 2.0, 8.0)}
  settings = {'num_actions': 2, 'num_atoms': 5, 'hidden_units': 8} | ranges
  _compare(
    mlp_networks.MLPRainbowNetwork(noisy=False, dueling=False, **settings),
    dopamine_networks.ClassicControlRainbowNetwork(**settings),
    np.array([[0.5], [-1.0], [3.0]]),
  )


def test_impala_is_the_encoder_and_the_same_head():
  """Parameters of the parts, each known to be Dopamine's, make the whole."""
  network = rainbow_networks.ImpalaRainbowNetwork(3, num_atoms=5, width_scale=2)
  nature = rainbow_networks.NatureRainbowNetwork(3, num_atoms=5)
  impala = ImpalaDQNNetwork(3, width_scale=2)
  key = jax.random.key(0)
  shapes = _paths(jax.eval_shape(network.init, key, _STATE, _SUPPORT))
  head = _paths(jax.eval_shape(nature.init, key, _STATE, _SUPPORT))
  encoder = _paths(jax.eval_shape(impala.init, key, _STATE))
  expected = {k: v for k, v in encoder.items() if k.startswith('encoder/')}
  expected |= {k: v for k, v in head.items() if k.startswith('NoisyNetwork_')}
  for name in ('kernel_mu', 'kernel_sigma'):
    expected[f'NoisyNetwork_0/{name}'] = (4 * 4 * 64, 512)
  assert shapes == expected


def test_the_compact_network_has_the_first_dqns_convolutions():
  state = np.zeros((84, 84, 4), np.uint8)
  settings = {'num_atoms': 5, 'noisy': False, 'dueling': False}
  rainbow = rainbow_networks.CompactRainbowNetwork(3, **settings)
  dqn = CompactDQNNetwork(3)
  key = jax.random.key(0)
  ours = _paths(jax.eval_shape(rainbow.init, key, state, _SUPPORT))
  first = _paths(jax.eval_shape(dqn.init, key, state))
  assert {k: v for k, v in ours.items() if k.startswith('Conv_')} == {
    k: v for k, v in first.items() if k.startswith('Conv_')
  }
  sizes = sorted(v for k, v in ours.items() if not k.startswith('Conv_'))
  assert sizes == sorted([(2592, 256), (256,), (256, 3 * 5), (3 * 5,)])


def _linear(**settings):
  """An MLP without hidden layers, of one input, two actions, two atoms."""
  network = mlp_networks.MLPRainbowNetwork(
    num_actions=2, num_atoms=2, num_layers=0, **settings
  )
  return network, jnp.array([2.0])


def _layer(*kernel):
  return {'kernel': jnp.array([kernel]), 'bias': jnp.zeros(len(kernel))}


def test_dueling_and_distribution_by_hand():
  network, state = _linear(noisy=False)
  layers = {
    'final_layer': _layer(0.0, 1.0, 2.0, 1.0),
    'value_layer': _layer(0.0, 0.5 * np.log(3.0)),
  }
  output = network.apply({'params': layers}, state, jnp.array([-1.0, 3.0]))
  # Advantages (0, 2), (4, 2) less their means (2, 2), plus (0, log 3).
  logits = np.array([[-2.0, np.log(3.0)], [2.0, np.log(3.0)]])
  np.testing.assert_allclose(output.logits, logits, rtol=1e-6)
  low = np.exp([-2.0, 2.0])
  expected = (-low + 3.0 * 3.0) / (low + 3.0)
  np.testing.assert_allclose(output.q_values, expected, rtol=1e-6)


def test_without_distribution_atoms_add_up():
  network, state = _linear(noisy=False, dueling=False, distributional=False)
  params = {'params': {'final_layer': _layer(1.0, 2.0, -1.0, 0.5)}}
  output = network.apply(params, state, None)
  np.testing.assert_allclose(output.q_values, [6.0, -1.0])


def test_noise_needs_a_key_unless_it_is_off():
  network, state = _linear(distributional=False)
  params = network.init(jax.random.key(0), state, _SUPPORT)
  with pytest.raises(ValueError, match='needs a key, except in eval_mode'):
    network.apply(params, state, _SUPPORT)
  quiet = network.apply(params, state, _SUPPORT, eval_mode=True).q_values
  keys = jax.random.split(jax.random.key(1), 2)
  noisy = [
    network.apply(params, state, _SUPPORT, key=key).q_values for key in keys
  ]
  assert np.all(noisy[0] != quiet) and np.all(noisy[0] != noisy[1])
  off = network.apply(params, state, _SUPPORT, eval_mode=True, key=keys[0])
  np.testing.assert_array_equal(off.q_values, quiet)


def test_half_a_range_is_an_error():
  network, state = _linear(min_vals=(0.0,))
  with pytest.raises(ValueError, match='both min_vals and max_vals'):
    network.init(jax.random.key(0), state, _SUPPORT)
