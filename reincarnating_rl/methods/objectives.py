"""What methods minimise: the terms of a loss, and how they are weaned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reincarnating_rl.methods.settings import (
  DQfDSettings,
  PretrainedSettings,
  QDaggerSettings,
)
from reincarnating_rl.support.errors import pick

# The learner imports JAX, which takes longer than `--help` should: functions
# below import it when they are called.
if TYPE_CHECKING:
  from reincarnating_rl.learner.td_losses import TDLoss
  from reincarnating_rl.learner.terms import Term
  from reincarnating_rl.learner.weaning import WeaningSettings

MakeTerms = Callable[[Any, 'TDLoss', 'float | None'], 'tuple[Term, ...]']
"""`(settings, td_loss, teacher_temperature) -> terms`, `td` first."""


def td_alone(
  settings: Any, loss: TDLoss, teacher_temperature: float | None
) -> tuple[Term, ...]:
  """Returns TD."""
  from reincarnating_rl.learner import terms

  del settings, teacher_temperature
  return (terms.td(loss),)


def td_and_distillation(
  settings: QDaggerSettings, loss: TDLoss, teacher_temperature: float | None
) -> tuple[Term, ...]:
  """Returns TD and the distance to the teacher's policy."""
  from reincarnating_rl.learner import terms

  return (
    terms.td(loss),
    terms.distill(
      settings.distill_type,
      temperature=settings.distill_temperature,
      teacher_temperature=teacher_temperature,
      weight=settings.distill_loss_coefficient,
    ),
  )


def distillation_alone(
  settings: QDaggerSettings, loss: TDLoss, teacher_temperature: float | None
) -> tuple[Term, ...]:
  """Returns the same; TD weighs nothing, and is reported."""
  from reincarnating_rl.learner import terms

  _, distill = td_and_distillation(settings, loss, teacher_temperature)
  return (terms.td(loss, weight=0.0), distill)


def td_and_margin(
  settings: DQfDSettings, loss: TDLoss, teacher_temperature: float | None
) -> tuple[Term, ...]:
  """Returns TD and the margin of the teacher's best action."""
  from reincarnating_rl.learner import terms

  del teacher_temperature
  second = ()
  if settings.second_update_horizon is not None:
    second = (terms.second_td(loss, weight=settings.second_td_coefficient),)
  margin = terms.large_margin(
    settings.margin_type,
    margin=settings.margin,
    weight=settings.margin_coefficient,
  )
  return (terms.td(loss), margin, *second)


def td_and_regularizer(
  settings: PretrainedSettings, loss: TDLoss, teacher_temperature: float | None
) -> tuple[Term, ...]:
  """Returns TD and a regularizer: CQL or Cal-QL."""
  from reincarnating_rl.learner import terms

  del teacher_temperature
  kinds = {'plain': terms.conservative, 'calibrated': terms.calibrated}
  regularizer = pick('cql_type', kinds, settings.cql_type)
  return (
    terms.td(loss),
    regularizer(
      temperature=settings.cql_temperature, weight=settings.cql_coefficient
    ),
  )


def no_weaning(settings: Any) -> WeaningSettings:
  """Returns settings of a schedule that needs none."""
  from reincarnating_rl.learner.weaning import WeaningSettings

  del settings
  return WeaningSettings()


def until_decay(period: str, **names: str) -> Callable[[Any], WeaningSettings]:
  """Reads a weaner's settings off a method's, by the names of its fields."""

  def read(settings: Any) -> WeaningSettings:
    from reincarnating_rl.learner.weaning import WeaningSettings

    return WeaningSettings(
      decay_period=getattr(settings, period),
      **{field: getattr(settings, name) for field, name in names.items()},
    )

  return read
