"""A replay that samples elements in proportion to their TD errors."""

from typing import Any

import numpy as np

from reincarnating_rl.learner.types import Array
from reincarnating_rl.replay.frame_store import FrameStore, SampleMetadata
from reincarnating_rl.replay.sum_tree import SumTree
from reincarnating_rl.support.errors import DivergedError

SMALLEST_LOSS = 1e-10  # So that elements with loss 0 can be drawn.
_ROUNDING = 1e-6  # A cross-entropy of 0 may be rounded below 0.


class PrioritizedFrameStore(FrameStore):
  """Prioritised replay (Schaul et al. 2016, Section 3.3, proportional).

  P(i) = p_i / sum_k p_k, where the priority p_i is the square root of the
  element's loss when it was last sampled. So the exponent of the paper's
  Eq. 1 is 1/2, as in Dopamine's Rainbow. A new element gets the largest
  priority so far, at first 1. `sample_keys` still draws uniformly.
  """

  def clear(self) -> None:
    """Forgets every step, `add_count` and the largest priority."""
    super().clear()
    self._max_priority = 1.0
    self._tree = SumTree(self.settings.capacity)  # By slot.

  def importance_weights(self, drawn: SampleMetadata) -> np.ndarray:
    """Returns 1 / sqrt(P), divided by the largest in the batch, [B] float32.

    Schaul et al. 2016, Section 3.4, with beta = 1/2.

    Args:
      drawn: from `draw`.
    """
    weights = np.sqrt(drawn.probabilities.min() / drawn.probabilities)
    return weights.astype(np.float32)

  def update(self, keys: np.ndarray, *, td_losses: Array) -> None:
    """Sets the priorities of sampled elements to sqrt(loss + 1e-10).

    Args:
      keys: [B], from `sample`. Elements evicted since are ignored. If a key
        occurs twice, the last loss counts.
      td_losses: [B], unweighted losses.

    Raises:
      DivergedError: a loss is negative or not finite; no priority changes.
      ValueError: the shapes differ, or a key names no step so far; no priority
        changes.
    """
    keys = np.asarray(keys, np.int64)
    losses = np.asarray(td_losses, np.float64)
    if keys.shape != losses.shape:
      raise ValueError(
        f'keys have shape {keys.shape}, but td_losses {losses.shape}.'
      )
    losses = _checked(losses)
    if not np.all((keys >= 0) & (keys < self.next_step)):
      raise ValueError(
        f'Keys must lie in [0, {self.next_step}), not from {keys.min()} to '
        f'{keys.max()}.'
      )
    slots = keys % self.settings.capacity
    # Slots of steps that do not begin an element have priority 0.
    is_stored = (keys >= self.oldest_step) & (self._tree.get(slots) > 0.0)
    if is_stored.any():
      priorities = np.sqrt(losses[is_stored] + SMALLEST_LOSS)
      self._tree.set(slots[is_stored], priorities)
      self._max_priority = max(self._max_priority, float(priorities.max()))

  def state_dict(self) -> dict[str, Any]:
    """Returns the JSON-able state, without columns and `arrays`."""
    return super().state_dict() | {'max_priority': self._max_priority}

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Restores a state; priorities are the largest until `load_arrays`.

    Args:
      state: from `state_dict`.

    Raises:
      KeyError, TypeError, ValueError: the state is invalid.
    """
    max_priority = float(state['max_priority'])
    if not 1.0 <= max_priority < np.inf:
      raise ValueError(f'max_priority must be at least 1, not {max_priority}')
    self._max_priority = max_priority
    self._tree = SumTree(self.settings.capacity)
    super().load_state_dict(state)

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns `priorities` [N] float64, of its N elements, in order."""
    return {'priorities': self._tree.get(self._element_slots())}

  def load_arrays(self, arrays: dict[str, np.ndarray]) -> None:
    """Restores the priorities, after `load_state_dict`.

    Args:
      arrays: from `arrays`; one row for each element now stored.

    Raises:
      ValueError: a priority is not positive, or exceeds the largest so far.
    """
    priorities = arrays['priorities']
    if not np.all((priorities > 0.0) & (priorities <= self._max_priority)):
      raise ValueError(f'priorities must lie in (0, {self._max_priority}]')
    self._tree.set(self._element_slots(), priorities)

  def _draw(self, size: int) -> SampleMetadata:
    self._check_sample((size,))
    total = self._tree.total
    slots = self._tree.query(self._rng.random(size) * total)
    # A slot holds the newest step whose number is congruent to it.
    newest = self.next_step - 1
    keys = newest - (newest - slots) % self.settings.capacity
    return SampleMetadata(keys, self._tree.get(slots) / total)

  def _element_slots(self) -> np.ndarray:
    return self.element_keys() % self.settings.capacity

  def _append(self, key: int) -> None:
    super()._append(key)
    self._tree.set(key % self.settings.capacity, self._max_priority)

  def _extend(self, keys: np.ndarray) -> None:
    super()._extend(keys)
    self._tree.set(keys % self.settings.capacity, self._max_priority)

  def _evict(self, oldest: int) -> list[int]:
    dropped = super()._evict(oldest)
    for key in dropped:
      self._tree.set(key % self.settings.capacity, 0.0)
    return dropped


def _checked(losses: np.ndarray) -> np.ndarray:
  is_right = (losses >= -_ROUNDING) & (losses < np.inf)
  if not is_right.all():
    raise DivergedError(
      'TD losses must be finite and not negative, but one is '
      f'{losses[~is_right][0]}: training has diverged. Lower '
      'Student.learning_rate.'
    )
  return np.maximum(losses, 0.0)
