"""Weaning: whom the student listens to, and how much."""

import numpy as np

from reincarnating_rl import schedules
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.types import Coefficients


class Weaning:
  """The teacher, lambda, and the learning rate that goes with it.

  Part of `ReincarnationMixin`, which has the attributes used here.
  """

  def set_teacher(self, teacher: Teacher | None) -> None:
    """Says whose policy is distilled; None for tabula rasa."""
    self.teacher = teacher

  @property
  def initial_coefficient(self) -> float:
    """lambda_0."""
    return self._initial_distill_coefficient

  @property
  def is_listening(self) -> bool:
    """Whether the teacher's logits still enter the loss."""
    return self.teacher is not None and self.distill_coefficient > 0.0

  @property
  def needs_teacher_logits(self) -> bool:
    """Whether stored states have to be labelled by the teacher."""
    return self.is_listening

  @property
  def learns_offline(self) -> bool:
    """Whether offline iterations on the teacher's data make sense."""
    return self.is_listening

  def set_distill_coefficient(self, coefficient: float) -> None:
    """Sets lambda, and the learning rate that goes with it."""
    self.distill_coefficient = coefficient
    self.learning_rate = schedules.learning_rate(
      coefficient,
      coefficient_initial=self._initial_distill_coefficient,
      initial=self._initial_learning_rate,
      final=self._final_learning_rate,
    )
    # Strongly typed arrays: a Python float would compile a second program.
    self._coefficients = Coefficients(
      np.float32(coefficient), np.float32(self.learning_rate)
    )

  def record_score(self, normalized_score: float) -> None:
    """Weans the student after an online iteration; nothing to do by default."""
    del normalized_score
