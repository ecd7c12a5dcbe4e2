"""A replay that stores each frame once and samples n-step elements."""

import copy
from typing import Any, NamedTuple, Self

import numpy as np

from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.learner.types import Array, Batch, Lookahead
from reincarnating_rl.replay.labelled_ring import LabelledRing
from reincarnating_rl.replay.n_step import n_step as n_step_part
from reincarnating_rl.replay.n_step import n_step_until_cut
from reincarnating_rl.replay.settings import ReplaySettings


class SampleMetadata(NamedTuple):
  """The steps that a batch was sampled from."""

  keys: np.ndarray  # [B] int64, step numbers
  probabilities: np.ndarray  # [B] float64, of each draw, above 0


class FrameStore(LabelledRing):
  """Replay in host memory; stacks and returns are computed when sampled.

  `add`, `sample`, `clear` and `add_count` are Dopamine's. No element crosses
  an episode's end or the write head. All elements are equally likely.
  """

  def __init__(
    self,
    *,
    capacity: int,
    observation_shape: tuple[int, ...],
    observation_dtype: Any = np.uint8,
    actions: Actions,
    policy_size: int = 0,
    stack_size: int = 4,
    n_step: int = 1,
    gamma: float = 0.99,
    second_n_step: int | None = None,
    num_lanes: int = 1,
    batch_size: int = 32,
    seed: int | tuple[int, ...],
  ) -> None:
    """Makes an empty store; memory is taken as frames arrive.

    Args:
      capacity: frames to keep; more than `stack_size + n_step`.
      observation_shape: `*O`, the shape of one frame.
      observation_dtype: type of a frame.
      actions: of the game.
      policy_size: W, numbers that say what a teacher's policy is in a state; 0
        without a teacher.
      stack_size: S, frames in a state.
      n_step: steps that a return sums.
      gamma: discount of one step, in [0, 1].
      second_n_step: steps of a second return, sampled as `Batch.second`; None
        for one return only. Where a time-out or the newest step comes sooner,
        the second return sums the steps before it (`n_step_until_cut`).
      num_lanes: L, environments whose steps are added in turn.
      batch_size: default size of `sample`.
      seed: seed of sampling.

    Raises:
      ReplaySettingError: a setting is out of its range.
    """
    super().__init__(
      ReplaySettings.checked(
        capacity=capacity,
        observation_shape=observation_shape,
        observation_dtype=observation_dtype,
        actions=actions,
        policy_size=policy_size,
        stack_size=stack_size,
        n_step=n_step,
        gamma=gamma,
        second_n_step=second_n_step,
        num_lanes=num_lanes,
      )
    )
    self._batch_size = batch_size
    self._rng = np.random.default_rng(seed)

  def reading(self, seed: int | tuple[int, ...]) -> Self:
    """Returns a store that reads this one's memory; add to neither any more.

    Args:
      seed: of its sampling.
    """
    store = copy.copy(self)
    store._rng, store.segments = np.random.default_rng(seed), []
    return store

  def sample(
    self, size: int | None = None, *, with_sample_metadata: bool = False
  ) -> Batch | tuple[Batch, SampleMetadata]:
    """Returns elements drawn uniformly, with replacement.

    Args:
      size: B; None for the store's `batch_size`.
      with_sample_metadata: whether to return keys and probabilities too.

    Raises:
      ValueError: the store has no element yet, or the size is below 1.
    """
    drawn = self.draw(size)
    weights = self.importance_weights(drawn)
    batch = self.gather(drawn.keys)._replace(importance_weight=weights)
    return (batch, drawn) if with_sample_metadata else batch

  def draw(self, size: int | None = None) -> SampleMetadata:
    """Draws the elements of a batch, as `sample` does.

    Args:
      size: B; None for the store's `batch_size`.

    Raises:
      ValueError: the store has no element yet, or the size is below 1.
    """
    return self._draw(self._batch_size if size is None else size)

  def importance_weights(self, drawn: SampleMetadata) -> np.ndarray:
    """Returns how much each element from `draw` counts, [B] float32: ones."""
    return np.ones(len(drawn.keys), np.float32)

  def update(self, keys: np.ndarray, *, td_losses: Array) -> None:
    """Does nothing: a uniform replay has no priorities.

    Args:
      keys: [B], from `sample`.
      td_losses: [B]; not read, because the device may still be computing them.
    """
    del keys, td_losses

  def sample_keys(self, size: int | tuple[int, ...]) -> np.ndarray:
    """Draws keys of elements uniformly, with replacement.

    Args:
      size: B, or a shape such as (K, B).

    Returns:
      int64 array of that shape.

    Raises:
      ValueError: the store has no element yet, or a size is below 1.
    """
    shape = (size,) if isinstance(size, int | np.integer) else tuple(size)
    self._check_sample(shape)
    return self._elements.take(self._rng.integers(len(self), size=shape))

  def _draw(self, size: int) -> SampleMetadata:
    """Draws keys for `draw`; other replays override this."""
    keys = self.sample_keys(size)
    return SampleMetadata(keys, np.full(size, 1.0 / len(self)))

  def _check_sample(self, shape: tuple[int, ...]) -> None:
    if min(shape) < 1:
      raise ValueError(f'A sample must have sizes of at least 1, not {shape}.')
    if not len(self):
      raise ValueError(
        f'The replay has no element to sample: none of its {self.next_step} '
        f'steps is followed by {self.settings.n_step} steps or a terminal.'
      )

  def gather(self, keys: np.ndarray) -> Batch:
    """Returns the elements of some keys; unlabelled ones have zeros for labels.

    Args:
      keys: [B] int64, from `sample_keys`; nothing may have been added since.

    Raises:
      ValueError: a key names a step that is not stored.
    """
    slots, columns = self.slots(keys), self.columns
    part = n_step_part(
      columns['reward'],
      columns['terminal'],
      slots,
      horizon=self.settings.n_step,
      gamma=self.settings.gamma,
      stride=self.settings.num_lanes,
    )
    next_slots = (slots + part.next_offset) % self.settings.capacity
    return Batch(
      state=self._stacks(slots),
      action=columns['action'][slots],
      reward=part.reward,
      discount=part.discount,
      next_state=self._stacks(next_slots),
      is_terminal=part.is_terminal,
      teacher_policy=columns['teacher_policy'][slots],
      importance_weight=np.ones(len(slots), np.float32),
      second=self._second(slots),
    )

  def _second(self, slots: np.ndarray) -> Lookahead | None:
    if self.settings.second_n_step is None:
      return None
    part = n_step_until_cut(
      self.columns,
      slots,
      newest=(self.next_step - 1) % self.settings.capacity,
      horizon=self.settings.second_n_step,
      gamma=self.settings.gamma,
      stride=self.settings.num_lanes,
    )
    next_slots = (slots + part.next_offset) % self.settings.capacity
    return Lookahead(part.reward, part.discount, self._stacks(next_slots))

  # Persistence, apart from the steps, which `SegmentLog` saves.

  def state_dict(self) -> dict[str, Any]:
    """Returns the JSON-able state, without the columns."""
    return super().state_dict() | {'sampler': self._rng.bit_generator.state}

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns arrays with one row an element, in order; here none."""
    return {}

  def load_arrays(self, arrays: dict[str, np.ndarray]) -> None:
    """Restores the arrays of `arrays`, after `load_state_dict`.

    Args:
      arrays: same names, types and shapes as `arrays` returns now.

    Raises:
      ValueError: an array holds invalid values.
    """
    del arrays

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Restores a state, after `write` has restored its steps.

    Args:
      state: from `state_dict`.

    Raises:
      KeyError, TypeError, ValueError: the state is invalid.
    """
    self._rng.bit_generator.state = state['sampler']
    super().load_state_dict(state)
