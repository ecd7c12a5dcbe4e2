"""The weaner: applies a schedule of `weaning.py` to what it hears."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from reincarnating_rl.learner.terms import TEACHER_POLICY, Term
from reincarnating_rl.learner.types import Weights
from reincarnating_rl.learner.weaning import (
  RETURNS,
  SCHEDULES,
  Heard,
  WeaningSettings,
)
from reincarnating_rl.support.errors import pick


class Weaner:
  """The weights of the terms and the learning rate, as they are now.

  Attributes:
    fraction: d in [0, 1], what is left of the first weights of weaned terms.
    weights: for the next update; strongly typed arrays, for a Python float
      would compile a second program.
  """

  def __init__(
    self,
    terms: Sequence[Term],
    schedule: str,
    settings: WeaningSettings,
    *,
    learning_rate: float,
    final_learning_rate: float | None = None,
    has_teacher: bool = True,
  ) -> None:
    """Begins with the first weights.

    Args:
      terms: of the objective.
      schedule: a key of `SCHEDULES`.
      settings: of the schedule.
      learning_rate: while the teacher is followed in full; all the time where
        there is nobody to be weaned from.
      final_learning_rate: once weaned; None for `learning_rate`. In between it
        is `d * first + (1 - d) * final`.
      has_teacher: False leaves all weaned terms at 0.

    Raises:
      UserError: there is no such schedule.
    """
    self._schedule = pick('weaner', SCHEDULES, schedule)
    self._terms, self._settings = tuple(terms), settings
    self._learning_rates = (
      learning_rate,
      learning_rate if final_learning_rate is None else final_learning_rate,
    )
    self._initial = max((t.weight for t in terms if t.is_weaned), default=0.0)
    self._has_teacher = has_teacher
    self._returns: list[float] = []
    self._scores: list[float] = []
    self._set(1.0)

  @property
  def initial_coefficient(self) -> float:
    """lambda_0: the largest first weight of a weaned term; 0 without one."""
    return self._initial

  @property
  def coefficient(self) -> float:
    """lambda: what is left of lambda_0 now."""
    return self._initial * self.fraction if self._has_teacher else 0.0

  @property
  def is_listening(self) -> bool:
    """Whether a teacher's term has a weight in the loss."""
    return self.coefficient > 0.0

  @property
  def learning_rate(self) -> float:
    """`d * first + (1 - d) * final`."""
    first, final = self._learning_rates
    # Nothing can be weaned: there is one learning rate.
    d = self.fraction if self._has_teacher and self._initial else 1.0
    return d * first + (1.0 - d) * final

  def after_evaluation(self, score: float, online_steps: int) -> None:
    """Hears the normalised score of an online iteration's evaluation."""
    self._scores = [*self._scores, float(score)][-self._settings.evaluations :]
    mean = float(np.mean(self._scores))
    self._hear('evaluation', Heard(online_steps, mean, self._returns))

  def after_episode(self, score: float) -> None:
    """Hears the normalised return of a training episode."""
    self._returns = [*self._returns, float(score)][-RETURNS:]

  def before_update(self, online_steps: int) -> None:
    """Is asked before each online update."""
    if self._schedule.hears == 'update':
      self._hear('update', Heard(online_steps, None, self._returns))

  def at_switch(self) -> None:
    """Hears that online training follows; again changes nothing."""
    self._hear('switch', Heard(0))

  def state_dict(self) -> dict[str, Any]:
    """Returns what shapes its future, JSON-able."""
    return {
      'fraction': self.fraction,
      'returns': self._returns,
      'scores': self._scores,
    }

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Inverse of `state_dict`."""
    self._returns = list(state['returns'])
    self._scores = list(state.get('scores', ()))  # Older runs have none.
    self._set(state['fraction'])

  def _hear(self, event: str, heard: Heard) -> None:
    if event != self._schedule.hears:
      return
    schedule, settings = self._schedule, self._settings
    fraction = schedule.fraction(heard, settings)
    period = settings.decay_period
    is_over = period is not None and heard.online_steps >= period
    stays_dropped = (
      self.fraction == 0.0
      and fraction is not None
      and settings.drops(1.0 - fraction, latches=schedule.latches)
    )
    if is_over or stays_dropped:
      fraction = 0.0
    elif fraction is not None and event != 'switch':
      fraction = min(max(fraction, settings.floor), 1.0)
    if fraction is not None and fraction != self.fraction:
      self._set(fraction)

  def _set(self, fraction: float) -> None:
    self.fraction = fraction
    self.weights = Weights(
      {t.name: np.float32(self._weight(t)) for t in self._terms},
      np.float32(self.learning_rate),
    )

  def _weight(self, term: Term) -> float:
    is_heard = self._has_teacher or not (
      term.is_weaned or TEACHER_POLICY in term.reads
    )
    share = self.fraction if term.is_weaned else 1.0
    return term.weight * share if is_heard else 0.0
