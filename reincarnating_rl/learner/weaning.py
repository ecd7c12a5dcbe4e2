"""Weaning: how the weights of the teacher's terms fall, and the learning rate.

A `Schedule` is a pure function of what the student has achieved; `SCHEDULES`
holds one entry each. A `Weaner` applies one and keeps what it must remember. To
change how weaning works, read or edit this file alone.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.learner.terms import TEACHER_LOGITS, Term
from reincarnating_rl.learner.types import Weights
from reincarnating_rl.support.errors import pick

RETURNS = 10  # Training episodes of a running mean, as in CleanRL.


class Heard(NamedTuple):
  """What a schedule may listen to.

  Scores are normalised: 0 for a random policy, 1 for the teacher.
  """

  online_steps: int  # that the student has taken
  score: float | None = None  # of the evaluation that has just ended
  returns: Sequence[float] = ()  # of the newest training episodes, scores


@dataclasses.dataclass(frozen=True, kw_only=True)
class WeaningSettings:
  """How far and how long the teacher is followed.

  Attributes:
    decay_period: online steps after which the teacher is dropped; None for
      never.
    latch: whether the teacher, once dropped, stays dropped; None for what the
      schedule does.
    floor: the least fraction until the decay period is over. The paper has
      none.
  """

  decay_period: int | None = None
  latch: bool | None = None
  floor: float = 0.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schedule:
  """What fraction of the first weight is left.

  Attributes:
    summary: one line, for documents.
    hears: when it is asked: after an `evaluation`, before each online
      `update`, or at the `switch` to online training.
    fraction: `(heard, settings) -> ` the fraction, before it is clipped to
      [floor, 1]; None leaves it as it is.
    latches: whether 0 is final, where the settings do not say.
  """

  summary: str
  hears: str
  fraction: Callable[[Heard, WeaningSettings], float | None]
  latches: bool = False


def _score(heard: Heard, settings: WeaningSettings) -> float | None:
  """`1 - score`: Agarwal et al. 2022, section 4.2."""
  del settings
  return None if heard.score is None else 1.0 - heard.score


def _running_return(heard: Heard, settings: WeaningSettings) -> float | None:
  """`1 - mean(last 10 returns)`, and 1 until there are ten; CleanRL's.

  CleanRL divides raw returns; these are normalised, so that a random policy
  has 0 in every game.
  """
  del settings
  if len(heard.returns) < RETURNS:
    return None
  return 1.0 - float(np.mean(heard.returns[-RETURNS:]))


def _linear(heard: Heard, settings: WeaningSettings) -> float | None:
  """`1 - steps / decay_period`, whatever the score."""
  if not settings.decay_period:
    return None
  return 1.0 - heard.online_steps / settings.decay_period


SCHEDULES = {
  'score': Schedule(
    summary='falls as the score of evaluations nears that of the teacher',
    hears='evaluation',
    fraction=_score,
    latches=True,
  ),
  'running_return': Schedule(
    summary='falls with the mean return of the last ten training episodes',
    hears='update',
    fraction=_running_return,
  ),
  'linear': Schedule(
    summary='falls linearly over the decay period',
    hears='update',
    fraction=_linear,
  ),
  'constant': Schedule(
    summary='stays until the decay period is over',
    hears='update',
    fraction=lambda heard, settings: None,
  ),
  'offline_only': Schedule(
    summary='0 online', hears='switch', fraction=lambda heard, settings: 0.0
  ),
}


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
    settings: WeaningSettings = WeaningSettings(),
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
    self._hear('evaluation', Heard(online_steps, score, self._returns))

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
    return {'fraction': self.fraction, 'returns': self._returns}

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Inverse of `state_dict`."""
    self._returns = list(state['returns'])
    self._set(state['fraction'])

  def _hear(self, event: str, heard: Heard) -> None:
    if event != self._schedule.hears:
      return
    fraction = self._schedule.fraction(heard, self._settings)
    if fraction is not None and event != 'switch':
      fraction = min(max(fraction, self._settings.floor), 1.0)
    period, latch = self._settings.decay_period, self._settings.latch
    latches = self._schedule.latches if latch is None else latch
    is_over = period is not None and heard.online_steps > period
    if is_over or (latches and self.fraction == 0.0):
      fraction = 0.0
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
      term.is_weaned or TEACHER_LOGITS in term.reads
    )
    share = self.fraction if term.is_weaned else 1.0
    return term.weight * share if is_heard else 0.0
