"""Teachers that no manifest describes, as Dopamine's are."""

import jax
import numpy as np

from reincarnating_rl.networks.q_networks import NatureDQNNetwork
from reincarnating_rl.teachers import native_checkpoint


def write_nature(directory, num_actions=6):
  """Writes an untrained Nature DQN for Atari, without a word of what it is."""
  params = NatureDQNNetwork(num_actions).init(
    jax.random.key(0), np.zeros((84, 84, 4), np.uint8)
  )
  native_checkpoint.write(directory, 2, jax.device_get(params), {})
