"""The residual torso of Impala (Espeholt et al. 2018, Figure 3)."""

from flax import linen as nn

from reincarnating_rl.learner.types import Array
from reincarnating_rl.networks import pooling, torsos
from reincarnating_rl.support.setting_types import PositiveInt

_STACK_FEATURES = (16, 32, 32)
_BLOCKS_PER_STACK = 2


class ResidualStack(nn.Module):
  """A convolution, a pooling that halves the sides, and residual blocks.

  Attributes:
    features: of each convolution.
    pool_padding: of the pooling, on each side or 'SAME'.
  """

  features: int
  pool_padding: int | str = 'SAME'

  @nn.compact
  def __call__(self, x: Array) -> Array:
    """Returns [ceil(H / 2), ceil(W / 2), features] of `x[H, W, C]`."""
    x = nn.Conv(self.features, (3, 3), kernel_init=torsos.kernel_initializer)(x)
    x = pooling.max_pool(x, self.pool_padding)
    for _ in range(_BLOCKS_PER_STACK):
      # The blocks' kernels begin as Flax's do by default, as in Dopamine.
      inner = nn.Conv(self.features, (3, 3))(nn.relu(x))
      x = x + nn.Conv(self.features, (3, 3))(nn.relu(inner))
    return x


class ImpalaEncoder(nn.Module):
  """Residual stacks, by default of 16, 32 and 32 features: 15 convolutions.

  Attributes:
    width_scale: multiplies the features.
    stack_features: of each stack.
  """

  width_scale: PositiveInt = 1
  stack_features: tuple[int, ...] = _STACK_FEATURES

  @nn.compact
  def __call__(self, x: Array) -> Array:
    """Returns [h, w, F * width_scale] of `x[H, W, S]`, 11 x 11 of 84 x 84.

    `x` may have channels, [H, W, C, S].
    """
    x = torsos.as_image(x)
    for index, features in enumerate(self.stack_features):
      # Dopamine's checkpoints have this name.
      name = f'_stacks_{index}'
      x = ResidualStack(features * self.width_scale, name=name)(x)
    return nn.relu(x)
