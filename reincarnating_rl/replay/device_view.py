"""A store as arrays in the device's memory, sampled inside a jitted program."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.types import (
  Array,
  Batch,
)
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.n_step import n_step


class ReplayArrays(NamedTuple):
  """The `N` slots of a store; only those that begin an element are sampled."""

  observation: Array  # [N, *O]
  episode_step: Array  # [N] int32, steps since the episode's start
  action: Array  # [N] int32
  reward: Array  # [N] float32, n-step return
  discount: Array  # [N] float32, 0 where is_terminal
  is_terminal: Array  # [N] bool
  next_offset: Array  # [N] int32, from a state's slot to its next state's
  teacher_logits: Array  # [N, A] float32


def device_view(store: FrameStore) -> ReplayArrays:
  """Puts a store on the default device, n-step returns computed.

  On the CPU the frames stay where they are and the store's memory is shared:
  make another view after adding to it. An accelerator gets one transfer.

  Args:
    store: N of its slots are in use; all of them once it has wrapped.

  Returns:
    What `gather` takes together with `store.slots(keys)`.
  """
  count = min(store.next_step, store.settings.capacity)
  columns = {name: column[:count] for name, column in store.columns.items()}
  part = n_step(
    columns['reward'],
    columns['terminal'],
    np.arange(count),
    horizon=store.settings.n_step,
    gamma=store.settings.gamma,
  )
  return jax.device_put(
    ReplayArrays(
      observation=columns['observation'],
      episode_step=columns['episode_step'],
      action=columns['action'],
      teacher_logits=columns['teacher_logits'],
      **part._asdict(),
    )
  )


def gather(arrays: ReplayArrays, slots: Array, *, stack_size: int) -> Batch:
  """Returns what `FrameStore.gather` returns for the keys in some slots.

  Args:
    arrays: from `device_view`.
    slots: [B] integers, from `FrameStore.slots`.
    stack_size: S of the store.
  """
  slots = jnp.asarray(slots, jnp.int32)
  next_slots = slots + arrays.next_offset[slots]
  next_slots %= len(arrays.observation)
  return Batch(
    state=_stacks(arrays, slots, stack_size),
    action=arrays.action[slots],
    reward=arrays.reward[slots],
    discount=arrays.discount[slots],
    next_state=_stacks(arrays, next_slots, stack_size),
    is_terminal=arrays.is_terminal[slots],
    teacher_logits=arrays.teacher_logits[slots],
    importance_weight=jnp.ones(len(slots), jnp.float32),
  )


def _stacks(arrays: ReplayArrays, slots: jax.Array, size: int) -> jax.Array:
  ages = jnp.arange(size - 1, -1, -1, dtype=jnp.int32)[None]
  index = (slots[:, None] - ages) % len(arrays.observation)
  # A remainder is in bounds; saying so spares a mask over every pixel.
  frames = arrays.observation.at[index].get(mode='promise_in_bounds')
  is_real = ages <= arrays.episode_step[slots][:, None]
  is_real = is_real.reshape(is_real.shape + (1,) * (frames.ndim - 2))
  frames = jnp.where(is_real, frames, jnp.zeros((), frames.dtype))
  return jnp.moveaxis(frames, 1, -1)
