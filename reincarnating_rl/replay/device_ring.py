"""A replay in the device's memory: `FrameStore` as pure functions.

It holds the same elements as a `FrameStore` or a `PrioritizedFrameStore` to
which the same steps were added. `jax.vmap` makes a replay of each of many
seeds: they all add a step at a time, so the number of the next step is one
for all, and is handed in.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.types import Array, Batch, Lookahead, Transition
from reincarnating_rl.replay import packed
from reincarnating_rl.replay.device_view import stacks
from reincarnating_rl.replay.n_step import NStep, n_step, n_step_until_cut
from reincarnating_rl.replay.prioritized_store import SMALLEST_LOSS
from reincarnating_rl.replay.settings import ReplaySettings

_ROW = 256  # Priorities that are summed at a time.


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


class Drawn(NamedTuple):
  """The elements of a batch."""

  slots: Array  # [B] int32
  importance_weight: Array  # [B] float32, at most 1; ones if uniform


@dataclasses.dataclass(frozen=True)
class DeviceRing:
  """The functions of a replay.

  Attributes:
    settings: as of a `FrameStore`.
    is_binary: whether frames are of zeros and ones, and are kept as bits.
    is_prioritized: whether elements are drawn as a `PrioritizedFrameStore`
      draws them.
  """

  settings: ReplaySettings
  is_binary: bool = False
  is_prioritized: bool = False

  def init(self) -> Ring:
    """Returns an empty replay."""
    capacity = self.settings.capacity
    columns = {
      name: jnp.zeros((capacity, *shape), dtype)
      for name, (dtype, shape) in self.settings.column_layout().items()
    }
    if self.is_binary:
      columns['observation'] = self.encode(columns['observation'])
    zero = jnp.zeros((), jnp.int32)
    return Ring(
      **columns,
      elements=jnp.zeros(capacity, jnp.int32),
      **dict.fromkeys(('tail', 'head', 'next_episode_step'), zero),
      priorities=jnp.zeros(capacity) if self.is_prioritized else None,
      max_priority=jnp.ones(()) if self.is_prioritized else None,
    )

  def encode(self, frames: Array) -> Array:
    """Returns frames [..., *O] as they are kept."""
    if not self.is_binary:
      return frames
    return packed.pack(frames, len(self.settings.observation_shape), jnp)

  def decode(self, kept: Array) -> Array:
    """Inverse of `encode`."""
    if not self.is_binary:
      return kept
    return packed.unpack(kept, self.settings.observation_shape, jnp)

  # Adding.

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
    """Appends those of consecutive keys that are not above the last."""
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
    """Drops the elements that need a frame older than a step."""
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

  # Sampling.

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

  def gather(self, ring: Ring, step: Array, drawn: Drawn) -> Batch:
    """Returns the batch that `FrameStore.gather` returns for the same steps.

    Args:
      ring: the replay.
      step: [] int32, number of the next step.
      drawn: from `sample`.
    """
    slots = drawn.slots
    horizon = functools.partial(self._horizon, ring, slots, step)
    part, second = horizon(self.settings.n_step), None
    if self.settings.second_n_step is not None:
      ahead = horizon(self.settings.second_n_step, until_cut=True)
      second = Lookahead(
        ahead.reward, ahead.discount, self._next(ring, slots, ahead)
      )
    return Batch(
      state=self.states(ring, slots),
      action=ring.action[slots],
      reward=part.reward,
      discount=part.discount,
      next_state=self._next(ring, slots, part),
      is_terminal=part.is_terminal,
      teacher_policy=ring.teacher_policy[slots],
      importance_weight=drawn.importance_weight,
      second=second,
    )

  def states(self, ring: Ring, slots: Array) -> Array:
    """Returns the states [B, *O, S] of some slots."""
    return stacks(ring, slots, self.settings.stack_size, decode=self.decode)

  def _next(self, ring: Ring, slots: Array, part: NStep) -> Array:
    return self.states(
      ring, (slots + part.next_offset) % self.settings.capacity
    )

  def _horizon(
    self,
    ring: Ring,
    slots: Array,
    step: Array,
    horizon: int,
    until_cut: bool = False,
  ) -> NStep:
    settings: dict[str, Any] = {
      'horizon': horizon, 'gamma': self.settings.gamma, 'xp': jnp
    }  # fmt: skip
    if not until_cut:
      return n_step(ring.reward, ring.terminal, slots, **settings)
    newest = (step - 1) % self.settings.capacity
    return n_step_until_cut(ring._asdict(), slots, newest=newest, **settings)


def draw(priorities: Array, uniform: Array) -> tuple[Array, Array]:
  """Draws in proportion to priorities, by two levels of cumulative sums.

  Args:
    priorities: [C] float32, not negative, one above 0.
    uniform: [B] float32 in [0, 1).

  Returns:
    [B] int32 indices, of priorities above 0, and [B] their probabilities.
  """
  rows = jnp.pad(priorities, (0, -len(priorities) % _ROW)).reshape(-1, _ROW)
  sums = jnp.cumsum(rows.sum(axis=1))
  target = uniform * sums[-1]
  row = jnp.searchsorted(sums, target, side='right')
  row = _last_positive(rows.sum(axis=1), row)
  within = jnp.cumsum(rows[row], axis=1)
  left = target - jnp.where(row > 0, sums[row - 1], 0.0)
  column = (within <= left[:, None]).sum(axis=1)
  column = jax.vmap(_last_positive)(rows[row], column)
  index = (row * _ROW + column).astype(jnp.int32)
  return index, priorities[index] / sums[-1]


def _last_positive(values: Array, at: Array) -> Array:
  """Returns the last place up to `at` that has a value above 0.

  Sums are rounded: a target may lie at or above the last of them.
  """
  places = jnp.where(values > 0.0, jnp.arange(len(values)), -1)
  newest = jax.lax.cummax(places)
  found = newest[jnp.minimum(at, len(values) - 1)]
  return jnp.where(found < 0, jnp.argmax(values > 0.0), found)


def _set(array: Array, at: Array, values: Array) -> Array:
  """Sets entries; those at -1 are left out."""
  places = jnp.where(at < 0, np.iinfo(np.int32).max, at)
  return array.at[places].set(values, mode='drop')
