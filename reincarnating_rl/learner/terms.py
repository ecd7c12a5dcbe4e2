"""Teacher terms: what a student's loss has beside TD, as data.

A method is one of these, a weight of TD and a schedule of lambda.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from reincarnating_rl.learner.losses import (
  conservative,
  demonstration,
  distillation,
)
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import pick

DISTILL_LOSSES = {
  'policy': distillation.policy_distillation,
  'best_action': distillation.best_action_distillation,
  'value': distillation.value_distillation,
}
MARGIN_LOSSES = {
  'mean': demonstration.mean_margin,
  'max': demonstration.max_margin,
}


class TeacherTerm(NamedTuple):
  """A loss of one example, weighted by lambda (`Coefficients.distill`)."""

  loss: Callable[[Array, Array, Array], Array]
  """`(q_values[A], action[], teacher_logits[A]) -> []`."""
  metric: str
  """The name that its mean over a batch is reported by."""
  identity: dict[str, Any]
  """What makes it another loss, JSON-able: a run has one of them."""
  needs_teacher_logits: bool = True
  """Whether states must be labelled: not where the data say enough."""


def distill(kind: str = 'policy', *, temperature: float = 0.1) -> TeacherTerm:
  """QDagger's term: the student's policy should be the teacher's.

  Args:
    kind: a key of `DISTILL_LOSSES`.
    temperature: tau of the student's policy.

  Returns:
    `KL(teacher || student)`, or what else `kind` says.

  Raises:
    UnknownNameError: there is no such kind.
  """
  loss = pick('distillation', DISTILL_LOSSES, kind)
  return TeacherTerm(
    lambda q_values, action, logits: loss(q_values, logits, temperature),
    'Loss/Distill',
    {'distillation': kind, 'temperature of the student': temperature},
  )


def large_margin(kind: str = 'mean', *, margin: float = 1.0) -> TeacherTerm:
  """DQfD's term: the teacher's best action should lead.

  Args:
    kind: a key of `MARGIN_LOSSES`.
    margin: by how much, in units of Q-values.

  Returns:
    The margin loss on the teacher's best action.

  Raises:
    UnknownNameError: there is no such kind.
  """
  loss = pick('margin loss', MARGIN_LOSSES, kind)
  return TeacherTerm(
    lambda q_values, action, logits: loss(q_values, logits, margin),
    'Loss/Margin',
    {'margin loss': kind, 'margin': margin},
  )


def conservatism(*, temperature: float = 0.1) -> TeacherTerm:
  """Pretraining's term: what the data lack should be worth less.

  Args:
    temperature: tau of the student's policy.

  Returns:
    CQL's regularizer on the action in the data.
  """
  return TeacherTerm(
    lambda q_values, action, logits: conservative.conservative(
      q_values, action, temperature
    ),
    'Loss/CQL',
    {'temperature of the student': temperature},
    needs_teacher_logits=False,
  )
