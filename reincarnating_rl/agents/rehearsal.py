"""Rehearsal: the teacher's data stay part of what the student learns from."""

from typing import Any

from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.mixed_replay import MixedReplay
from reincarnating_rl.support.errors import UserError


class Rehearsal:
  """Rehearsal (Agarwal et al. 2022, section 4.1), before any student's class.

  The loss is TD alone, so that the teacher is asked nothing. Each element of an
  online batch is from the teacher's data with probability rho, otherwise from
  the student's replay. Without a teacher, it is tabula rasa.
  """

  needs_teacher = True
  learns_offline = True  # Where the plan has offline iterations.

  def __init__(
    self, num_actions: int, *, seed: int, teacher_data_ratio: float = 1 / 16
  ) -> None:
    """Builds the student.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.
      teacher_data_ratio: rho; 0 is tabula rasa.

    Raises:
      UserError: it is no probability.
    """
    if not 0.0 <= teacher_data_ratio <= 1.0:
      raise UserError(
        f'{type(self).__name__}.teacher_data_ratio is {teacher_data_ratio}: it '
        'is a probability, from 0 to 1.'
      )
    self._teacher_data_ratio = teacher_data_ratio
    super().__init__(num_actions, seed=seed)
    self._mixture = MixedReplay(
      self._replay,
      ratio=teacher_data_ratio,
      batch_size=self.batch_size,
      seed=seed,
    )

  @property
  def keeps_teacher_data(self) -> bool:
    """Whether online batches draw on the teacher's data."""
    return self._teacher_data_ratio > 0.0

  def set_teacher_data(self, store: FrameStore | None) -> None:
    """Says what of the teacher's play there is online."""
    self._mixture.teacher = store if self.keeps_teacher_data else None

  @property
  def identity(self) -> dict[str, Any]:
    """What may not differ when a run is resumed, JSON-able."""
    return super().identity | {'teacher data ratio': self._teacher_data_ratio}

  @property
  def method_state(self) -> dict[str, Any]:
    """What shapes the method's future, JSON-able."""
    return super().method_state | {'mixture': self._mixture.state_dict()}

  def _restore_method(self, counters: dict[str, Any]) -> None:
    super()._restore_method(counters)
    self._mixture.load_state_dict(counters['method']['mixture'])

  @property
  def _batches(self) -> MixedReplay:
    return self._mixture
