"""What methods minimise: the terms of a loss, and how they are weaned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reincarnating_rl.methods.settings import (
  DQfDSettings,
  PretrainedSettings,
  QDaggerSettings,
)
from reincarnating_rl.support.errors import UserError

# The learner imports JAX, which takes longer than `--help` should: functions
# below import it when they are called.
if TYPE_CHECKING:
  from reincarnating_rl.learner.terms import Term
  from reincarnating_rl.learner.vocabulary import Terms, ValueTerms
  from reincarnating_rl.learner.weaning import WeaningSettings

MakeTerms = Callable[[Any, 'Terms'], 'tuple[Term, ...]']
"""`(settings, the student's terms) -> terms of its loss`, `td` first."""


def own_alone(settings: Any, terms: Terms) -> tuple[Term, ...]:
  """Returns what the student learns from rewards: TD."""
  del settings
  return terms.own()


def own_and_distillation(
  settings: QDaggerSettings, terms: Terms
) -> tuple[Term, ...]:
  """Returns TD and the distance to the teacher's policy."""
  return (*terms.own(), _distillation(settings, terms))


def distillation_alone(
  settings: QDaggerSettings, terms: Terms
) -> tuple[Term, ...]:
  """Returns the same; TD weighs nothing, and is reported."""
  return (*terms.own(weight=0.0), _distillation(settings, terms))


def _distillation(settings: QDaggerSettings, terms: Terms) -> Term:
  tau = settings.distill_temperature
  if not terms.has_temperature and tau != QDaggerSettings().distill_temperature:
    raise UserError(
      f'QDagger.distill_temperature is {tau}, and an actor has no policy of '
      'Q-values: leave it out, or set QDagger.distill_loss_coefficient.'
    )
  return terms.distill(
    settings.distill_type,
    temperature=tau,
    weight=settings.distill_loss_coefficient,
  )


def own_and_margin(
  settings: DQfDSettings, terms: ValueTerms
) -> tuple[Term, ...]:
  """Returns TD and the margin of the teacher's best action."""
  second = ()
  if settings.second_update_horizon is not None:
    second = (terms.second_td(weight=settings.second_td_coefficient),)
  margin = terms.margin(
    settings.margin_type,
    margin=settings.margin,
    weight=settings.margin_coefficient,
  )
  return (*terms.own(), margin, *second)


def own_and_regularizer(
  settings: PretrainedSettings, terms: Terms
) -> tuple[Term, ...]:
  """Returns TD and a regularizer: CQL or Cal-QL."""
  regularizer = terms.conservative(
    settings.cql_type,
    temperature=settings.cql_temperature,
    samples=settings.cql_samples,
    weight=settings.cql_coefficient,
  )
  return (*terms.own(), regularizer)


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
