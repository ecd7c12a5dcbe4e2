"""What an entry of the table of methods holds."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reincarnating_rl.learner.kinds import CONTINUOUS, DISCRETE
from reincarnating_rl.methods import objectives
from reincarnating_rl.methods.objectives import MakeTerms
from reincarnating_rl.methods.settings import NoSettings
from reincarnating_rl.support.errors import UserError

if TYPE_CHECKING:
  from reincarnating_rl.learner.weaning import WeaningSettings


class Offline(enum.Enum):
  """Whether a method learns from the teacher's data before it plays."""

  NEVER = 'never'
  OPTIONAL = 'only where iterations are asked for'
  USUALLY = 'unless no iterations are asked for'
  ALWAYS = 'always: the teacher is of no use to it online'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method:
  """One way to reuse a teacher.

  Attributes:
    name: first part of an agent's name; '' for tabula rasa.
    title: as papers write it.
    class_name: first part of an agent's class, `QDagger` in `QDaggerDQNAgent`.
    summary: one line: what it takes from the teacher.
    settings: a frozen dataclass, each field with a default.
    gin_name: by which gin binds them.
    terms: makes the objective's terms of the settings, in the words of the
      student's own.
    schedule: of the weights, a key of `weaning.SCHEDULES`; None for what the
      settings' field `weaner` says.
    weaning: makes that schedule's settings of the method's.
    needs_teacher: whether it is no method without one.
    offline: whether it learns from the teacher's data before it plays.
    teacher_data_ratio: reads rho off the settings, the teacher's share of
      online batches.
    exact_share: reads off the settings whether that is of each batch, or on
      average.
    warm_up_steps: reads off the settings how many online steps come before the
      first online update, at least.
    actions: of the students that it is for, 'discrete' and 'continuous' or one
      of them.
    temperature: reads off the settings tau of the student's policy
      `softmax(Q / tau)`; None where the method has no such policy.
    second_horizon: reads off the settings the steps of a second TD loss; None
      for no such loss.
    rolls_in: whether the teacher begins the student's episodes.
    starts_from_teacher: whether the student begins as the teacher is.
    takes_data_alone: whether data do, of which there is no policy.
    resets_optimizer: whether the optimiser begins anew at the switch from
      offline to online.
    source: where it is from.
  """

  name: str
  title: str
  class_name: str
  summary: str
  source: str
  settings: type = NoSettings
  gin_name: str | None = None
  terms: MakeTerms = objectives.own_alone
  schedule: str | None = 'constant'
  weaning: Callable[[Any], WeaningSettings] = objectives.no_weaning
  needs_teacher: bool = True
  offline: Offline = Offline.NEVER
  teacher_data_ratio: Callable[[Any], float] = lambda settings: 0.0
  exact_share: Callable[[Any], bool] = lambda settings: False
  warm_up_steps: Callable[[Any], int] = lambda settings: 0
  actions: tuple[str, ...] = (DISCRETE, CONTINUOUS)
  temperature: Callable[[Any], float | None] = lambda settings: None
  second_horizon: Callable[[Any], int | None] = lambda settings: None
  rolls_in: bool = False
  starts_from_teacher: bool = False
  takes_data_alone: bool = False
  resets_optimizer: bool = False

  def schedule_of(self, settings: Any) -> str:
    """Returns the name of the weaning schedule.

    Raises:
      UserError: the settings ask for one, and the method has its own.
    """
    if self.schedule is None:
      return settings.weaner
    default = self.settings()
    if getattr(settings, 'weaner', None) != getattr(default, 'weaner', None):
      raise UserError(
        f'{self.gin_name}.weaner is {settings.weaner!r}, and {self.title} has '
        f'its own schedule, {self.schedule!r}: leave the weaner out.'
      )
    return self.schedule
