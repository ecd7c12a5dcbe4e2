"""Memory for single frames, and stacks gathered from it."""

import math
import os
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

# As `numpy.empty`: of a shape and a type.
Empty = Callable[[tuple[int, ...], Any], np.ndarray]
_WIDER = ('<u2', '<u4', '<u8')


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
  """Returns zeros aligned to 64 bytes; pages are taken when written.

  On a CPU, JAX shares the memory of aligned arrays and copies all others.
  """
  size = math.prod(shape) * dtype.itemsize
  raw = np.zeros(size + 64, np.uint8)
  start = -raw.ctypes.data % 64
  return raw[start : start + size].view(dtype).reshape(shape)


def zeros_in_file(
  shape: tuple[int, ...], dtype: np.dtype, folder: str
) -> np.ndarray:
  """Returns zeros that are a file's: memory holds what was used last.

  Args:
    shape: of the array.
    dtype: of it.
    folder: of the file, which has no name and goes with the array.

  Raises:
    OSError: the disk has no room for all of it.
  """
  size = math.prod(shape) * dtype.itemsize
  with tempfile.TemporaryFile(dir=folder) as file:
    # Writing to memory could not report a full disk.
    os.posix_fallocate(file.fileno(), 0, size)
    return np.asarray(np.memmap(file, dtype, 'r+', shape=shape))


def stacks(
  observation: np.ndarray,
  episode_step: np.ndarray,
  slots: np.ndarray,
  stack_size: int,
  *,
  stride: int = 1,
  empty: Empty = np.empty,
) -> np.ndarray:
  """Gathers the states that end in some slots, padded with zeros at the start.

  Args:
    observation: [C, *O] ring of frames.
    episode_step: [C] int32, steps since the episode's start.
    slots: [B] int64 in [0, C).
    stack_size: S.
    stride: slots from one step of an episode to the next.
    empty: makes all arrays.

  Returns:
    [B, *O, S], C-contiguous, oldest frame first.
  """
  if stack_size == 1:  # No padding and no interleaving.
    return _taken(observation, slots, empty)[..., None]
  ages = np.arange(stack_size - 1, -1, -1)[:, None]
  frames = _taken(
    observation, (slots - stride * ages) % len(observation), empty
  )
  is_padding = episode_step[slots] < ages
  if is_padding.any():
    frames[is_padding] = 0
  return interleave(frames, empty=empty)


def _taken(
  observation: np.ndarray, slots: np.ndarray, empty: Empty
) -> np.ndarray:
  """Returns the frames of some slots, which lie in the ring."""
  frames = empty((*slots.shape, *observation.shape[1:]), observation.dtype)
  # Any other mode takes further memory, for a copy.
  return observation.take(slots, axis=0, out=frames, mode='clip')


def interleave(frames: np.ndarray, *, empty: Empty = np.empty) -> np.ndarray:
  """Moves the first axis to the end, contiguously: [S, ...] to [..., S].

  Bytes are merged in pairs into wider and wider words, which takes 0.6 times
  as long as strided writes.

  Args:
    frames: [S, ...].
    empty: makes all arrays.
  """
  size = len(frames)
  if frames.dtype == np.uint8 and size in (2, 4, 8):
    words = list(frames)
    for bits, wider in zip((8, 16, 32), _WIDER, strict=True):
      if len(words) == 1:
        break
      words = [
        _merge(low, high, bits, empty(high.shape, wider))
        for low, high in zip(words[::2], words[1::2], strict=True)
      ]
    return words[0][..., None].view(np.uint8)
  stacked = empty((*frames.shape[1:], size), frames.dtype)
  for i, frame in enumerate(frames):
    stacked[..., i] = frame
  return stacked


def _merge(
  low: np.ndarray, high: np.ndarray, bits: int, merged: np.ndarray
) -> np.ndarray:
  merged[...] = high
  merged <<= bits
  merged |= low
  return merged
