"""Actions that are vectors, of random bits and of a policy's parameters.

Each row depends on its own bits and parameters alone. So all but the bits is
NumPy's and SciPy's, which compute an element the same in arrays of any size.
"""

import functools

import jax
import numpy as np
from scipy import special

from reincarnating_rl.learner import kinds
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN


def of_policy(
  keys: np.ndarray,
  parameters: np.ndarray,
  epsilon: float,
  *,
  distribution: str,
  draws: bool,
) -> np.ndarray:
  """Acts as a policy says, but uniformly with probability epsilon.

  Args:
    keys: [B, 2] uint32, raw JAX keys.
    parameters: [B, W], finite; see `teachers.base.ContinuousTeacher`.
    epsilon: in [0, 1].
    distribution: what they are of, one of `DISTRIBUTIONS`.
    draws: whether to draw, rather than to take the mean.

  Returns:
    [B, D] float32 in [-1, 1].
  """
  parameters = np.asarray(parameters, np.float32)
  draws = draws and distribution != DETERMINISTIC
  size = parameters.shape[1] // kinds.width(distribution)
  actions = parameters[:, :size]
  if draws:
    with np.errstate(over='ignore'):  # Infinite noise is the farthest action.
      scale = np.exp(parameters[:, size:])
    actions = actions + scale * normal(keys, size)
  if distribution == TANH_GAUSSIAN:
    actions = np.tanh(actions)
  actions = within_bounds(actions)
  if epsilon:
    explore = keys[:, 0] < epsilon * 2.0**32
    # The same bits as those of a draw: a row needs one or the other.
    actions = np.where(explore[:, None], uniform(keys, size), actions)
  return actions


def mean(parameters: np.ndarray, distribution: str) -> np.ndarray:
  """Returns actions[B, D] by which a policy acts that does not draw.

  Args:
    parameters: [B, W], finite; see `teachers.base.ContinuousTeacher`.
    distribution: what they are of, one of `DISTRIBUTIONS`.
  """
  no_keys = np.empty((len(parameters), 0), np.uint32)
  return of_policy(
    no_keys, parameters, 0.0, distribution=distribution, draws=False
  )


def within_bounds(actions: np.ndarray) -> np.ndarray:
  """Returns actions[B, D] clipped to [-1, 1], as float32."""
  return np.clip(np.asarray(actions, np.float32), -1.0, 1.0)


def uniform(keys: np.ndarray, size: int) -> np.ndarray:
  """Turns random bits into uniformly random actions.

  Args:
    keys: [B, 2] uint32, raw JAX keys.
    size: D.

  Returns:
    [B, D] float32 in [-1, 1).
  """
  bits = _bits(keys, size) >> np.uint32(8)  # As many as float32 tells apart.
  return bits.astype(np.float32) * np.float32(2.0**-23) - np.float32(1.0)


def normal(keys: np.ndarray, size: int) -> np.ndarray:
  """Turns random bits into draws from a normal distribution, by its inverse.

  Args:
    keys: [B, 2] uint32, raw JAX keys.
    size: D.

  Returns:
    [B, D] float32, finite.
  """
  u = (_bits(keys, size).astype(np.float64) + 0.5) * 2.0**-32
  return special.ndtri(u).astype(np.float32)


def _bits(keys: np.ndarray, size: int) -> np.ndarray:
  return np.asarray(_random_bits(keys, size))


@functools.partial(jax.jit, static_argnums=1)
def _random_bits(keys: jax.Array, size: int) -> jax.Array:
  return jax.vmap(lambda key: jax.random.bits(key, (size,)))(keys)
