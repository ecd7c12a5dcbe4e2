"""Memory for single frames, and stacks gathered from it."""

import math
import os
import tempfile

import numpy as np

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
) -> np.ndarray:
  """Gathers the states that end in some slots, padded with zeros at the start.

  Args:
    observation: [C, *O] ring of frames.
    episode_step: [C] int32, steps since the episode's start.
    slots: [B] int64 in [0, C).
    stack_size: S.

  Returns:
    [B, *O, S], C-contiguous, oldest frame first.
  """
  if stack_size == 1:  # No padding and no interleaving.
    return observation[slots][..., None]
  ages = np.arange(stack_size - 1, -1, -1)[:, None]
  frames = observation[(slots - ages) % len(observation)]
  is_padding = episode_step[slots] < ages
  if is_padding.any():
    frames[is_padding] = 0
  return interleave(frames)


def interleave(frames: np.ndarray) -> np.ndarray:
  """Moves the first axis to the end, contiguously: [S, ...] to [..., S].

  Bytes are merged in pairs into wider and wider words, which takes 0.6 times
  as long as strided writes.
  """
  size = len(frames)
  if frames.dtype == np.uint8 and size in (2, 4, 8):
    words = list(frames)
    for bits, wider in zip((8, 16, 32), _WIDER, strict=True):
      if len(words) == 1:
        break
      words = [
        _merge(low, high, bits, wider)
        for low, high in zip(words[::2], words[1::2], strict=True)
      ]
    return words[0][..., None].view(np.uint8)
  stacked = np.empty((*frames.shape[1:], size), frames.dtype)
  for i, frame in enumerate(frames):
    stacked[..., i] = frame
  return stacked


def _merge(
  low: np.ndarray, high: np.ndarray, bits: int, wider: str
) -> np.ndarray:
  merged = high.astype(wider)
  merged <<= bits
  merged |= low
  return merged
