"""A copy of a replay in the device's memory, for programs to gather from."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.types import Array, Batch
from reincarnating_rl.replay.device_columns import DeviceColumns
from reincarnating_rl.replay.device_draws import Drawn
from reincarnating_rl.replay.frame_store import FrameStore, SampleMetadata

_MOST_ROWS = 4096  # That are copied at a time.


class CopiedColumns(NamedTuple):
  """What `DeviceColumns` reads, by slot."""

  observation: Array  # [C, *O]
  action: Array  # [C] int32, or [C, D] float32
  reward: Array  # [C] float32
  terminal: Array  # [C] bool
  episode_step: Array  # [C] int32
  teacher_policy: Array  # [C, W] float32


class Copied(NamedTuple):
  """A replay as programs take it."""

  columns: CopiedColumns
  next_step: Array  # [] int32, its slot; see `DeviceColumns.gather`


class DeviceCopy:
  """Follows a replay on the host, which draws, saves and labels as ever.

  A batch then crosses to the device as slots and weights; frames and vectors
  cross once, when they are new. The replay is held twice.
  """

  def __init__(self, store: FrameStore) -> None:
    """Copies nothing yet; the device's memory is taken at the first copy.

    Args:
      store: to follow.
    """
    self._store = store
    self._functions = DeviceColumns(store.settings)
    self._columns: CopiedColumns | None = None
    self._copied = self._labelled = 0  # Steps, and those with labels.
    self._life = store.life
    self._write = jax.jit(_write, donate_argnums=0)

  def up_to_date(self) -> Copied:
    """Returns the copy, with all steps and labels of the store.

    The next call takes over its memory.
    """
    store = self._store
    if self._columns is None or store.life is not self._life:
      self._columns, self._life = self._empty(), store.life
      self._copied = self._labelled = 0
    first = self._copied
    if store.labelled > self._labelled:  # Since they were copied, perhaps.
      first = min(first, self._labelled)
    first = max(first, store.oldest_step)
    while first < store.next_step:
      stop = min(first + _MOST_ROWS, store.next_step)
      self._copy(first, stop)
      first = stop
    self._copied, self._labelled = store.next_step, store.labelled
    newest = store.next_step % store.settings.capacity
    return Copied(self._columns, np.int32(newest))

  def drawn(self, drawn: SampleMetadata) -> Drawn:
    """Returns what a program gathers a batch by.

    Args:
      drawn: from the store's `draw`.
    """
    slots = self._store.slots(drawn.keys).astype(np.int32)
    return Drawn(slots, self._store.importance_weights(drawn))

  def gather(self, copied: Copied, drawn: Drawn) -> Batch:
    """Returns the batch that the store would sample; jittable.

    n-step returns are summed in float32, where the store sums in float64.

    Args:
      copied: from `up_to_date`.
      drawn: from `drawn`.
    """
    return self._functions.gather(copied.columns, copied.next_step, drawn)

  def _empty(self) -> CopiedColumns:
    capacity = self._store.settings.capacity
    layout = self._store.settings.column_layout()
    return CopiedColumns(
      **{
        name: jnp.zeros((capacity, *shape), dtype)
        for name, (dtype, shape) in layout.items()
      }
    )

  def _copy(self, start: int, stop: int) -> None:
    # Few sizes, so that few programs are compiled; what fills up is dropped.
    size = 1 << (stop - start - 1).bit_length()
    rows = self._store.read(start, stop)
    slots = np.full(size, self._store.settings.capacity, np.int32)
    slots[: stop - start] = np.arange(start, stop) % len(self._columns.reward)
    filled = {name: _filled(rows[name], size) for name in self._columns._fields}
    self._columns = self._write(self._columns, slots, CopiedColumns(**filled))


def _filled(rows: np.ndarray, size: int) -> np.ndarray:
  padding = np.zeros((size - len(rows), *rows.shape[1:]), rows.dtype)
  return np.concatenate([rows, padding])


def _write(
  columns: CopiedColumns, slots: Array, rows: CopiedColumns
) -> CopiedColumns:
  return jax.tree.map(
    lambda column, new: column.at[slots].set(new, mode='drop'), columns, rows
  )
