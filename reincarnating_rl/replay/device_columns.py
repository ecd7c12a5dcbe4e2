"""The columns of a replay in the device's memory, read in jitted programs."""

import dataclasses
from typing import Any, Protocol

import jax.numpy as jnp

from reincarnating_rl.learner.types import Array, Batch, Lookahead
from reincarnating_rl.replay import packed
from reincarnating_rl.replay.device_draws import Drawn
from reincarnating_rl.replay.device_view import stacks
from reincarnating_rl.replay.n_step import NStep, n_step, n_step_until_cut
from reincarnating_rl.replay.settings import ReplaySettings


class Columns(Protocol):
  """A named tuple with what a step has, by slot."""

  observation: Array  # [C, F] uint8 bits of binary frames, or [C, *O]
  action: Array  # [C] int32, or [C, D] float32
  reward: Array  # [C] float32
  terminal: Array  # [C] bool
  episode_step: Array  # [C] int32, steps since the episode's start
  teacher_policy: Array  # [C, W] float32; zeros where nobody asked a teacher

  def _asdict(self) -> dict[str, Any]: ...


@dataclasses.dataclass(frozen=True)
class DeviceColumns:
  """How columns are kept and read.

  Attributes:
    settings: as of a `FrameStore`.
    is_binary: whether frames are of zeros and ones, and are kept as bits.
  """

  settings: ReplaySettings
  is_binary: bool = False

  def encode(self, frames: Array, xp: Any = jnp) -> Array:
    """Returns frames [..., *O] as they are kept; on the host, `xp` is NumPy."""
    if not self.is_binary:
      return frames
    return packed.pack(frames, len(self.settings.observation_shape), xp)

  def decode(self, kept: Array, xp: Any = jnp) -> Array:
    """Inverse of `encode`."""
    if not self.is_binary:
      return kept
    return packed.unpack(kept, self.settings.observation_shape, xp)

  def gather(self, columns: Columns, step: Array, drawn: Drawn) -> Batch:
    """Returns the batch that `FrameStore.gather` returns for the same steps.

    Args:
      columns: of the replay.
      step: [] int32, number of the next step, or its slot.
      drawn: which of its steps, and how much each counts.
    """
    slots, settings = drawn.slots, self.settings
    part = n_step(
      *(columns.reward, columns.terminal, slots),
      horizon=settings.n_step,
      gamma=settings.gamma,
      stride=settings.num_lanes,
      xp=jnp,
    )
    return Batch(
      state=self.states(columns, slots),
      action=columns.action[slots],
      reward=part.reward,
      discount=part.discount,
      next_state=self._next(columns, slots, part),
      is_terminal=part.is_terminal,
      teacher_policy=columns.teacher_policy[slots],
      importance_weight=drawn.importance_weight,
      second=self._second(columns, step, slots),
    )

  def states(self, columns: Columns, slots: Array) -> Array:
    """Returns the states [B, *O, S] of some slots."""
    return stacks(
      columns,
      slots,
      self.settings.stack_size,
      stride=self.settings.num_lanes,
      decode=self.decode,
    )

  def _next(self, columns: Columns, slots: Array, part: NStep) -> Array:
    at = (slots + part.next_offset) % self.settings.capacity
    return self.states(columns, at)

  def _second(
    self, columns: Columns, step: Array, slots: Array
  ) -> Lookahead | None:
    if self.settings.second_n_step is None:
      return None
    part = n_step_until_cut(
      columns._asdict(),
      slots,
      newest=(step - 1) % self.settings.capacity,
      horizon=self.settings.second_n_step,
      gamma=self.settings.gamma,
      stride=self.settings.num_lanes,
      xp=jnp,
    )
    next_states = self._next(columns, slots, part)
    return Lookahead(part.reward, part.discount, next_states)
