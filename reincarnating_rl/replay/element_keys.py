"""The keys of a ring's elements, in order: a ring of them a lane."""

from collections.abc import Callable

import numpy as np


class ElementKeys:
  """Keys that are appended at one end and dropped at the other, lane by lane.

  The key of an element is the number of its first step, and the lane is that
  number modulo L. Keys ascend within a lane; across lanes they do not, because
  the end of an episode completes several elements at once.
  """

  def __init__(self, capacity: int, num_lanes: int) -> None:
    """Holds nothing.

    Args:
      capacity: steps of all lanes, none of which begins two elements.
      num_lanes: L.
    """
    self._rows = -(-capacity // num_lanes)
    self._keys = np.zeros((num_lanes, self._rows), np.int64)
    self.clear()

  def clear(self) -> None:
    """Drops all keys."""
    self._tails = [0] * len(self._keys)
    self._heads = [0] * len(self._keys)

  def __len__(self) -> int:
    """Returns the number of elements."""
    return sum(self._heads) - sum(self._tails)

  def append(self, key: int) -> None:
    """Adds the newest key of its lane."""
    lane = key % len(self._heads)
    self._keys[lane, self._heads[lane] % self._rows] = key
    self._heads[lane] += 1

  def extend(self, keys: np.ndarray) -> None:
    """Adds keys [N] of any lanes, ascending in each."""
    for lane in range(len(self._heads)):
      own = keys[keys % len(self._heads) == lane]
      at = np.arange(self._heads[lane], self._heads[lane] + len(own))
      self._keys[lane, at % self._rows] = own
      self._heads[lane] += len(own)

  def drop_until(self, stays: Callable[[int], bool]) -> list[int]:
    """Drops, in each lane, the oldest keys up to one that stays.

    Args:
      stays: whether a key does.

    Returns:
      What was dropped.
    """
    dropped = []
    for lane, head in enumerate(self._heads):
      while self._tails[lane] < head:
        key = int(self._keys[lane, self._tails[lane] % self._rows])
        if stays(key):
          break
        self._tails[lane] += 1
        dropped.append(key)
    return dropped

  def all(self) -> np.ndarray:
    """Returns all keys [len(self)] int64, lane after lane."""
    return self.take(np.arange(len(self)))

  def take(self, places: np.ndarray) -> np.ndarray:
    """Returns the keys at places of `all`, of any shape."""
    if len(self._heads) == 1:
      return self._keys[0, (self._tails[0] + places) % self._rows]
    tails = np.array(self._tails)
    sizes = np.array(self._heads) - tails
    ends = np.cumsum(sizes)
    lanes = np.searchsorted(ends, places, side='right')
    within = places - (ends - sizes)[lanes]
    return self._keys[lanes, (tails[lanes] + within) % self._rows]
