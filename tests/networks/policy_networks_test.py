"""The policy network against Dopamine 4.1.2's."""

import jax
import numpy as np

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.jax import networks as dopamine_networks

from reincarnating_rl.networks.policy_networks import NaturePolicyNetwork


def test_actor_and_critic_equal_dopamines():
  state = np.random.default_rng(0).integers(256, size=(36, 44, 4)).astype('u1')
  ours = NaturePolicyNetwork(num_actions=3)
  theirs = dopamine_networks.PPODiscreteActorCriticNetwork(action_shape=(3,))
  key = jax.random.key(1)
  with jax.numpy_rank_promotion('allow'):
    params = theirs.init(key, state, key)
  found = ours.init(key, state)
  assert jax.tree.structure(found) == jax.tree.structure(params)
  jax.tree.map(
    lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-7),
    found,
    params,
  )
  # The actor begins almost uniform; magnified, its preferences are seen.
  params['params']['_actor']['Dense_0']['kernel'] *= 100.0
  output = ours.apply(params, state)
  for action in range(3):
    with jax.numpy_rank_promotion('allow'):
      expected = theirs.apply(params, state, action=action, method=theirs.actor)
    np.testing.assert_allclose(
      jax.nn.log_softmax(output.logits)[action],
      expected.log_probability,
      rtol=1e-5,
    )
  assert np.ptp(output.logits) > 0.1
  expected = theirs.apply(params, state, method=theirs.critic).q_value
  np.testing.assert_allclose(output.value, expected[0], rtol=1e-5)
