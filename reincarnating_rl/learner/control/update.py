"""The update of an actor-critic: a gradient step of each part, then targets."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.learner.control import parts
from reincarnating_rl.learner.control.actor_critic import ActorCritic
from reincarnating_rl.learner.control.context import Context, Networks
from reincarnating_rl.learner.control.parts import ACTOR, CRITIC, TEMPERATURE
from reincarnating_rl.learner.objective import weighted_sum
from reincarnating_rl.learner.terms import Term
from reincarnating_rl.learner.types import (
  Array,
  Batch,
  LearnerState,
  Metrics,
  Params,
  Report,
  Weights,
)
from reincarnating_rl.learner.update import Update, step

UPDATES = 'updates'  # Counted beside the moments, for a delayed actor.

PartObjective = Callable[..., tuple[Array, tuple[dict[str, Array], Metrics]]]
"""`(params, target_params, batch, weights, keys[B]) -> ` the loss [], and with
it each term's loss [B] and what to report."""


def make_objective(
  functions: ActorCritic, networks: Networks, terms: Sequence[Term]
) -> PartObjective:
  """The objective of one part, `sum_k weight_k mean(w loss_k)` over its terms.

  Args:
    functions: of the student.
    networks: how they are called.
    terms: of the part.
  """

  def objective(
    params: Params,
    target_params: Params,
    batch: Batch,
    weights: Weights,
    keys: Array,
  ) -> tuple[Array, tuple[dict[str, Array], Metrics]]:
    def one(example: Batch, key: Array) -> tuple[dict[str, Array], Metrics]:
      context = Context(
        functions, networks, params, target_params, example, key
      )
      losses = {term.name: term.loss(context) for term in terms}
      return losses, _statistics(context, {term.of for term in terms})

    losses, told = jax.vmap(one)(batch, keys)
    loss, metrics = weighted_sum(terms, losses, batch, weights)
    return loss, (losses, metrics | jax.tree.map(jnp.mean, told))

  return objective


def _statistics(context: Context, of: set[str | None]) -> Metrics:
  """Returns what to report of an example, for the part that computes it."""
  if of == {CRITIC}:
    values = context.functions.values(context.output)
    return {'Q/Mean': jnp.mean(values)}
  if of == {TEMPERATURE}:
    return {
      'Policy/Temperature': jnp.exp(context.log_alpha),
      'Policy/Entropy': -context.drawn[1],
    }
  return {}


def make_update(
  functions: ActorCritic,
  networks: Networks,
  terms: Sequence[Term],
  optimizer: optax.GradientTransformation,
  *,
  smoothing: float | None,
) -> Update:
  """Builds the update; all gradients are taken at the same parameters.

  Each part has moments of its own. Adam and its kin treat each parameter by
  itself, so this is Dopamine's one optimiser of the actor and the critics. The
  learning rate is applied as in `learner.update.make_update`.

  Args:
    functions: of the student.
    networks: how they are called.
    terms: of all parts; `td` is of the critics.
    optimizer: with a learning rate of 1.
    smoothing: tau of targets that follow, `tau online + (1 - tau) target`; None
      for targets that stay until they are synced.
  """
  of = {part: tuple(t for t in terms if t.of == part) for part in _names(terms)}
  objectives = {
    part: make_objective(functions, networks, own) for part, own in of.items()
  }

  def loss_of(part: str, state: LearnerState, *given: Any) -> Callable:
    def loss(own: Any) -> Any:
      params = parts.merged(parts.split(state.params) | {part: own})
      return objectives[part](params, state.target_params, *given)

    return loss

  def stepped(
    part: str, state: LearnerState, *given: Any
  ) -> tuple[Any, Any, Any]:
    """Returns a part's parameters and moments after a step, and the report."""
    own, moments = parts.split(state.params)[part], state.optimizer_state[part]
    gradient, (loss, report) = _gradient(loss_of(part, state, *given))(own)
    rate = given[1].learning_rate
    own, moments = step(optimizer, gradient, moments, own, rate)
    return own, moments, (loss, *report)

  def stayed(
    part: str, state: LearnerState, *given: Any
  ) -> tuple[Any, Any, Any]:
    own, moments = parts.split(state.params)[part], state.optimizer_state[part]
    loss, report = loss_of(part, state, *given)(own)
    return own, moments, (loss, *report)

  def update(
    state: LearnerState, batch: Batch, weights: Weights
  ) -> tuple[LearnerState, Report]:
    # In the order of Dopamine's SAC, so that the two can be compared.
    next_key, key = jax.random.split(state.key)
    given = (batch, weights, jax.random.split(key, len(batch.reward)))
    count = state.optimizer_state[UPDATES]
    is_due = count % functions.actor_period == functions.actor_period - 1
    made = {CRITIC: stepped(CRITIC, state, *given)}
    for part in of:
      if part != CRITIC:
        made[part] = _when(
          is_due if functions.actor_period > 1 else None,
          functools.partial(stepped, part, state, *given),
          functools.partial(stayed, part, state, *given),
        )
    params = parts.merged({part: x[0] for part, x in made.items()})
    moments = {part: x[1] for part, x in made.items()}
    target = state.target_params
    if smoothing is not None:
      rate = smoothing * jnp.where(is_due, 1.0, 0.0)
      target = optax.incremental_update(parts.networks(params), target, rate)
    state = LearnerState(
      params, target, {**moments, UPDATES: count + 1}, next_key
    )
    return state, _report(made)

  return update


def _gradient(loss: Callable) -> Callable:
  """Returns what gives `(gradient, (loss, what the loss tells beside))`."""

  def gradient(own: Any) -> tuple[Any, Any]:
    told, found = jax.value_and_grad(loss, has_aux=True)(own)
    return found, told

  return gradient


def _when(is_due: Array | None, now: Callable, later: Callable) -> Any:
  return now() if is_due is None else jax.lax.cond(is_due, now, later)


def _report(made: dict[str, tuple[Any, Any, Any]]) -> Report:
  told = [report for _, _, report in made.values()]
  metrics = {name: x for _, _, part in told for name, x in part.items()}
  metrics['Loss/Total'] = sum(loss for loss, _, _ in told)
  return Report(made[CRITIC][2][1]['td'], metrics)


def _names(terms: Sequence[Term]) -> list[str]:
  present = {term.of for term in terms}
  return [part for part in (CRITIC, ACTOR, TEMPERATURE) if part in present]
