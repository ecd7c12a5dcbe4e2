"""Weaning: whom the student listens to, and how much."""

from typing import Any

import numpy as np

from reincarnating_rl.learner import schedules
from reincarnating_rl.learner.types import Coefficients
from reincarnating_rl.teachers.base import Teacher


class Weaning:
  """The teacher, lambda, and the learning rate that goes with it.

  Part of `ReincarnationMixin`, which has the attributes used here.
  """

  def set_teacher(self, teacher: Teacher | None) -> None:
    """Says whose policy is distilled; None for tabula rasa: lambda is 0."""
    self.teacher = teacher
    if teacher is None:
      self.set_distill_coefficient(0.0)

  @property
  def initial_coefficient(self) -> float:
    """lambda_0."""
    return self._initial_distill_coefficient

  @property
  def is_listening(self) -> bool:
    """Whether the teacher's term still has a weight in the loss."""
    return self.teacher is not None and self.distill_coefficient > 0.0

  @property
  def is_taught(self) -> bool:
    """Whether the teacher is more than a score to compare with."""
    has_term = self._teacher_term is not None
    return self.is_listening if has_term else self.needs_teacher

  @property
  def needs_teacher_logits(self) -> bool:
    """Whether states must be labelled, for the loss reads their logits now."""
    term = self._teacher_term
    return self.is_listening and term is not None and term.needs_teacher_logits

  @property
  def learns_offline(self) -> bool:
    """Whether there is an offline phase, on the teacher's data."""
    return self._initial_distill_coefficient > 0.0

  @property
  def _teacher_metric(self) -> str | None:
    return self._teacher_term and self._teacher_term.metric

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


class WeanedByScore:
  """A method whose lambda falls as the student's score nears the teacher's.

  Agarwal et al. 2022, section 4.2. The learning rate goes with lambda where
  `Student.final_learning_rate` is another than the first.
  """

  _decay_period: int  # online steps after which the teacher is dropped
  _latch = True  # whether lambda stays 0 once it is
  _floor = 0.0  # least lambda before then, a fraction of lambda_0

  @property
  def identity(self) -> dict[str, Any]:
    """What may not differ when a run is resumed, JSON-able."""
    return super().identity | {
      'decay period of lambda': self._decay_period,
      'latch of lambda': self._latch,
      'floor of lambda': self._floor,
    }

  def record_score(self, normalized_score: float) -> None:
    """Weans the student after an online iteration's evaluation.

    Args:
      normalized_score: 0 for a random policy, 1 for the teacher.
    """
    self.set_distill_coefficient(
      schedules.distill_coefficient(
        self.distill_coefficient,
        normalized_score,
        initial=self._initial_distill_coefficient,
        online_steps=self.training_steps,
        decay_period=self._decay_period,
        latch=self._latch,
        floor=self._floor,
      )
    )
