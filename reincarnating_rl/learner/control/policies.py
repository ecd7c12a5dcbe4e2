"""Policies over vectors: what an actor's output means, and how it acts."""

import dataclasses
import math
from typing import Protocol

import jax
import jax.numpy as jnp
from jax.scipy import stats

from reincarnating_rl.learner import kinds
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.learner.types import Array


class Policy(Protocol):
  """What the output [W] of an actor in one state means.

  Attributes:
    distribution: one of `kinds.DISTRIBUTIONS`.
    width: W / D, numbers of the output for one of an action.
  """

  distribution: str
  width: int

  def mean(self, output: Array) -> Array:
    """Returns the action [D] in [-1, 1] that it prefers."""
    ...

  def explore(self, output: Array, key: Array) -> Array:
    """Returns an action [D] in [-1, 1], as it acts in training."""
    ...

  def propose(self, output: Array, key: Array) -> tuple[Array, Array]:
    """Returns an action [D] near its own, and the log of its density []."""
    ...


@dataclasses.dataclass(frozen=True)
class TanhGaussian:
  """`tanh` of normal draws; means, then log standard deviations (SAC).

  Haarnoja et al. 2018, https://arxiv.org/abs/1812.05905, appendix C.
  """

  distribution = TANH_GAUSSIAN
  width = kinds.width(TANH_GAUSSIAN)

  def mean(self, output: Array) -> Array:
    """See `Policy`."""
    return jnp.tanh(split(output)[0])

  def explore(self, output: Array, key: Array) -> Array:
    """See `Policy`."""
    return self.propose(output, key)[0]

  def propose(self, output: Array, key: Array) -> tuple[Array, Array]:
    """See `Policy`; the gradient flows through the action."""
    mean, log_std = split(output)
    noise = jax.random.normal(key, mean.shape)
    x = mean + jnp.exp(log_std) * noise
    normal = -0.5 * jnp.square(noise) - log_std - 0.5 * math.log(2 * math.pi)
    slope = 2.0 * (math.log(2.0) - x - jax.nn.softplus(-2.0 * x))
    return jnp.tanh(x), jnp.sum(normal - slope)


@dataclasses.dataclass(frozen=True)
class Deterministic:
  """One action; normal noise explores (D4PG, TD3).

  Attributes:
    noise: the standard deviation of exploration, in [-1, 1]'s units.
  """

  noise: float
  distribution = DETERMINISTIC
  width = kinds.width(DETERMINISTIC)

  def mean(self, output: Array) -> Array:
    """See `Policy`."""
    return output

  def explore(self, output: Array, key: Array) -> Array:
    """See `Policy`."""
    noise = self.noise * jax.random.normal(key, output.shape)
    return jnp.clip(output + noise, -1.0, 1.0)

  def propose(self, output: Array, key: Array) -> tuple[Array, Array]:
    """See `Policy`: a draw of the noise, cut off at the bounds."""
    width = max(self.noise, 1e-3)  # A density needs some.
    low, high = (-1.0 - output) / width, (1.0 - output) / width
    noise = jax.random.truncated_normal(key, low, high)
    density = stats.truncnorm.logpdf(noise, low, high) - math.log(width)
    return output + width * noise, jnp.sum(density)


def split(output: Array) -> tuple[Array, Array]:
  """Returns the means [D] and log standard deviations [D] of `output[2D]`."""
  mean, log_std = jnp.split(output, 2)
  return mean, log_std
