"""A student's replay and its teacher's data, sampled as one."""

from typing import Any

import numpy as np

from reincarnating_rl.learner.types import (
  Array,
  Batch,
)
from reincarnating_rl.replay.frame_store import (
  FrameStore,
  SampleMetadata,
)
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore

TEACHER_KEY = -1  # Of an element of the teacher's data, in `SampleMetadata`.
_STREAM = 1  # Apart from the stores', which have the same seed.


class MixedReplay:
  """Each element is from the teacher's data with probability rho.

  Rehearsal (Agarwal et al. 2022, section 4.1). A row is what its own store
  makes of it: n-step return, discount and importance weight travel with it.
  The teacher's are drawn uniformly and weigh 1.

  Attributes:
    teacher: the teacher's data; None to sample the student's replay alone.
  """

  def __init__(
    self, own: FrameStore, *, ratio: float, batch_size: int, seed: int
  ) -> None:
    """Mixes nothing until there is a `teacher`.

    Args:
      own: the student's replay.
      ratio: rho, in [0, 1].
      batch_size: B, of `sample`.
      seed: of how many rows come from whom.
    """
    self.teacher: FrameStore | None = None
    self._own = own
    self._ratio = ratio
    self._batch_size = batch_size
    self._rng = np.random.default_rng((seed, _STREAM))

  def sample(
    self, *, with_sample_metadata: bool = False
  ) -> Batch | tuple[Batch, SampleMetadata]:
    """Returns B elements, the student's before the teacher's.

    Args:
      with_sample_metadata: whether to return keys and probabilities too;
        elements of the teacher have the key `TEACHER_KEY`.

    Raises:
      ValueError: a store that is drawn from has nothing to sample.
    """
    taught = 0
    if self.teacher is not None:
      draws = self._rng.random(self._batch_size) < self._ratio
      taught = int(np.count_nonzero(draws))
    parts = []
    if taught < self._batch_size:
      parts.append(self._draw_own(self._batch_size - taught))
    if taught:
      parts.append(self._draw_taught(taught))
    batches, drawn = zip(*parts, strict=True)
    batch = batches[0] if len(batches) == 1 else _stack(batches)
    return (batch, _stack(drawn)) if with_sample_metadata else batch

  def update(self, keys: np.ndarray, *, td_losses: Array) -> None:
    """Hands the losses of the student's elements to the student's replay.

    Args:
      keys: [B], from `sample`.
      td_losses: [B]; only looked at where priorities are made of them.
    """
    if isinstance(self._own, PrioritizedFrameStore):
      is_own = keys != TEACHER_KEY
      self._own.update(keys[is_own], td_losses=np.asarray(td_losses)[is_own])

  def state_dict(self) -> dict[str, Any]:
    """Returns, JSON-able, what is in neither of the stores."""
    return {'sampler': self._rng.bit_generator.state}

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Inverse of `state_dict`."""
    self._rng.bit_generator.state = state['sampler']

  def _draw_own(self, size: int) -> tuple[Batch, SampleMetadata]:
    batch, drawn = self._own.sample(size, with_sample_metadata=True)
    share = 1.0 if self.teacher is None else 1.0 - self._ratio
    return batch, drawn._replace(probabilities=share * drawn.probabilities)

  def _draw_taught(self, size: int) -> tuple[Batch, SampleMetadata]:
    batch, drawn = self.teacher.sample(size, with_sample_metadata=True)
    return batch, SampleMetadata(
      np.full(size, TEACHER_KEY), self._ratio * drawn.probabilities
    )


def _stack(parts: tuple[Any, ...]) -> Any:
  """Concatenates records of arrays, field by field."""
  return type(parts[0])(*map(np.concatenate, zip(*parts, strict=True)))
