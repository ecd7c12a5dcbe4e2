"""A student's network from outside the package.

  PYTHONPATH=docs/examples python -m reincarnating_rl.train \
    --agent qdagger_rainbow --gin_files configs/qdagger_rainbow.gin \
    --gin_bindings "import wide_network" \
    --gin_bindings @wide_network.WideRainbowNetwork \
    --gin_bindings "WideRainbowNetwork.hidden_units = 1024" \
    --base_dir runs/wide --teacher_checkpoint_dir teacher_ckpts/Pong/1

A network is a Flax module that gin knows. It is made with `num_actions` (a
Rainbow's with `num_atoms`, `noisy`, `dueling` and `distributional` as well),
called with one state, not a batch (a Rainbow's with `support`, `eval_mode` and
`key` as well), and returns an object with `q_values[A]`, and `logits[A, N]`
where the student learns distributions.
"""

import gin
import jax
import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import CategoricalOutput


@gin.configurable
class WideRainbowNetwork(nn.Module):
  """One wide hidden layer on an image shrunk to a quarter of its sides."""

  num_actions: int
  num_atoms: int
  noisy: bool = False
  dueling: bool = False
  distributional: bool = True
  hidden_units: int = 2048

  @nn.compact
  def __call__(
    self,
    x: jax.Array,
    support: jax.Array,
    eval_mode: bool = False,
    key: jax.Array | None = None,
  ) -> CategoricalOutput:
    """Returns the return distributions of one state `x[84, 84, 4]`."""
    if self.noisy or self.dueling or not self.distributional:
      raise ValueError('WideRainbowNetwork is distributional, and only that')
    x = nn.avg_pool(x.astype(jnp.float32) / 255.0, (4, 4), strides=(4, 4))
    x = nn.relu(nn.Dense(self.hidden_units)(x.reshape(-1)))
    logits = nn.Dense(self.num_actions * self.num_atoms)(x)
    logits = logits.reshape(self.num_actions, self.num_atoms)
    return CategoricalOutput(jax.nn.softmax(logits) @ support, logits)
