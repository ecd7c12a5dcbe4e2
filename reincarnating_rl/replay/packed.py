"""Frames of zeros and ones as bits, in NumPy or in JAX."""

import math
from typing import Any

import numpy as np

from reincarnating_rl.learner.types import Array


def pack(frames: Array, rank: int, xp: Any = np) -> Array:
  """Packs frames, eight entries a byte.

  Args:
    frames: [..., *O] uint8 of zeros and ones.
    rank: of `*O`.
    xp: `numpy` or `jax.numpy`.

  Returns:
    [..., ceil(prod(O) / 8)] uint8.
  """
  leading = frames.shape[: frames.ndim - rank]
  return xp.packbits(frames.reshape(*leading, -1), axis=-1)


def unpack(bits: Array, shape: tuple[int, ...], xp: Any = np) -> Array:
  """Inverse of `pack`.

  Args:
    bits: [..., F] uint8.
    shape: `*O`.
    xp: `numpy` or `jax.numpy`.
  """
  flat = xp.unpackbits(bits, axis=-1, count=math.prod(shape))
  return flat.reshape(*bits.shape[:-1], *shape)
