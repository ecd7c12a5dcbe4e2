"""The terms that a method may ask for, whatever the student."""

import dataclasses
from typing import ClassVar, Protocol

from reincarnating_rl.learner import terms
from reincarnating_rl.learner.td_losses import TDLoss
from reincarnating_rl.learner.terms import Term
from reincarnating_rl.support.errors import pick


class Terms(Protocol):
  """Makes the terms of one student.

  Students with an actor have the same: `control.terms.ControlTerms`.

  Attributes:
    has_temperature: whether its policy is `softmax(Q / tau)`.
  """

  has_temperature: bool

  def own(self, *, weight: float = 1.0) -> tuple[Term, ...]:
    """Returns what it learns from rewards, `td` first.

    Args:
      weight: 0 where nothing is learnt from rewards; it is reported all the
        same.
    """
    ...

  def distill(self, kind: str, *, temperature: float, weight: float) -> Term:
    """Returns the distance of its policy to the teacher's.

    Args:
      kind: one of `terms.DISTILLATIONS`.
      temperature: tau of a policy that is made of Q-values.
      weight: lambda_0.

    Raises:
      UserError: there is no such distance, or not of this student and teacher.
    """
    ...

  def conservative(
    self, kind: str, *, temperature: float, samples: int, weight: float
  ) -> Term:
    """Returns the regularizer of CQL.

    Args:
      kind: 'plain', or 'calibrated' for Cal-QL's.
      temperature: tau.
      samples: draws of actions, where they are vectors.
      weight: of the offline phase.
    """
    ...


@dataclasses.dataclass(frozen=True)
class ValueTerms:
  """The terms of a student with Q-values; see `Terms`.

  Attributes:
    loss: TD loss of its outputs.
    teacher_temperature: tau of the teacher's logits `Q_T / tau`; None where
      they are of a policy.
  """

  loss: TDLoss
  teacher_temperature: float | None = None
  has_temperature: ClassVar[bool] = True

  def own(self, *, weight: float = 1.0) -> tuple[Term, ...]:
    """See `Terms`."""
    return (terms.td(self.loss, weight=weight),)

  def second_td(self, *, weight: float) -> Term:
    """Returns TD over a second number of steps."""
    return terms.second_td(self.loss, weight=weight)

  def distill(self, kind: str, *, temperature: float, weight: float) -> Term:
    """See `Terms`."""
    return terms.distill(
      kind,
      temperature=temperature,
      teacher_temperature=self.teacher_temperature,
      weight=weight,
    )

  def margin(self, kind: str, *, margin: float, weight: float) -> Term:
    """Returns the margin by which the teacher's best action should lead."""
    return terms.large_margin(kind, margin=margin, weight=weight)

  def conservative(
    self, kind: str, *, temperature: float, samples: int, weight: float
  ) -> Term:
    """See `Terms`; the sum is over all actions."""
    del samples
    kinds = {'plain': terms.conservative, 'calibrated': terms.calibrated}
    make = pick('cql_type', kinds, kind)
    return make(temperature=temperature, weight=weight)
