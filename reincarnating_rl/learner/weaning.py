"""Weaning: how the weights of the teacher's terms fall, and the learning rate.

A `Schedule` is a pure function of what the student has achieved; `SCHEDULES`
holds one entry each. To change how weaning works, read or edit this file alone;
`weaner.py` applies it.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

RETURNS = 10  # Training episodes of a running mean, as in CleanRL.


class Heard(NamedTuple):
  """What a schedule may listen to.

  Scores are normalised: 0 for a random policy, 1 for the teacher.
  """

  online_steps: int  # that the student has taken
  score: float | None = None  # of evaluations, once one has ended
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
    recall_below: the score below which a dropped teacher is followed again;
      None for any score, where the teacher does not stay dropped.
    evaluations: the newest, whose mean score counts.
  """

  decay_period: int | None = None
  latch: bool | None = None
  floor: float = 0.0
  recall_below: float | None = None
  evaluations: int = 1

  def drops(self, score: float, *, latches: bool) -> bool:
    """Returns whether a teacher that is dropped stays so.

    Args:
      score: of the student now.
      latches: what the schedule does by itself.
    """
    if self.recall_below is not None:
      return score >= self.recall_below
    return latches if self.latch is None else self.latch


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


def can_wean(schedule: str, settings: WeaningSettings) -> bool:
  """Returns whether a schedule ever lets go of the teacher.

  Args:
    schedule: a key of `SCHEDULES`.
    settings: of the schedule.
  """
  return schedule != 'constant' or settings.decay_period is not None


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
