"""DrQ's image augmentation, as a wrapper of an objective.

Kostrikov et al. 2021, https://arxiv.org/abs/2004.13649, as Agarwal et al. 2022
use it: a random shift, then a random intensity. Dopamine's version of the shift
never reaches the last pixel on two of the four sides; this one does.
"""

import jax
import jax.numpy as jnp

from reincarnating_rl.learner.objective import Objective
from reincarnating_rl.learner.types import (
  Array,
  Batch,
  Params,
  Report,
  UpdateKeys,
  Weights,
)

PAD = 4  # pixels
INTENSITY = 0.05
_MAX_DEVIATIONS = 2.0
# Noisy layers split the same keys, and a key's n-th part is its fold of n.
_STREAM, _SECOND_STREAM = 0x8000_0003, 0x8000_0004


def random_shift(key: Array, state: Array, *, pad: int = PAD) -> Array:
  """Moves an image by up to `pad` pixels each way; its edges are repeated.

  Args:
    key: of randomness.
    state: [H, W, S]; all frames move alike.
    pad: the largest shift, in pixels.

  Returns:
    [H, W, S], of the same type.
  """
  padded = jnp.pad(state, ((pad, pad), (pad, pad), (0, 0)), mode='edge')
  row, column = jax.random.randint(key, (2,), 0, 2 * pad + 1)
  return jax.lax.dynamic_slice(padded, (row, column, 0), state.shape)


def random_intensity(
  key: Array, state: Array, *, scale: float = INTENSITY
) -> Array:
  """Multiplies an image by `1 + scale * r`, r normal, clipped to [-2, 2].

  Args:
    key: of randomness.
    state: [H, W, S] pixels, on any scale that begins at 0.
    scale: one standard deviation.

  Returns:
    [H, W, S] float32.
  """
  noise = jax.random.normal(key)
  noise = jnp.clip(noise, -_MAX_DEVIATIONS, _MAX_DEVIATIONS)
  return state.astype(jnp.float32) * (1.0 + scale * noise)


def augment(key: Array, states: Array) -> Array:
  """Shifts and scales each state of a batch by itself.

  Args:
    key: of randomness.
    states: [B, H, W, S] pixels.

  Returns:
    [B, H, W, S] float32, on the scale of `states`.
  """

  def one(key: Array, state: Array) -> Array:
    shift_key, intensity_key = jax.random.split(key)
    return random_intensity(intensity_key, random_shift(shift_key, state))

  return jax.vmap(one)(jax.random.split(key, len(states)), states)


def augmented(objective: Objective) -> Objective:
  """Returns the same objective, of augmented states and next states.

  The teacher's logits are those of the states as they were seen.
  """

  def wrapped(
    params: Params,
    target_params: Params,
    batch: Batch,
    weights: Weights,
    keys: UpdateKeys,
  ) -> tuple[Array, Report]:
    batch = batch._replace(
      state=augment(jax.random.fold_in(keys.online, _STREAM), batch.state),
      next_state=augment(
        jax.random.fold_in(keys.target, _STREAM), batch.next_state
      ),
    )
    if batch.second is not None:
      key = jax.random.fold_in(keys.target, _SECOND_STREAM)
      batch = batch._replace(
        second=batch.second._replace(
          next_state=augment(key, batch.second.next_state)
        )
      )
    return objective(params, target_params, batch, weights, keys)

  return wrapped
