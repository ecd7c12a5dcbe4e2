"""Samples a student's replay and its teacher's data as one replay."""

from typing import Any

import jax
import numpy as np

from reincarnating_rl.learner.types import Array, Batch
from reincarnating_rl.replay.frame_store import FrameStore, SampleMetadata
from reincarnating_rl.replay.memory import ReusedMemory
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore

TEACHER_KEY = -1  # Key of the teacher's elements in `SampleMetadata`.
_STREAM = 1  # The stores have the same seed, but another stream.


def exact_share(ratio: float, size: int) -> int:
  """Returns how many of a batch of `size` are the teacher's, to the nearest."""
  return round(ratio * size)


class MixedReplay:
  """Draws each element from the teacher's data with probability rho.

  Rehearsal (Agarwal et al. 2022, section 4.1). Each row keeps the n-step
  return, discount and importance weight of its own store. The teacher's rows
  are drawn uniformly and have weight 1.

  Attributes:
    teacher: the teacher's data; None to sample the student's replay alone.
  """

  def __init__(
    self,
    own: FrameStore,
    *,
    ratio: float,
    is_exact: bool = False,
    batch_size: int,
    seed: int,
  ) -> None:
    """Samples the student's replay alone until `teacher` is set.

    Args:
      own: the student's replay.
      ratio: rho, in [0, 1].
      is_exact: whether rho of each batch, to the nearest element, are the
        teacher's (RLPD: Ball et al. 2023, https://arxiv.org/abs/2302.02948).
      batch_size: B, the size of `sample`.
      seed: seed of the number of teacher's rows in each batch.
    """
    self.teacher: FrameStore | None = None
    self._own = own
    self._ratio, self._is_exact = ratio, is_exact
    self._batch_size = batch_size
    self._rng = np.random.default_rng((seed, _STREAM))
    self._memory = ReusedMemory()

  def sample(
    self, *, with_sample_metadata: bool = False
  ) -> Batch | tuple[Batch, SampleMetadata]:
    """Returns B elements, the student's before the teacher's.

    Args:
      with_sample_metadata: whether to return keys and probabilities too;
        the teacher's elements have the key `TEACHER_KEY`.

    Raises:
      ValueError: a store to draw from has no element yet, or only one of the
        two has a second horizon.
    """
    from_teacher, parts = self._draw_share(), []
    if from_teacher < self._batch_size:
      parts.append(self._draw_own(self._batch_size - from_teacher))
    if from_teacher:
      parts.append(self._draw_teacher(from_teacher))
    batches, drawn = zip(*parts, strict=True)
    if len({batch.second is None for batch in batches}) == 2:
      raise ValueError(
        "The student's replay and the teacher's data must both have a "
        'second_n_step, or neither.'
      )
    batch = batches[0] if len(batches) == 1 else self._stack(batches)
    return (batch, self._stack(drawn)) if with_sample_metadata else batch

  def update(self, keys: np.ndarray, *, td_losses: Array) -> None:
    """Passes the losses of the student's elements to the student's replay.

    Args:
      keys: [B], from `sample`.
      td_losses: [B]; read only if the student's replay has priorities.
    """
    if isinstance(self._own, PrioritizedFrameStore):
      is_own = keys != TEACHER_KEY
      self._own.update(keys[is_own], td_losses=np.asarray(td_losses)[is_own])

  def state_dict(self) -> dict[str, Any]:
    """Returns the JSON-able state, without the two stores."""
    return {'sampler': self._rng.bit_generator.state}

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Restores a state from `state_dict`."""
    self._rng.bit_generator.state = state['sampler']

  def _draw_share(self) -> int:
    """Returns how many elements of a batch are the teacher's."""
    if self.teacher is None:
      return 0
    if self._is_exact:
      return exact_share(self._ratio, self._batch_size)
    draws = self._rng.random(self._batch_size) < self._ratio
    return int(np.count_nonzero(draws))

  def _draw_own(self, size: int) -> tuple[Batch, SampleMetadata]:
    batch, drawn = self._own.sample(size, with_sample_metadata=True)
    share = 1.0 if self.teacher is None else 1.0 - self._ratio
    return batch, drawn._replace(probabilities=share * drawn.probabilities)

  def _draw_teacher(self, size: int) -> tuple[Batch, SampleMetadata]:
    batch, drawn = self.teacher.sample(size, with_sample_metadata=True)
    return batch, SampleMetadata(
      np.full(size, TEACHER_KEY), self._ratio * drawn.probabilities
    )

  def _stack(self, parts: tuple[Any, ...]) -> Any:
    """Concatenates records of arrays, field by field."""

    def joined(*fields: np.ndarray) -> np.ndarray:
      shape = sum(map(len, fields)), *fields[0].shape[1:]
      return np.concatenate(
        fields, out=self._memory.empty(shape, fields[0].dtype)
      )

    return jax.tree.map(joined, *parts)
