"""The terms of an actor-critic: what its actor and critics minimise.

As in `learner/terms.py`, each is a function of one example's `Context`. It says
which part of the student learns from it.
"""

import dataclasses
import functools
import math
from typing import ClassVar

import jax
import jax.numpy as jnp

from reincarnating_rl.learner.control import distillation
from reincarnating_rl.learner.control.actor_critic import ActorCritic
from reincarnating_rl.learner.control.context import Context
from reincarnating_rl.learner.control.parts import ACTOR, CRITIC, TEMPERATURE
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.learner.terms import (
  MONTE_CARLO_RETURN,
  TEACHER_POLICY,
  Term,
)
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import UserError, check_choice

POLICY, BEST_ACTION = 'policy', 'best_action'


def td(*, weight: float = 1.0) -> Term:
  """The critics' TD loss; replay priorities are made of it."""
  return Term(
    name='td',
    loss=lambda c: c.td_loss,
    metric='Loss/TD',
    weight=weight,
    of=CRITIC,
  )


def improvement(*, weight: float = 1.0) -> Term:
  """The actor's own objective: what the critics think of its action.

  Without entropy the gradient is the deterministic policy gradient: Silver et
  al. 2014; with it, Haarnoja et al. 2018, Eq. 9.
  """

  def loss(c: Context) -> Array:
    if c.functions.target_entropy is None:
      action, cost = c.functions.policy.mean(c.policy), 0.0
    else:
      action, log_density = c.drawn
      cost = jnp.exp(c.log_alpha) * log_density
    return cost - c.functions.worth(c.values(action))

  return Term(
    name='policy', loss=loss, metric='Loss/Policy', weight=weight, of=ACTOR
  )


def temperature(*, weight: float = 1.0) -> Term:
  """SAC's temperature, which brings the entropy to its target.

  Haarnoja et al. 2018, Eq. 18, of `log alpha` in place of alpha, as Dopamine.
  """

  def loss(c: Context) -> Array:
    excess = -c.drawn[1] - c.functions.target_entropy
    return c.log_alpha * jax.lax.stop_gradient(excess)

  return Term(
    name='temperature',
    loss=loss,
    metric='Loss/Temperature',
    weight=weight,
    of=TEMPERATURE,
  )


def distill(
  kind: str, *, distribution: str, is_gaussian: bool, weight: float = 1.0
) -> Term:
  """QDagger's term for an actor: its policy should be the teacher's.

  Args:
    kind: `policy`, or `best_action` for the mean action whatever the teacher.
    distribution: what the teacher's parameters are of.
    is_gaussian: whether the student is `tanh` of a Gaussian.
    weight: lambda_0.

  Returns:
    `KL(teacher || student)` where both are Gaussian; else the squared error of
    the mean actions.

  Raises:
    UserError: the kind is for Q-values, or there is none such.
  """
  if 'value' in kind:
    raise UserError(
      f'distill_type is {kind!r}, and an actor has no values of each action: '
      f'choose {POLICY!r} or {BEST_ACTION!r}.'
    )
  check_choice('distillation', kind, (POLICY, BEST_ACTION))
  both = is_gaussian and distribution != DETERMINISTIC

  def divergence(c: Context) -> Array:
    return distillation.gaussian_kl(
      distribution, c.policy, c.example.teacher_policy
    )

  def distance(c: Context) -> Array:
    return distillation.squared_error(
      c.functions.policy.mean(c.policy),
      distillation.mean_action(distribution, c.example.teacher_policy),
    )

  return Term(
    name='distill',
    loss=divergence if both and kind == POLICY else distance,
    metric='Loss/Distill',
    weight=weight,
    is_weaned=True,
    reads=frozenset({TEACHER_POLICY}),
    of=ACTOR,
  )


def conservative(
  kind: str, *, temperature: float, samples: int, weight: float = 1.0
) -> Term:
  """CQL(H)'s regularizer for actions that are vectors, summed over critics.

  `log integral exp(Q / tau) - Q(a) / tau`: Kumar et al. 2020, Eq. 4 and
  appendix F, https://arxiv.org/abs/2006.04779. The integral is the mean, by
  importance, of draws from the uniform distribution and from the policy.
  'calibrated' (Cal-QL, Nakamoto et al. 2023, https://arxiv.org/abs/2303.05479)
  takes values of the latter to be no lower than the Monte-Carlo return.

  Args:
    kind: 'plain' or 'calibrated'.
    temperature: tau.
    samples: draws from each of the two.
    weight: of the offline phase.
  """
  is_calibrated = kind == 'calibrated'

  def loss(c: Context) -> Array:
    uniform_key, policy_key = jax.random.split(c.term_key)
    size = c.example.action.shape[-1]
    uniform = jax.random.uniform(
      uniform_key, (samples, size), minval=-1.0, maxval=1.0
    )
    propose = functools.partial(
      c.functions.policy.propose, jax.lax.stop_gradient(c.policy)
    )
    own, densities = jax.vmap(propose)(jax.random.split(policy_key, samples))
    value = jax.vmap(c.values)
    own_values = value(own)
    if is_calibrated:
      returned = c.functions.reward_scale * c.example.monte_carlo_return
      own_values = jnp.maximum(own_values, returned)
    scaled = jnp.concatenate(
      [
        value(uniform) / temperature + size * math.log(2.0),
        own_values / temperature - densities[:, None],
      ]
    )
    integral = jax.nn.logsumexp(scaled, axis=0) - math.log(2 * samples)
    taken = c.functions.values(c.output) / temperature
    return jnp.sum(integral - taken)

  return Term(
    name='cql',
    loss=loss,
    metric='Loss/CalQL' if is_calibrated else 'Loss/CQL',
    weight=weight,
    is_weaned=True,
    reads=frozenset({MONTE_CARLO_RETURN} if is_calibrated else ()),
    of=CRITIC,
  )


@dataclasses.dataclass(frozen=True)
class ControlTerms:
  """The terms of a student with an actor; see `vocabulary.Terms`.

  Attributes:
    functions: of the student.
    distribution: what its teacher's parameters are of.
  """

  functions: ActorCritic
  distribution: str = TANH_GAUSSIAN
  has_temperature: ClassVar[bool] = False

  def own(self, *, weight: float = 1.0) -> tuple[Term, ...]:
    """See `vocabulary.Terms`."""
    entropy = self.functions.target_entropy
    return (
      td(weight=weight * self.functions.td_weight),
      improvement(weight=weight),
      *([] if entropy is None else [temperature(weight=weight)]),
    )

  def distill(self, kind: str, *, temperature: float, weight: float) -> Term:
    """See `vocabulary.Terms`; the temperature is of Q-values alone."""
    del temperature
    return distill(
      kind,
      distribution=self.distribution,
      is_gaussian=self.functions.policy.distribution == TANH_GAUSSIAN,
      weight=weight,
    )

  def conservative(
    self, kind: str, *, temperature: float, samples: int, weight: float
  ) -> Term:
    """See `vocabulary.Terms`."""
    return conservative(
      kind, temperature=temperature, samples=samples, weight=weight
    )
