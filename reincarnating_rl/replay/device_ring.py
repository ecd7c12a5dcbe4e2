"""A replay in the device's memory: `FrameStore` as pure functions.

It holds the same elements as a `FrameStore` or a `PrioritizedFrameStore` to
which the same steps were added. `jax.vmap` makes a replay of each of many
seeds: they all add a step at a time, so the number of the next step is one
for all, and is handed in.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.types import Array, Transition
from reincarnating_rl.replay.device_columns import DeviceColumns
from reincarnating_rl.replay.device_draws import Drawn, draw
from reincarnating_rl.replay.prioritized_store import SMALLEST_LOSS


class Ring(NamedTuple):
  """The `C` slots of a replay; a step's slot is its number modulo C."""

  observation: Array  # [C, F] uint8 bits of binary frames, or [C, *O]
  action: Array  # [C] int32
  reward: Array  # [C] float32
  terminal: Array  # [C] bool
  episode_step: Array  # [C] int32, steps since the episode's start
  teacher_policy: Array  # [C, A] float32; zeros where nobody asked a teacher
  elements: Array  # [C] int32 ring of the elements' first steps, in order
  tail: Array  # [] int32, elements that have left
  head: Array  # [] int32, elements that have come
  next_episode_step: Array  # [] int32
  priorities: Array | None  # [C] float32 by slot, 0 without element; or uniform
  max_priority: Array | None  # [] float32


@dataclasses.dataclass(frozen=True)
class DeviceRing(DeviceColumns):
  """The functions of a replay.

  Attributes:
    is_prioritized: whether elements are drawn as a `PrioritizedFrameStore`
      draws them.
  """

  is_prioritized: bool = False

  def init(self) -> Ring:
    """Returns an empty replay."""
    capacity = self.settings.capacity
    columns = {
      name: jnp.zeros((capacity, *shape), dtype)
      for name, (dtype, shape) in self.settings.column_layout().items()
    }
    columns['observation'] = self.encode(columns['observation'])
    zero = jnp.zeros((), jnp.int32)
    return Ring(
      **columns,
      elements=jnp.zeros(capacity, jnp.int32),
      **dict.fromkeys(('tail', 'head', 'next_episode_step'), zero),
      priorities=jnp.zeros(capacity) if self.is_prioritized else None,
      max_priority=jnp.ones(()) if self.is_prioritized else None,
    )

  def add(self, ring: Ring, step: Array, transition: Transition) -> Ring:
    """Adds a step, as `StepRing.add` does.

    Args:
      ring: the replay.
      step: [] int32, its number.
      transition: of arrays.
    """
    ring = self._evict(ring, step + 1 - self.settings.capacity)
    slot = step % self.settings.capacity
    episode_step = ring.next_episode_step
    terminal = transition.terminal
    ring = ring._replace(
      observation=ring.observation.at[slot].set(
        self.encode(transition.observation)
      ),
      action=ring.action.at[slot].set(transition.action),
      reward=ring.reward.at[slot].set(transition.reward),
      terminal=ring.terminal.at[slot].set(terminal),
      episode_step=ring.episode_step.at[slot].set(episode_step),
      teacher_policy=ring.teacher_policy.at[slot].set(0.0),
      next_episode_step=jnp.where(
        terminal | transition.episode_end, 0, episode_step + 1
      ),
    )
    horizon = self.settings.n_step
    first = step - jnp.minimum(episode_step, horizon)
    last = jnp.where(terminal, step, step - horizon)
    return self._append(ring, first + jnp.arange(horizon + 1), last)

  def _append(self, ring: Ring, keys: Array, last: Array) -> Ring:
    capacity, is_new = self.settings.capacity, keys <= last
    at = jnp.where(is_new, (ring.head + jnp.arange(len(keys))) % capacity, -1)
    ring = ring._replace(
      elements=_set(ring.elements, at, keys), head=ring.head + is_new.sum()
    )
    if not self.is_prioritized:
      return ring
    slots = jnp.where(is_new, keys % capacity, -1)
    return ring._replace(
      priorities=_set(ring.priorities, slots, ring.max_priority)
    )

  def _evict(self, ring: Ring, oldest: Array) -> Ring:
    capacity, deepest = self.settings.capacity, self.settings.stack_size - 1
    for _ in range(self.settings.stack_size):
      key = ring.elements[ring.tail % capacity]
      slot = key % capacity
      depth = jnp.minimum(ring.episode_step[slot], deepest)
      leaves = (ring.tail < ring.head) & (key - depth < oldest)
      ring = ring._replace(tail=ring.tail + leaves)
      if self.is_prioritized:
        gone = jnp.where(leaves, slot, -1)[None]
        ring = ring._replace(priorities=_set(ring.priorities, gone, 0.0))
    return ring

  def label(self, ring: Ring, steps: Array, logits: Array) -> Ring:
    """Stores the teacher's logits.

    Args:
      ring: the replay.
      steps: [K] int32, numbers of stored steps.
      logits: [K, A].
    """
    slots = steps % self.settings.capacity
    return ring._replace(
      teacher_policy=ring.teacher_policy.at[slots].set(logits)
    )

  def sample(self, ring: Ring, key: Array, size: int) -> Drawn:
    """Draws elements, with replacement; there must be one.

    Args:
      ring: the replay.
      key: of randomness.
      size: B.
    """
    if self.is_prioritized:
      uniform = jax.random.uniform(key, (size,))
      slots, probabilities = draw(ring.priorities, uniform)
      weights = jnp.sqrt(probabilities.min() / probabilities)
      return Drawn(slots, weights)
    count, capacity = ring.head - ring.tail, self.settings.capacity
    at = jax.random.randint(key, (size,), 0, jnp.maximum(count, 1))
    keys = ring.elements[(ring.tail + at) % capacity]
    return Drawn(keys % capacity, jnp.ones(size, jnp.float32))

  def update(self, ring: Ring, slots: Array, td_losses: Array) -> Ring:
    """Sets priorities as `PrioritizedFrameStore.update` does.

    Args:
      ring: the replay.
      slots: [B], from `sample`; nothing was added since. Those of -1 are left
        out.
      td_losses: [B]. If a slot occurs twice, the last loss counts.
    """
    if not self.is_prioritized:
      return ring
    priorities = jnp.sqrt(jnp.maximum(td_losses, 0.0) + SMALLEST_LOSS)
    order = jnp.arange(len(slots))
    again = (slots[:, None] == slots[None]) & (order[:, None] < order[None])
    last = jnp.where(again.any(axis=1), -1, slots)
    return ring._replace(
      priorities=_set(ring.priorities, last, priorities),
      max_priority=jnp.maximum(
        ring.max_priority, jnp.where(slots < 0, 0.0, priorities).max()
      ),
    )


def _set(array: Array, at: Array, values: Array) -> Array:
  """Sets entries; those at -1 are left out."""
  places = jnp.where(at < 0, np.iinfo(np.int32).max, at)
  return array.at[places].set(values, mode='drop')
