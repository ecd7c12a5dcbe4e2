"""Linear layers with learnt, factorised noise (Fortunato et al. 2018)."""

import jax
import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import Array
from reincarnating_rl.networks import torsos

_INITIAL_SIGMA = 0.1  # Dopamine's; 0.5 in Section 3.2.


class NoisyNetwork(nn.Module):
  """`x (mu + sigma * epsilon) + b`, where b has noise too (Eq. 8 and 9).

  Dopamine's checkpoints number such layers by the name of this class.

  Attributes:
    features: number of outputs, F.
  """

  features: int

  @nn.compact
  def __call__(self, x: Array, key: Array | None) -> Array:
    """Applies the layer.

    Args:
      x: [N] float32.
      key: of the noise; None turns it off.

    Returns:
      [F] float32.
    """
    inputs, outputs = x.shape[0], self.features
    shape, scale = (inputs, outputs), inputs**-0.5
    mean = _uniform(scale)
    deviation = nn.initializers.constant(_INITIAL_SIGMA * scale)
    kernel = self.param('kernel_mu', mean, shape)
    kernel_sigma = self.param('kernel_sigma', deviation, shape)
    bias = self.param('bias_mu', mean, (outputs,))
    bias_sigma = self.param('bias_sigma', deviation, (outputs,))
    if key is not None:
      input_key, output_key = jax.random.split(key)
      input_noise = _signed_root(jax.random.normal(input_key, (inputs, 1)))
      output_noise = _signed_root(jax.random.normal(output_key, (1, outputs)))
      kernel = kernel + kernel_sigma * (input_noise * output_noise)
      bias = bias + bias_sigma * output_noise[0]
    return jnp.matmul(x, kernel) + bias


def _uniform(scale: float) -> torsos.Initializer:
  """Initial means, in [-scale, scale) (Section 3.2)."""

  def init(key: Array, shape: tuple[int, ...]) -> Array:
    return jax.random.uniform(key, shape, minval=-scale, maxval=scale)

  return init


def _signed_root(x: Array) -> Array:
  """The function f of Eq. 10 and 11."""
  return jnp.sign(x) * jnp.sqrt(jnp.abs(x))


def linear(
  x: Array,
  features: int,
  *,
  noisy: bool,
  key: Array | None,
  name: str | None = None,
) -> Array:
  """One linear layer, noisy or plain; for use inside a compact module.

  Args:
    x: [N] float32.
    features: number of outputs, F.
    noisy: whether its parameters have noise.
    key: of the noise; None turns it off.
    name: of the layer; None numbers it, `NoisyNetwork_0` or `Dense_0`.

  Returns:
    [F] float32.
  """
  if noisy:
    return NoisyNetwork(features, name=name)(x, key)
  initializer = torsos.kernel_initializer
  return nn.Dense(features, kernel_init=initializer, name=name)(x)
