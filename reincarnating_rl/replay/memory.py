"""Memory that is used again, batch after batch."""

import math
import mmap
import weakref
from typing import Any

import numpy as np

_LEAST = mmap.PAGESIZE  # Bytes; smaller pieces leave no page to return.


class ReusedMemory:
  """Makes arrays like `numpy.empty`, of memory that it has taken before.

  Some C libraries return large pieces of memory to the system as soon as they
  are freed; the next batch then costs a fault a page. Memory of ours is used
  again once nothing refers to the array, nor to a view of it. JAX holds such a
  reference for as long as a program may read the array, shared or not. So
  what is in use is never overwritten.
  """

  def __init__(self) -> None:
    """Takes nothing yet."""
    self._free: dict[int, list[mmap.mmap]] = {}

  def empty(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Returns an array of any content; a large one is aligned to a page.

    Args:
      shape: of the array.
      dtype: of it.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < _LEAST:
      return np.empty(shape, dtype)
    room = 1 << (size - 1).bit_length()  # Few rooms for batches of any size.
    free = self._free.setdefault(room, [])
    memory = free.pop() if free else mmap.mmap(-1, room)
    whole = np.frombuffer(memory, np.uint8)
    # Every view refers to `whole`, because the memory itself is no array.
    weakref.finalize(whole, free.append, memory).atexit = False
    return whole[:size].view(dtype).reshape(shape)
