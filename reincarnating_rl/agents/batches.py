"""Where a student's online batches come from."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.agents import labelling
from reincarnating_rl.learner.types import Array, Batch
from reincarnating_rl.replay.device_copy import DeviceCopy
from reincarnating_rl.replay.frame_store import FrameStore, SampleMetadata
from reincarnating_rl.replay.mixed_replay import MixedReplay
from reincarnating_rl.teachers.base import Teacher

# Of a run's seed; how many elements come from whom has 1, roll-ins 2 and 3.
_TEACHER_STREAM = 4


class OnlineBatches:
  """The student's replay, labelled by its teacher, and the teacher's data.

  Attributes:
    replay: the student's own experience.
    teacher_data_ratio: rho.
  """

  def __init__(
    self,
    replay: FrameStore,
    teacher: Teacher | None,
    *,
    label_chunk: int,
    teacher_data_ratio: float = 0.0,
    exact_share: bool = False,
    batch_size: int,
    seed: int,
    reads_returns: bool = False,
    on_device: bool = False,
  ) -> None:
    """Mixes nothing until there is teacher data.

    Args:
      replay: the student's.
      teacher: who labels its states.
      label_chunk: states that the teacher is asked for at a time.
      teacher_data_ratio: rho, the probability that an element is the teacher's.
      exact_share: whether rho of each batch are, to the nearest element.
      batch_size: B.
      seed: of the run.
      reads_returns: whether the loss reads Monte-Carlo returns. Online they are
        unknown: -inf.
      on_device: whether programs gather from a copy in the device's memory.
        Teacher data are not in it.
    """
    self._seed, self._reads_returns = seed, reads_returns
    self.replay = replay
    self._teacher, self._label_chunk = teacher, label_chunk
    self.teacher_data_ratio = teacher_data_ratio
    self._copy = DeviceCopy(replay) if on_device else None
    self._mixture = MixedReplay(
      replay,
      ratio=teacher_data_ratio,
      is_exact=exact_share,
      batch_size=batch_size,
      seed=seed,
    )

  @property
  def keeps_teacher_data(self) -> bool:
    """Whether online batches draw on the teacher's data."""
    return self.teacher_data_ratio > 0.0

  @property
  def teacher_seed(self) -> int | tuple[int, int]:
    """The seed of a store of teacher's data.

    With that of the student's own replay, both halves of a mixed batch would be
    the same draws: an old step of the one beside an old step of the other.
    """
    if self.keeps_teacher_data:
      return self._seed, _TEACHER_STREAM
    return self._seed

  @property
  def on_device(self) -> bool:
    """Whether programs gather from a copy in the device's memory."""
    return self._copy is not None

  def set_teacher_data(self, store: FrameStore | None) -> None:
    """Sets the teacher data used online. Ignored unless it is mixed in."""
    self._mixture.teacher = store if self.keeps_teacher_data else None

  def sample(self, *, labelled: bool) -> tuple[Batch, SampleMetadata]:
    """Draws a batch.

    Args:
      labelled: whether the loss reads the teacher's policy. Each state is
        labelled once, when it is first needed.
    """
    if labelled:
      self._label()
    source = self._mixture if self.keeps_teacher_data else self.replay
    batch, drawn = source.sample(with_sample_metadata=True)
    return self._with_returns(batch, np), drawn

  def draw(
    self, number: int, *, labelled: bool
  ) -> tuple[Any, Any, list[SampleMetadata]]:
    """Draws the batches of one program.

    Args:
      number: K.
      labelled: see `sample`.

    Returns:
      What `gather` reads; what it makes each batch of, with a leading axis K;
      and the steps of each.
    """
    if self._copy is None:
      made = [self.sample(labelled=labelled and not k) for k in range(number)]
      batches, drawn = zip(*made, strict=True)
      return None, _stacked(batches), list(drawn)
    if labelled:
      self._label()
    drawn = [self.replay.draw() for _ in range(number)]
    rows = _stacked([self._copy.drawn(one) for one in drawn])
    return self._copy.up_to_date(), rows, drawn

  def gather(self, data: Any, row: Any) -> Batch:
    """Returns one batch of those that `draw` has drawn; jittable."""
    if self._copy is None:
      return row
    return self._with_returns(self._copy.gather(data, row), jnp)

  def _label(self) -> None:
    labelling.label(self.replay, self._teacher, chunk=self._label_chunk)

  def _with_returns(self, batch: Batch, xp: Any) -> Batch:
    if not self._reads_returns:
      return batch
    unknown = xp.full(batch.reward.shape, -xp.inf, np.float32)
    return batch._replace(monte_carlo_return=unknown)

  def update(self, drawn: SampleMetadata, td_losses: Array) -> None:
    """Sets the priorities of what was drawn; a uniform replay has none."""
    source = self._mixture if self.keeps_teacher_data else self.replay
    source.update(drawn.keys, td_losses=td_losses)

  def state_dict(self) -> dict[str, Any]:
    """Returns, JSON-able, what is in neither replay."""
    return self._mixture.state_dict()

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Inverse of `state_dict`."""
    self._mixture.load_state_dict(state)


def _stacked(records: Any) -> Any:
  return jax.tree.map(lambda *rows: np.stack(rows), *records)
