"""A store as arrays in the device's memory, sampled in jitted programs."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.types import Array, Batch, Lookahead
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.monte_carlo import monte_carlo_returns
from reincarnating_rl.replay.n_step import NStep, n_step, n_step_until_cut


class ReplayArrays(NamedTuple):
  """The `N` slots of a store; sample only slots that begin an element."""

  observation: Array  # [N, *O]
  episode_step: Array  # [N] int32, steps since the episode's start
  action: Array  # [N] int32, or [N, D] float32
  reward: Array  # [N] float32, n-step return
  discount: Array  # [N] float32, 0 where is_terminal
  is_terminal: Array  # [N] bool
  next_offset: Array  # [N] int32, from a state's slot to its next state's
  teacher_policy: Array  # [N, W] float32
  second: NStep | None  # of the second horizon, if the store has one
  monte_carlo_return: Array | None  # [N] float32, if asked for


def device_view(store: FrameStore, **settings: Any) -> ReplayArrays:
  """Puts a store on the default device; an accelerator gets one transfer.

  Args:
    store: see `host_view`.
    **settings: of `host_view`, which says what the arrays are.

  Returns:
    Arrays for `gather`. On a CPU, too, frames share the store's memory.
  """
  return jax.device_put(host_view(store, **settings))


def host_view(
  store: FrameStore,
  *,
  monte_carlo: bool = False,
  encode: Callable[[np.ndarray], np.ndarray] = lambda frames: frames,
) -> ReplayArrays:
  """Returns a store as NumPy arrays, with n-step returns computed.

  Frames that `encode` leaves as they are share the store's memory: make a new
  view after adding to the store.

  Args:
    store: N of its slots are in use; all of them once the ring has wrapped.
    monte_carlo: whether `gather` returns `monte_carlo_returns` too.
    encode: frames to how they are kept; `gather` is told the inverse.

  Returns:
    Arrays for `gather`; index them by `store.slots(keys)`.
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
  return ReplayArrays(
    observation=encode(columns['observation']),
    episode_step=columns['episode_step'],
    action=columns['action'],
    teacher_policy=columns['teacher_policy'],
    second=_second(store, columns),
    monte_carlo_return=monte_carlo_returns(store) if monte_carlo else None,
    **part._asdict(),
  )


def _second(store: FrameStore, columns: dict[str, np.ndarray]) -> NStep | None:
  horizon, count = store.settings.second_n_step, len(columns['reward'])
  if horizon is None:
    return None
  return n_step_until_cut(
    columns,
    np.arange(count),
    newest=(store.next_step - 1) % max(count, 1),
    horizon=horizon,
    gamma=store.settings.gamma,
  )


def gather(
  arrays: ReplayArrays,
  slots: Array,
  *,
  stack_size: int,
  decode: Callable[[Array], Array] = lambda frames: frames,
) -> Batch:
  """Returns the batch that `FrameStore.gather` returns for the same steps.

  Args:
    arrays: from `device_view`.
    slots: [B] integers, from `FrameStore.slots`.
    stack_size: S of the store.
    decode: see `stacks`.
  """
  slots = jnp.asarray(slots, jnp.int32)

  def next_states(offsets: jax.Array) -> jax.Array:
    at = (slots + offsets[slots]) % len(arrays.observation)
    return stacks(arrays, at, stack_size, decode=decode)

  def lookahead(part: NStep) -> Lookahead:
    return Lookahead(
      reward=part.reward[slots],
      discount=part.discount[slots],
      next_state=next_states(part.next_offset),
    )

  returns = arrays.monte_carlo_return
  return Batch(
    state=stacks(arrays, slots, stack_size, decode=decode),
    action=arrays.action[slots],
    reward=arrays.reward[slots],
    discount=arrays.discount[slots],
    next_state=next_states(arrays.next_offset),
    is_terminal=arrays.is_terminal[slots],
    teacher_policy=arrays.teacher_policy[slots],
    importance_weight=jnp.ones(len(slots), jnp.float32),
    second=None if arrays.second is None else lookahead(arrays.second),
    monte_carlo_return=None if returns is None else returns[slots],
  )


def stacks(
  arrays: Any,
  slots: jax.Array,
  size: int,
  *,
  stride: int = 1,
  decode: Callable[[Array], Array] = lambda frames: frames,
) -> jax.Array:
  """Returns the states [B, *O, S] that end in some slots.

  Args:
    arrays: with `observation` [N, ...] and `episode_step` [N].
    slots: [B] integers.
    size: S.
    stride: slots from one step of an episode to the next.
    decode: frames as they are kept to frames [..., *O].
  """
  if size == 1:  # No padding.
    frames = arrays.observation.at[slots].get(mode='promise_in_bounds')
    return decode(frames)[..., None]
  ages = jnp.arange(size - 1, -1, -1, dtype=jnp.int32)[None]
  index = (slots[:, None] - stride * ages) % len(arrays.observation)
  # The index is in bounds. Promising that avoids a mask over every pixel.
  frames = decode(arrays.observation.at[index].get(mode='promise_in_bounds'))
  is_real = ages <= arrays.episode_step[slots][:, None]
  is_real = is_real.reshape(is_real.shape + (1,) * (frames.ndim - 2))
  frames = jnp.where(is_real, frames, jnp.zeros((), frames.dtype))
  return jnp.moveaxis(frames, 1, -1)
