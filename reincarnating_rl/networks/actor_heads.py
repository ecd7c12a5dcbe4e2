"""What an actor's last numbers become: an action, or a Gaussian of actions."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp

from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.learner.types import ActorOutput, Array

Limit = tuple[str, float, float]
"""A key of `LIMITS`, the least and the greatest."""
Bounds = tuple[tuple[float, ...], tuple[float, ...]]
"""The least and the greatest values of an action, [D] each."""


def _tanh_between(x: Array, low: float, high: float) -> Array:
  return low + 0.5 * (high - low) * (jnp.tanh(x) + 1.0)


LIMITS: dict[str, Callable[[Array, float, float], Array]] = {
  'clip': jnp.clip,
  'tanh': _tanh_between,
}
"""How a log standard deviation is kept between two numbers."""
SQUASHES: dict[str, Callable[[Array], Array]] = {
  'tanh': jnp.tanh,
  'clip': lambda x: jnp.clip(x, -1.0, 1.0),
}
"""How a deterministic actor keeps its actions in [-1, 1]."""
SOURCES = HEAD, PARAMETER = 'head', 'parameter'
"""Where log standard deviations are from."""


class Actor(NamedTuple):
  """How a head's numbers are read; see `LayeredNetwork` for the fields."""

  distribution: str  # one of `learner.kinds.DISTRIBUTIONS`
  size: int  # D
  squash: str
  log_std_from: str
  log_std_limit: Limit | None
  bounds: Bounds | None

  @property
  def has_parameter(self) -> bool:
    """Whether there are log standard deviations beside the head's numbers."""
    return self.log_std_from == PARAMETER and self.distribution != DETERMINISTIC

  @property
  def outputs(self) -> int:
    """How many numbers the head has."""
    if self.has_parameter or self.distribution == DETERMINISTIC:
      return self.size
    return 2 * self.size

  def output(self, numbers: Array, log_std: Array | None) -> ActorOutput:
    """Makes of a head's numbers the parameters of the distribution.

    Args:
      numbers: of the head, [outputs].
      log_std: [D], where they are a parameter.

    Raises:
      ValueError: there is no such squashing, source or limit.
    """
    self._check()
    mean = self._scaled(numbers[: self.size])
    if self.distribution == DETERMINISTIC:
      return ActorOutput(SQUASHES[self.squash](mean))
    log_std = numbers[self.size :] if log_std is None else log_std
    if self.log_std_limit is not None:
      kind, low, high = self.log_std_limit
      # A file may have whole numbers, and JAX's are of 32 bits.
      log_std = LIMITS[kind](log_std, float(low), float(high))
    log_std = log_std - jnp.log(self._half_span())
    return ActorOutput(jnp.concatenate([mean, log_std]))

  def _check(self) -> None:
    kind = self.log_std_limit and self.log_std_limit[0]
    for name, known in (
      (self.squash, SQUASHES),
      (self.log_std_from, SOURCES),
      (kind, (None, *LIMITS)),
    ):
      if name not in known:
        raise ValueError(f'An actor has no {name!r}; there are {[*known]}.')

  def _half_span(self) -> Array:
    if self.bounds is None or self.distribution == TANH_GAUSSIAN:
      return jnp.ones(self.size)
    low, high = map(jnp.float32, self.bounds)
    return (high - low) / 2.0

  def _scaled(self, mean: Array) -> Array:
    if self.bounds is None or self.distribution == TANH_GAUSSIAN:
      return mean
    low = jnp.float32(self.bounds[0])
    return (mean - low) / self._half_span() - 1.0
