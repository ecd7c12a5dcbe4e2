"""The settings of each method, as gin binds them."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.setting_types import (
  Fraction,
  NonNegativeFloat,
  NonNegativeInt,
  OneOf,
  PositiveFloat,
  PositiveInt,
)


# The learner imports JAX, which takes longer than `--help` should.
def _distillations() -> Collection[str]:
  from reincarnating_rl.learner.terms import DISTILLATIONS

  return DISTILLATIONS


def _schedules() -> Mapping[str, Any]:
  from reincarnating_rl.learner.weaning import SCHEDULES

  return SCHEDULES


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoSettings:
  """Settings of a method that has none."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class QDaggerSettings:
  """Settings of QDagger and of the methods that leave a part of it out.

  Attributes:
    distill_loss_coefficient: lambda_0, weight of the teacher at the start.
    distill_temperature: tau of the student's policy.
    distill_type: one of `terms.DISTILLATIONS`.
    distill_decay_period: online steps after which the teacher is dropped.
    distill_latch: whether lambda stays 0 once it is; None: as the weaner does.
    distill_floor: the least lambda before that time, a fraction of lambda_0.
      The paper has none.
    distill_recall_below: the score below which a dropped teacher is followed
      again; None: see `distill_latch`.
    distill_evaluations: the newest, whose mean score weans.
    weaner: a key of `weaning.SCHEDULES`.
  """

  distill_loss_coefficient: NonNegativeFloat = 3.0
  distill_temperature: PositiveFloat = 0.1
  distill_type: Annotated[str, OneOf(_distillations)] = 'policy'
  distill_decay_period: NonNegativeInt = 1_500_000
  distill_latch: bool | None = None
  distill_floor: Fraction = 0.0
  distill_recall_below: Fraction | None = None
  distill_evaluations: PositiveInt = 1
  weaner: Annotated[str, OneOf(_schedules)] = 'score'

  def __post_init__(self) -> None:
    """Refuses settings that contradict each other.

    Raises:
      UserError: naming both.
    """
    recall, heard = self.distill_recall_below, self.distill_evaluations
    if self.distill_latch and recall is not None:
      raise UserError(
        f'QDagger.distill_recall_below is {recall}, and QDagger.distill_latch '
        'keeps a dropped teacher dropped: set one of them.'
      )
    schedule = _schedules().get(self.weaner)
    if schedule is None or schedule.hears == 'evaluation':
      return
    for setting, value, default in (
      ('distill_evaluations', heard, 1),
      ('distill_recall_below', recall, None),
    ):
      if value != default:
        raise UserError(
          f'QDagger.{setting} is {value}, and QDagger.weaner = '
          f'{self.weaner!r} hears no evaluation: leave one of them out.'
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class DQfDSettings:
  """Settings of DQfD; the defaults are the values of the paper's runs.

  Attributes:
    margin_coefficient: lambda_0, weight of the margin at the start.
    margin: by which the teacher's action is to lead.
    margin_type: `mean` over actions, as in Agarwal et al. 2022; or `max`, as in
      Hester et al. 2018.
    margin_decay_period: online steps after which the teacher is dropped.
    second_update_horizon: steps of a second TD loss, as in Hester et al. 2018,
      beside `update_horizon`; None for no second loss.
    second_td_coefficient: weight of that loss.
    weaner: a key of `weaning.SCHEDULES`.
  """

  margin_coefficient: NonNegativeFloat = 1.0
  margin: float = 1.0
  margin_type: Literal['mean', 'max'] = 'mean'
  margin_decay_period: NonNegativeInt = 1_500_000
  second_update_horizon: PositiveInt | None = None
  second_td_coefficient: NonNegativeFloat = 1.0
  weaner: Annotated[str, OneOf(_schedules)] = 'score'

  def __post_init__(self) -> None:
    if self.second_update_horizon is None and self.second_td_coefficient != 1.0:
      raise UserError(
        f'DQfD.second_td_coefficient is {self.second_td_coefficient}, and '
        'there is no second TD loss: set DQfD.second_update_horizon.'
      )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PretrainedSettings:
  """Settings of Pretraining; the defaults are the values of the paper's runs.

  Attributes:
    cql_coefficient: weight of the regularizer offline; 1e-9 is as good as none.
    cql_temperature: tau of the student's policy in it.
    cql_type: `plain`, or `calibrated` by the Monte-Carlo returns of the
      teacher's data (Cal-QL).
    cql_samples: actions that are drawn uniformly, and as many of the policy's,
      where actions are vectors.
  """

  cql_coefficient: PositiveFloat = 1.0
  cql_temperature: PositiveFloat = 0.1
  cql_samples: PositiveInt = 10
  cql_type: Literal['plain', 'calibrated'] = 'plain'


@dataclasses.dataclass(frozen=True, kw_only=True)
class RehearsalSettings:
  """Settings of Rehearsal.

  Attributes:
    teacher_data_ratio: rho, the probability that an element of an online batch
      is the teacher's; 0 is tabula rasa.
    exact_share: whether each batch has the same share of the teacher's
      elements, rho of it to the nearest element, as in RLPD.
  """

  teacher_data_ratio: Fraction = 1 / 16
  exact_share: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class JSRLSettings:
  """Settings of JSRL.

  Attributes:
    max_roll_in_steps: alpha in the first online iteration.
    roll_in_decay: beta; once alpha is below 1, the student acts alone.
  """

  max_roll_in_steps: NonNegativeFloat = 1000
  roll_in_decay: Fraction = 0.8


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReloadedSettings:
  """Settings of fine-tuning.

  Attributes:
    reload_optimizer: whether to take over the optimiser's moments.
    load_replay: whether to take over the teacher's replay.
  """

  reload_optimizer: bool = True
  load_replay: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class WarmStartSettings:
  """Settings of a warm start.

  Attributes:
    warm_up_steps: online steps of the policy as it was, before any update; they
      fill the replay.
    reload_optimizer: whether to take over the optimiser's moments.
  """

  warm_up_steps: NonNegativeInt = 5000
  reload_optimizer: bool = True

  @property
  def load_replay(self) -> bool:
    """The teacher's replay stays behind: that is the method."""
    return False
