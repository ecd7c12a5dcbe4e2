"""The update: one gradient step as a pure function, alone or scanned."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.learner.objective import Objective
from reincarnating_rl.learner.types import (
  Array,
  Batch,
  LearnerState,
  Params,
  Report,
  UpdateKeys,
  Weights,
)

Update = Callable[[LearnerState, Batch, Weights], tuple[LearnerState, Report]]
"""`(state, batch, weights) -> (state, report)`."""


def make_update(
  objective: Objective, optimizer: optax.GradientTransformation
) -> Update:
  """Builds the gradient update.

  The optimiser is made with a learning rate of 1 and its step is scaled by
  `weights.learning_rate`, which stays traced and out of the optimiser's
  state. That is exact where the learning rate is the optimiser's last factor,
  as in Adam.

  Args:
    objective: what to minimise.
    optimizer: gradient transformation with a learning rate of 1.

  Returns:
    A pure update, not yet jitted.
  """

  def update(
    state: LearnerState, batch: Batch, weights: Weights
  ) -> tuple[LearnerState, Report]:
    # In the order of Dopamine's full Rainbow, so that the two can be compared.
    online_key, target_key, next_key = jax.random.split(state.key, 3)
    gradient, report = jax.grad(objective, has_aux=True)(
      state.params,
      state.target_params,
      batch,
      weights,
      UpdateKeys(online_key, target_key),
    )
    params, optimizer_state = step(
      optimizer,
      gradient,
      state.optimizer_state,
      state.params,
      weights.learning_rate,
    )
    state = state._replace(
      params=params, optimizer_state=optimizer_state, key=next_key
    )
    return state, report

  return update


def step(
  optimizer: optax.GradientTransformation,
  gradient: Params,
  optimizer_state: Any,
  params: Params,
  learning_rate: Array,
) -> tuple[Params, Any]:
  """Returns parameters and the optimiser's state after a gradient step.

  Args:
    optimizer: with a learning rate of 1.
    gradient: of the objective.
    optimizer_state: before the step.
    params: before the step.
    learning_rate: [], by which the optimiser's step is scaled.
  """
  # Decoupled weight decay and the like need the parameters.
  steps, optimizer_state = optimizer.update(gradient, optimizer_state, params)
  steps = jax.tree.map(lambda u: learning_rate * u, steps)
  return optax.apply_updates(params, steps), optimizer_state


def jit_update(update: Update) -> Update:
  """Jits one update, which takes over the memory of the state it replaces.

  To allocate parameters and moments anew costs a tenth of an update on a CPU.

  Args:
    update: from `make_update`.

  Returns:
    The same function; its first argument is donated: it cannot be used
    afterwards, and nothing may share its arrays.
  """
  return jax.jit(update, donate_argnums=0)


def make_scanned_update(
  update: Update, gather: Callable[[Any, Any], Batch]
) -> Callable[..., tuple[LearnerState, Report]]:
  """Builds one program of several updates over data that stays in place.

  Args:
    update: from `make_update`.
    gather: `(data, drawn) -> Batch`, jittable; `drawn` says which elements,
      such as slots [B].

  Returns:
    `run(state, data, drawn, weights)`, where each array of `drawn` has a
    leading axis K. It makes K updates and returns the state, the losses [K, B]
    and the mean of each metric. The state is donated. K is static: keep it the
    same from call to call.
  """

  @functools.partial(jax.jit, donate_argnums=0)
  def run(
    state: LearnerState, data: Any, drawn: Any, weights: Weights
  ) -> tuple[LearnerState, Report]:
    def body(state: LearnerState, row: Any) -> tuple[LearnerState, Report]:
      return update(state, gather(data, row), weights)

    # XLA's CPU backend runs convolutions inside a loop several times slower
    # than in straight-line code: there K had better be 1.
    if len(jax.tree.leaves(drawn)[0]) == 1:
      state, report = body(state, jax.tree.map(lambda x: x[0], drawn))
      return state, report._replace(td_losses=report.td_losses[None])
    state, reports = jax.lax.scan(body, state, drawn)
    metrics = jax.tree.map(lambda x: jnp.mean(x, axis=0), reports.metrics)
    return state, Report(reports.td_losses, metrics)

  return run
