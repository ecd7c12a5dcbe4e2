"""Normalizations that a `LayeredNetwork` applies."""

from collections.abc import Callable, Sequence

import jax.numpy as jnp
from flax import linen as nn

from reincarnating_rl.learner.types import Array


class Affine(nn.Module):
  """Scales and shifts the last axis."""

  @nn.compact
  def __call__(self, x: Array) -> Array:
    """Returns `x[..., C] * scale[C] + bias[C]`."""
    scale = self.param('scale', nn.initializers.ones, x.shape[-1:])
    bias = self.param('bias', nn.initializers.zeros, x.shape[-1:])
    ranks = tuple(range(x.ndim - 1))
    return x * jnp.expand_dims(scale, ranks) + jnp.expand_dims(bias, ranks)


def _affine(detail: None, epsilon: float, name: str) -> nn.Module:
  del detail, epsilon  # They are in the scale.
  return Affine(name=name)


def _layer_norm(axes: Sequence[int], epsilon: float, name: str) -> nn.Module:
  axes = tuple(axes)
  return nn.LayerNorm(
    epsilon,
    reduction_axes=axes,
    feature_axes=axes,
    use_fast_variance=False,
    name=name,
  )


def _group_norm(
  groups: int, epsilon: float, name: str
) -> Callable[[Array], Array]:
  # The axes are those of all features; there is no axis of a batch.
  return lambda x: nn.GroupNorm(
    groups,
    epsilon=epsilon,
    reduction_axes=tuple(range(x.ndim)),
    use_fast_variance=False,
    name=name,
  )(x)


# An affine map takes nothing, LayerNorm its axes, GroupNorm its groups.
NORMS: dict[str, Callable[..., Callable[[Array], Array]]] = {
  'affine': _affine,
  'layer': _layer_norm,
  'group': _group_norm,
}
