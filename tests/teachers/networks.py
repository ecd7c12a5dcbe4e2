"""Teachers that no manifest describes, as Dopamine's are."""

import jax
import numpy as np

from reincarnating_rl.networks.q_networks import NatureDQNNetwork
from reincarnating_rl.teachers import native_checkpoint


def random_params(network, state_shape=(84, 84, 4), **inputs):
  """Makes parameters in a moment, where initial ones are not the point."""
  tree = jax.eval_shape(
    lambda key, state: network.init(key, state, **inputs),
    jax.random.key(0),
    jax.ShapeDtypeStruct(state_shape, np.uint8),
  )
  rng = np.random.default_rng(0)
  return jax.tree.map(
    lambda leaf: rng.uniform(-0.05, 0.05, leaf.shape).astype(leaf.dtype), tree
  )


def write_nature(directory, num_actions=6):
  """Writes an untrained Nature DQN for Atari, without a word of what it is."""
  params = random_params(NatureDQNNetwork(num_actions))
  native_checkpoint.write(directory, 2, params, {})
