"""The settings of each method, as gin binds them."""

import dataclasses

from reincarnating_rl.support.errors import UserError


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

  distill_loss_coefficient: float = 3.0
  distill_temperature: float = 0.1
  distill_type: str = 'policy'
  distill_decay_period: int = 1_500_000
  distill_latch: bool | None = None
  distill_floor: float = 0.0
  distill_recall_below: float | None = None
  distill_evaluations: int = 1
  weaner: str = 'score'

  def __post_init__(self) -> None:
    _check_weight(
      'QDagger.distill_loss_coefficient', self.distill_loss_coefficient
    )
    _check_fraction('QDagger.distill_floor', self.distill_floor)


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

  margin_coefficient: float = 1.0
  margin: float = 1.0
  margin_type: str = 'mean'
  margin_decay_period: int = 1_500_000
  second_update_horizon: int | None = None
  second_td_coefficient: float = 1.0
  weaner: str = 'score'

  def __post_init__(self) -> None:
    _check_weight('DQfD.margin_coefficient', self.margin_coefficient)
    _check_weight('DQfD.second_td_coefficient', self.second_td_coefficient)
    if self.second_update_horizon is None and self.second_td_coefficient != 1.0:
      raise UserError(
        f'DQfD.second_td_coefficient is {self.second_td_coefficient}, and '
        'there is no second TD loss: set DQfD.second_update_horizon.'
      )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PretrainedSettings:
  """Settings of Pretraining; the defaults are the values of the paper's runs.

  Attributes:
    cql_coefficient: weight of the regularizer offline.
    cql_temperature: tau of the student's policy in it.
    cql_type: `plain`, or `calibrated` by the Monte-Carlo returns of the
      teacher's data (Cal-QL).
  """

  cql_coefficient: float = 1.0
  cql_temperature: float = 0.1
  cql_type: str = 'plain'

  def __post_init__(self) -> None:
    if not self.cql_coefficient > 0.0:
      raise UserError(
        f'Pretrained.cql_coefficient is {self.cql_coefficient}: it must be '
        'above 0. 1e-9 is as good as none.'
      )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RehearsalSettings:
  """Settings of Rehearsal.

  Attributes:
    teacher_data_ratio: rho, the probability that an element of an online batch
      is the teacher's; 0 is tabula rasa.
  """

  teacher_data_ratio: float = 1 / 16

  def __post_init__(self) -> None:
    _check_fraction('Rehearsal.teacher_data_ratio', self.teacher_data_ratio)


@dataclasses.dataclass(frozen=True, kw_only=True)
class JSRLSettings:
  """Settings of JSRL.

  Attributes:
    max_roll_in_steps: alpha in the first online iteration.
    roll_in_decay: beta; once alpha is below 1, the student acts alone.
  """

  max_roll_in_steps: float = 1000
  roll_in_decay: float = 0.8

  def __post_init__(self) -> None:
    if self.max_roll_in_steps < 0:
      raise UserError(
        f'JSRL.max_roll_in_steps is {self.max_roll_in_steps}: at least 0.'
      )
    _check_fraction('JSRL.roll_in_decay', self.roll_in_decay)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReloadedSettings:
  """Settings of fine-tuning.

  Attributes:
    reload_optimizer: whether to take over the optimiser's moments.
    load_replay: whether to take over the teacher's replay.
  """

  reload_optimizer: bool = True
  load_replay: bool = True


def _check_weight(name: str, value: float) -> None:
  if value < 0.0:
    raise UserError(f'{name} is {value}: a weight is at least 0.')


def _check_fraction(name: str, value: float) -> None:
  if not 0.0 <= value <= 1.0:
    raise UserError(f'{name} is {value}: it is a fraction, from 0 to 1.')
