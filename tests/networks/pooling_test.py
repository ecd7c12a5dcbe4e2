import jax
import numpy as np
import pytest
from flax import linen as nn

from reincarnating_rl.networks import pooling


def of_flax(x, padding):
  if padding != 'SAME':
    padding = ((padding, padding),) * 2
  return nn.max_pool(x, (3, 3), strides=(2, 2), padding=padding)


@pytest.mark.parametrize(
  ('sides', 'padding'),
  [
    *(((12, 12), padding) for padding in ('SAME', 0, 1)),
    *(((11, 7), padding) for padding in ('SAME', 0, 1)),
    *(((5, 4), padding) for padding in ('SAME', 0, 1)),
    *(((1, 2), padding) for padding in ('SAME', 1)),
  ],
)
def test_equals_flax_bit_for_bit(sides, padding):
  rng = np.random.default_rng(0)

  @jax.jit
  def found(x, weights):
    """Returns values and gradients of both."""
    parts = []
    for pool in (pooling.max_pool, of_flax):
      y, pull = jax.vjp(jax.vmap(lambda x, pool=pool: pool(x, padding)), x)
      parts.append((y, pull(weights[:, : y.shape[1], : y.shape[2]])[0]))
    return parts

  weights = rng.normal(size=(2, 8, 8, 3)).astype(np.float32)
  for scale in (0.5, 5.0):  # With and without many equal entries.
    x = np.round(scale * rng.normal(size=(2, *sides, 3))).astype(np.float32)
    ours, expected = found(x, weights)
    jax.tree.map(np.testing.assert_array_equal, ours, expected)
    assert ours[1].any()
