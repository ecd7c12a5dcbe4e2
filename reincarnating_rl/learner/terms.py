"""Loss terms: an objective is a weighted sum of them.

A term is a function of one example's whole `Context`. To add one, write the
function, wrap it in a `Term`, and name it in a method (`methods/`).
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from reincarnating_rl.learner.losses import (
  demonstration,
  distillation,
  regularizers,
)
from reincarnating_rl.learner.td_losses import TDLoss
from reincarnating_rl.learner.types import Array, Batch
from reincarnating_rl.support.errors import UserError, pick

TEACHER_POLICY = 'teacher_policy'
SECOND = 'second'
MONTE_CARLO_RETURN = 'monte_carlo_return'


class Context(NamedTuple):
  """All that a term may read of one example.

  The outputs are of the student's network; their fields depend on the student
  (`types.QOutput` and its kin), but all have `q_values[A]`.
  """

  example: Batch  # one row of the batch
  output: Any  # online network's, of the state
  next_output: Any  # target network's, of the next state
  next_action: Array  # [], the action that is bootstrapped there
  second_output: Any  # target network's, of `example.second.next_state`
  second_action: Array | None  # []; both None unless a term reads `SECOND`
  key: Array  # randomness of this example


@dataclasses.dataclass(frozen=True, kw_only=True)
class Term:
  """One summand of the objective.

  Attributes:
    name: of its weight, in `Weights.terms`.
    loss: `Context -> []`, of one example.
    metric: the name that its mean over a batch is reported by.
    weight: at the start of a run.
    is_weaned: whether the weaner scales its weight. TD's weight is constant.
    reads: what the batch must have beside the transition, a subset of
      `TEACHER_POLICY`, `SECOND` and `MONTE_CARLO_RETURN`.
    of: the part of the student that learns from it, where it has several.
  """

  name: str
  loss: Callable[[Context], Array]
  metric: str
  weight: float = 1.0
  is_weaned: bool = False
  reads: frozenset[str] = frozenset()
  of: str | None = None


def any_reads(terms: Iterable[Term], what: str) -> bool:
  """Whether a term reads something beside the transition; see `Term.reads`."""
  return any(what in term.reads for term in terms)


def td(loss: TDLoss, *, weight: float = 1.0) -> Term:
  """The student's own TD loss; replay priorities are made of it.

  Args:
    loss: compares the outputs at two states.
    weight: 0 where nothing is learnt from rewards; it is reported all the same.
  """
  return Term(
    name='td',
    loss=lambda c: loss(c.output, c.example, c.next_output, c.next_action),
    metric='Loss/TD',
    weight=weight,
  )


def second_td(loss: TDLoss, *, weight: float = 1.0) -> Term:
  """TD over a second number of steps, `J_n` of DQfD.

  Hester et al. 2018, https://arxiv.org/abs/1704.03732, who add a 10-step loss
  to the 1-step loss. The replay's second horizon says how many steps.
  """

  def second(c: Context) -> Array:
    ahead = c.example.second
    example = c.example._replace(reward=ahead.reward, discount=ahead.discount)
    return loss(c.output, example, c.second_output, c.second_action)

  return Term(
    name='second_td',
    loss=second,
    metric='Loss/SecondTD',
    weight=weight,
    reads=frozenset({SECOND}),
  )


DISTILLATIONS = ('policy', 'best_action', 'value', 'policy_and_value')


def distill(
  kind: str = 'policy',
  *,
  temperature: float = 0.1,
  teacher_temperature: float | None = None,
  weight: float = 1.0,
) -> Term:
  """QDagger's term: the student's policy should be the teacher's.

  Args:
    kind: one of `DISTILLATIONS`. `policy` is Agarwal et al. 2022, Eq. 2;
      `policy_and_value` adds the squared difference of the Q-values, as the
      official code's POLICY_AND_VALUE does.
    temperature: tau of the student's policy.
    teacher_temperature: tau of the teacher's logits `Q_T / tau`, from which its
      Q-values are recovered; None where they are of a policy.
    weight: lambda_0.

  Returns:
    `KL(teacher || student)`, or what else `kind` says.

  Raises:
    UnknownNameError: there is no such kind.
    UserError: values are to be distilled, and the teacher has none.
  """

  def policy(c: Context) -> Array:
    return distillation.policy_distillation(
      c.output.q_values, c.example.teacher_policy, temperature
    )

  def best_action(c: Context) -> Array:
    return distillation.best_action_distillation(
      c.output.q_values, c.example.teacher_policy, temperature
    )

  def value(c: Context) -> Array:
    return distillation.value_distillation(
      c.output.q_values, teacher_temperature * c.example.teacher_policy
    )

  losses = (policy, best_action, value, lambda c: policy(c) + value(c))
  loss = pick(
    'distillation', dict(zip(DISTILLATIONS, losses, strict=True)), kind
  )
  if 'value' in kind and teacher_temperature is None:
    raise UserError(
      f'distill_type is {kind!r}, and this teacher has no Q-values: choose '
      "'policy' or 'best_action', or a teacher of Q-values."
    )
  return Term(
    name='distill',
    loss=loss,
    metric='Loss/Distill',
    weight=weight,
    is_weaned=True,
    reads=frozenset({TEACHER_POLICY}),
  )


_MARGINS = {
  'mean': demonstration.mean_margin,
  'max': demonstration.max_margin,
}


def large_margin(
  kind: str = 'mean', *, margin: float = 1.0, weight: float = 1.0
) -> Term:
  """DQfD's term: the teacher's best action should lead.

  Args:
    kind: `mean` over actions, or `max`; see `losses.demonstration`.
    margin: by how much, in units of Q-values.
    weight: at the start.

  Raises:
    UnknownNameError: there is no such kind.
  """
  loss = pick('margin loss', _MARGINS, kind)
  return Term(
    name='margin',
    loss=lambda c: loss(c.output.q_values, c.example.teacher_policy, margin),
    metric='Loss/Margin',
    weight=weight,
    is_weaned=True,
    reads=frozenset({TEACHER_POLICY}),
  )


def conservative(*, temperature: float = 0.1, weight: float = 1.0) -> Term:
  """CQL's regularizer: actions that the data lack should be worth less.

  Args:
    temperature: tau of the student's policy.
    weight: of the offline phase.
  """
  return Term(
    name='cql',
    loss=lambda c: regularizers.conservative(
      c.output.q_values, c.example.action, temperature
    ),
    metric='Loss/CQL',
    weight=weight,
    is_weaned=True,
  )


def calibrated(*, temperature: float = 0.1, weight: float = 1.0) -> Term:
  """Cal-QL's regularizer: CQL that stops at the value of the data's policy.

  Args:
    temperature: tau of the student's policy.
    weight: of the offline phase.
  """
  return Term(
    name='cql',
    loss=lambda c: regularizers.calibrated_conservative(
      c.output.q_values,
      c.example.action,
      c.example.monte_carlo_return,
      temperature,
    ),
    metric='Loss/CalQL',
    weight=weight,
    is_weaned=True,
    reads=frozenset({MONTE_CARLO_RETURN}),
  )
