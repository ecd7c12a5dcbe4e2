"""Q-networks against those of Dopamine 4.1.2, from which checkpoints come."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.jax import networks as dopamine_networks

from reincarnating_rl.learner.types import QOutput
from reincarnating_rl.networks import torsos
from reincarnating_rl.networks.mlp_networks import MLPDQNNetwork
from reincarnating_rl.networks.q_networks import (
  CompactDQNNetwork,
  ImpalaDQNNetwork,
  NatureDQNNetwork,
  PatchDQNNetwork,
)

_RANGE = {'min_vals': (-1.0, -2.0, 0.0), 'max_vals': (1.0, 2.0, 8.0)}
_THEIR_FIELDS = {'width_scale': 'nn_scale'}
_WIDER = {'num_actions': 3, 'inputs_preprocessed': True, 'width_scale': 2}
_CASES = {
  'nature': (NatureDQNNetwork, 'NatureDQNNetwork', {'num_actions': 6}),
  'nature_preprocessed': (
    NatureDQNNetwork,
    'NatureDQNNetwork',
    {'num_actions': 3, 'inputs_preprocessed': True},
  ),
  'impala': (ImpalaDQNNetwork, 'ImpalaDQNNetwork', {'num_actions': 6}),
  'impala_preprocessed': (ImpalaDQNNetwork, 'ImpalaDQNNetwork', _WIDER),
  'mlp': (MLPDQNNetwork, 'ClassicControlDQNNetwork', {'num_actions': 2}),
  'mlp_small': (
    MLPDQNNetwork,
    'ClassicControlDQNNetwork',
    {'num_actions': 2, 'num_layers': 1, 'hidden_units': 8} | _RANGE,
  ),
  'mlp_preprocessed': (
    MLPDQNNetwork,
    'ClassicControlDQNNetwork',
    {'num_actions': 2, 'num_layers': 3, 'hidden_units': 4}
    | {'inputs_preprocessed': True}
    | _RANGE,
  ),
}


def _state(name):
  rng = np.random.default_rng(0)
  if name in ('nature', 'impala'):
    return rng.integers(256, size=(28, 28, 4), dtype=np.uint8)
  if name in ('nature_preprocessed', 'impala_preprocessed'):
    return rng.random((28, 28, 4), np.float32)
  shape = (3,) if name == 'mlp_preprocessed' else (3, 1)
  return rng.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize('name', _CASES)
def test_equals_dopamine_bit_for_bit(name):
  """Same initial parameters from the same key, same values from the same."""
  ours_class, theirs_name, settings = _CASES[name]
  ours = ours_class(**settings)
  theirs = getattr(dopamine_networks, theirs_name)(
    **{_THEIR_FIELDS.get(k, k): v for k, v in settings.items()}
  )
  state, key = _state(name), jax.random.key(3)
  params, expected = ours.init(key, state), theirs.init(key, state)

  assert jax.tree.structure(params) == jax.tree.structure(expected)
  jax.tree.map(np.testing.assert_array_equal, params, expected)
  output = ours.apply(params, state)
  assert isinstance(output, QOutput)
  assert output.q_values.shape == (settings['num_actions'],)
  np.testing.assert_array_equal(
    output.q_values, theirs.apply(params, state).q_values
  )


def test_one_action_and_a_batch_of_one_keep_their_dimensions():
  """The official code squeezed both away."""
  network = NatureDQNNetwork(num_actions=1)
  states = jnp.zeros((1, 28, 28, 4), jnp.uint8)
  params = network.init(jax.random.key(0), states[0])
  output = jax.vmap(lambda s: network.apply(params, s))(states)
  assert output.q_values.shape == (1, 1)


def test_half_a_range_is_an_error():
  network = MLPDQNNetwork(num_actions=2, min_vals=(0.0,))
  with pytest.raises(ValueError, match='both min_vals and max_vals'):
    network.init(jax.random.key(0), jnp.zeros((1, 1)))


def test_the_compact_network_has_the_layers_of_mnih_et_al_2013():
  network = CompactDQNNetwork(num_actions=6)
  state = jax.ShapeDtypeStruct((84, 84, 4), np.uint8)
  params = jax.eval_shape(network.init, jax.random.PRNGKey(0), state)['params']
  assert {name: layer['kernel'].shape for name, layer in params.items()} == {
    'Conv_0': (8, 8, 4, 16),
    'Conv_1': (4, 4, 16, 32),
    'Dense_0': (9 * 9 * 32, 256),
    'Dense_1': (256, 6),
  }


def test_each_pixel_is_in_one_patch():
  network = PatchDQNNetwork(num_actions=6)
  state = np.random.default_rng(0).integers(0, 255, (84, 84, 4), np.uint8)
  params = network.init(jax.random.PRNGKey(0), state)
  assert {n: v['kernel'].shape for n, v in params['params'].items()} == {
    'Conv_0': (7, 7, 4, 32),
    'Conv_1': (3, 3, 32, 32),
    'Dense_0': (5 * 5 * 32, 256),
    'Dense_1': (256, 6),
  }
  image = np.asarray(torsos.as_image(torsos.preprocess_pixels(state)))
  first = jax.tree.map(np.asarray, params['params']['Conv_0'])
  patches = image.reshape(12, 7, 12, 7, 4).transpose(0, 2, 1, 3, 4)
  expected = np.tensordot(patches, first['kernel'], 3) + first['bias']
  _, seen = network.apply(params, state, capture_intermediates=True)
  np.testing.assert_allclose(
    seen['intermediates']['Conv_0']['__call__'][0], expected, atol=1e-5
  )


def test_the_compact_network_scales_pixels_itself_unless_told():
  state = _state('nature')
  params = CompactDQNNetwork(6).init(jax.random.PRNGKey(0), state)
  scaled = CompactDQNNetwork(6, inputs_preprocessed=True)
  np.testing.assert_allclose(
    CompactDQNNetwork(6).apply(params, state).q_values,
    scaled.apply(params, state.astype(np.float32) / 255.0).q_values,
    rtol=1e-6,
  )
