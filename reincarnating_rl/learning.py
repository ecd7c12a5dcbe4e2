"""Learning: a gradient update as a pure function, jitted alone or scanned."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.objectives import Objective
from reincarnating_rl.types import (
  Array,
  Batch,
  Coefficients,
  LearnerState,
  Metrics,
)

Update = Callable[
  [LearnerState, Batch, Coefficients], tuple[LearnerState, Metrics]
]


class ScanPlan(NamedTuple):
  """Where a scan of updates stands; traced."""

  first_update: Array  # [] int32, updates done before this scan
  target_period: Array  # [] int32, updates between target syncs


def make_update(
  objective: Objective, optimizer: optax.GradientTransformation
) -> Update:
  """Builds the gradient update.

  The optimiser is made with a learning rate of 1 and its step is scaled by
  `coefficients.learning_rate`, which stays traced and out of the optimiser's
  state. That is exact where the learning rate is the optimiser's last factor,
  as in Adam.

  Args:
    objective: what to minimise.
    optimizer: gradient transformation with a learning rate of 1.

  Returns:
    A pure `(state, batch, coefficients) -> (state, metrics)`, not yet jitted.
    The target parameters are left as they are.
  """

  def update(
    state: LearnerState, batch: Batch, coefficients: Coefficients
  ) -> tuple[LearnerState, Metrics]:
    gradient, metrics = jax.grad(objective, has_aux=True)(
      state.params, state.target_params, batch, coefficients
    )
    # Decoupled weight decay and the like need the parameters.
    steps, optimizer_state = optimizer.update(
      gradient, state.optimizer_state, state.params
    )
    steps = jax.tree.map(lambda u: coefficients.learning_rate * u, steps)
    params = optax.apply_updates(state.params, steps)
    metrics = metrics | {'Gradient/Norm': optax.tree.norm(gradient)}
    return LearnerState(params, state.target_params, optimizer_state), metrics

  return update


def make_scanned_update(
  update: Update, gather: Callable[[Any, Array], Batch]
) -> Callable[..., tuple[LearnerState, Metrics]]:
  """Builds a jitted run of several updates over data that stays in place.

  Args:
    update: from `make_update`.
    gather: `(data, slots[B]) -> Batch`, jittable.

  Returns:
    `run(state, data, slots[K, B], coefficients, plan)`, which makes K updates,
    copies the parameters to the target after every `plan.target_period` of
    them, counted from the first update of the phase, and returns the state and
    the mean of each metric. K is static: keep it the same from call to call.
  """
  # XLA's CPU backend runs convolutions inside a loop several times slower than
  # in straight-line code (`benchmarks/pretraining.py`).
  unroll = jax.default_backend() == 'cpu'

  def run(
    state: LearnerState,
    data: Any,
    slots: Array,
    coefficients: Coefficients,
    plan: ScanPlan,
  ) -> tuple[LearnerState, Metrics]:
    def body(
      carry: tuple[LearnerState, Array], row: Array
    ) -> tuple[tuple[LearnerState, Array], Metrics]:
      state, done = carry
      state, metrics = update(state, gather(data, row), coefficients)
      done = done + 1
      target_params = optax.periodic_update(
        state.params, state.target_params, done, plan.target_period
      )
      return (state._replace(target_params=target_params), done), metrics

    (state, _), metrics = jax.lax.scan(
      body, (state, plan.first_update), slots, unroll=unroll
    )
    return state, jax.tree.map(lambda x: jnp.mean(x, axis=0), metrics)

  return jax.jit(run)
