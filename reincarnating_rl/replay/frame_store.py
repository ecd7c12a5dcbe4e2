"""The replay: frames stored once, n-step elements sampled uniformly."""

from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.learner.types import (
  Array,
  Batch,
)
from reincarnating_rl.replay.labelled_ring import LabelledRing
from reincarnating_rl.replay.n_step import n_step as n_step_part
from reincarnating_rl.replay.settings import ReplaySettings


class SampleMetadata(NamedTuple):
  """Where a sampled batch comes from."""

  keys: np.ndarray  # [B] int64, step numbers
  probabilities: np.ndarray  # [B] float64, of being drawn, above 0


class FrameStore(LabelledRing):
  """Replay on the host; the stacks and returns are gathered when sampled.

  `add`, `sample`, `clear` and `add_count` are Dopamine's. Whatever is stored,
  an element crosses neither an episode's end nor the write head, and each one
  that can be sampled is equally likely.
  """

  def __init__(
    self,
    *,
    capacity: int,
    observation_shape: tuple[int, ...],
    observation_dtype: Any = np.uint8,
    stack_size: int = 4,
    n_step: int = 1,
    gamma: float = 0.99,
    num_actions: int = 0,
    batch_size: int = 32,
    seed: int,
  ) -> None:
    """Makes an empty store; memory is taken as frames arrive.

    Args:
      capacity: frames to keep; more than `stack_size + n_step`.
      observation_shape: `*O`, of one frame.
      observation_dtype: of a frame.
      stack_size: S, frames in a state.
      n_step: steps that a return sums.
      gamma: discount of one step, in [0, 1].
      num_actions: A, the width of the teacher's logits; 0 for no teacher.
      batch_size: of `sample` when it is not told.
      seed: of sampling.

    Raises:
      ReplaySettingError: a setting is out of its range.
    """
    super().__init__(
      ReplaySettings.checked(
        capacity=capacity,
        observation_shape=observation_shape,
        observation_dtype=observation_dtype,
        stack_size=stack_size,
        n_step=n_step,
        gamma=gamma,
        num_actions=num_actions,
      )
    )
    self._batch_size = batch_size
    self._rng = np.random.default_rng(seed)

  @property
  def num_elements(self) -> int:
    """How many elements can be sampled now."""
    return len(self)

  def sample(
    self, size: int | None = None, *, with_sample_metadata: bool = False
  ) -> Batch | tuple[Batch, SampleMetadata]:
    """Returns elements drawn uniformly, with replacement.

    Args:
      size: B; the store's `batch_size` when None.
      with_sample_metadata: whether to return keys and probabilities too.

    Raises:
      ValueError: nothing can be sampled yet, or the size is below 1.
    """
    drawn = self._draw(self._batch_size if size is None else size)
    batch = self.gather(drawn.keys)
    return (batch, drawn) if with_sample_metadata else batch

  def update(self, keys: np.ndarray, *, td_losses: Array) -> None:
    """Learns how large the TD losses of sampled elements were: of no use here.

    Args:
      keys: [B], from `sample`.
      td_losses: [B]; never looked at, for they may still be being computed.
    """
    del keys, td_losses

  def sample_keys(self, size: int | tuple[int, ...]) -> np.ndarray:
    """Draws keys of elements uniformly, with replacement.

    Args:
      size: B, or a shape such as (K, B).

    Returns:
      int64 array of that shape.

    Raises:
      ValueError: nothing can be sampled yet, or a size is below 1.
    """
    shape = (size,) if isinstance(size, int | np.integer) else tuple(size)
    self._check_sample(shape)
    drawn = self._rng.integers(self._tail, self._head, shape)
    return self._elements[drawn % self.settings.capacity]

  def _draw(self, size: int) -> SampleMetadata:
    """Draws for `sample`; the one thing that other replays do otherwise."""
    keys = self.sample_keys(size)
    return SampleMetadata(keys, np.full(size, 1.0 / len(self)))

  def _check_sample(self, shape: tuple[int, ...]) -> None:
    if min(shape) < 1:
      raise ValueError(f'A sample must have sizes of at least 1, not {shape}.')
    if not len(self):
      raise ValueError(
        f'The replay has no element to sample: of its {self.next_step} steps '
        f'none is followed by {self.settings.n_step} or by a terminal.'
      )

  def gather(self, keys: np.ndarray) -> Batch:
    """Returns the elements of some keys; unlabelled ones have zero logits.

    Args:
      keys: [B] int64, from `sample_keys`, since which nothing was added.

    Raises:
      ValueError: a key is of a step that is not stored.
    """
    slots, columns = self.slots(keys), self.columns
    part = n_step_part(
      columns['reward'],
      columns['terminal'],
      slots,
      horizon=self.settings.n_step,
      gamma=self.settings.gamma,
    )
    next_slots = (slots + part.next_offset) % self.settings.capacity
    return Batch(
      state=self._stacks(slots),
      action=columns['action'][slots],
      reward=part.reward,
      discount=part.discount,
      next_state=self._stacks(next_slots),
      is_terminal=part.is_terminal,
      teacher_logits=columns['teacher_logits'][slots],
      importance_weight=np.ones(len(slots), np.float32),
    )

  # Persistence; the steps themselves are `SegmentLog`'s.

  def state_dict(self) -> dict[str, Any]:
    """Returns, JSON-able, all that is not in the columns."""
    return super().state_dict() | {'sampler': self._rng.bit_generator.state}

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns what is stored of each element, in order; nothing here."""
    return {}

  def load_arrays(self, arrays: dict[str, np.ndarray]) -> None:
    """Takes over arrays, after `load_state_dict`.

    Args:
      arrays: of the names, types and shapes that `arrays` has now.

    Raises:
      ValueError: an array holds what cannot be.
    """
    del arrays

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Takes over a state whose steps have been put in place by `write`.

    Args:
      state: from `state_dict`.

    Raises:
      KeyError, TypeError, ValueError: it is not such a state.
    """
    self._rng.bit_generator.state = state['sampler']
    super().load_state_dict(state)
