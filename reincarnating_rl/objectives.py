"""Objectives: one forward pass, then a sum of named loss terms."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import chex
import jax
import jax.numpy as jnp

from reincarnating_rl.errors import UserError
from reincarnating_rl.losses import distillation, td
from reincarnating_rl.types import Array, Batch, Coefficients, Metrics, Params

QFunction = Callable[[Params, Array], Array]
"""`(params, state[*O, S]) -> q_values[A]`, one state at a time."""

TD_LOSSES = {'huber': td.huber, 'mse': td.mse}
DISTILL_LOSSES = {
  'policy': distillation.policy_distillation,
  'best_action': distillation.best_action_distillation,
  'value': distillation.value_distillation,
}


class UnknownLossError(UserError):
  """A loss is named that does not exist."""


class Objective(Protocol):
  """What an update minimises."""

  def __call__(
    self,
    params: Params,
    target_params: Params,
    batch: Batch,
    coefficients: Coefficients,
  ) -> tuple[Array, Metrics]:
    """Returns the scalar loss and the metrics to report."""
    ...


class Distillation(NamedTuple):
  """How a student listens to its teacher; its weight is a `Coefficients`."""

  temperature: float = 0.1
  kind: str = 'policy'


def q_objective(
  q_function: QFunction,
  *,
  td_loss: str = 'huber',
  double: bool = False,
  distill: Distillation | None = None,
) -> Objective:
  """QDagger's objective, `mean TD + lambda mean KL`.

  Agarwal et al. 2022, Eq. 2, https://arxiv.org/abs/2206.01626.

  With lambda = 0 (or no `distill`) it is the loss of Dopamine's DQN.

  Args:
    q_function: the student, for one state.
    td_loss: a key of `TD_LOSSES`.
    double: whether the online network selects the action of the target.
    distill: the distillation term; None leaves it out of the program.

  Returns:
    An `Objective` over batches of any size.

  Raises:
    UnknownLossError: for an unknown loss.
  """
  td_term = _pick('TD loss', TD_LOSSES, td_loss)
  if distill is not None:
    distill_term = _pick('distillation', DISTILL_LOSSES, distill.kind)
  q_batch = jax.vmap(q_function, in_axes=(None, 0))

  def objective(
    params: Params,
    target_params: Params,
    batch: Batch,
    coefficients: Coefficients,
  ) -> tuple[Array, Metrics]:
    q_values = q_batch(params, batch.state)
    chex.assert_rank(q_values, 2)
    q_next = q_batch(target_params, batch.next_state)
    if double:
      q_selector = q_batch(params, batch.next_state)
      targets = jax.vmap(td.double_q_target)(
        batch.reward, batch.discount, q_next, q_selector
      )
    else:
      targets = jax.vmap(td.q_target)(batch.reward, batch.discount, q_next)
    chosen = jnp.take_along_axis(q_values, batch.action[:, None], axis=1)[:, 0]
    loss = jnp.mean(jax.vmap(td_term)(chosen, targets))
    metrics = {'Loss/TD': loss, **q_statistics(q_values)}
    if distill is not None:
      distill_loss = jnp.mean(
        jax.vmap(distill_term, in_axes=(0, 0, None))(
          q_values, batch.teacher_logits, distill.temperature
        )
      )
      loss = loss + coefficients.distill * distill_loss
      metrics |= {'Loss/Distill': distill_loss}
    return loss, metrics | {'Loss/Total': loss}

  return objective


def q_statistics(q_values: Array) -> Metrics:
  """Means over a batch of the largest Q-value and of the action gap.

  Args:
    q_values: [B, A].

  Returns:
    `Q/Max`, and `Q/ActionGap`: the largest value minus the second largest, 0
    where there is a single action.
  """
  top = jnp.sort(q_values, axis=-1)[:, -2:]
  return {
    'Q/Max': jnp.mean(top[:, -1]),
    'Q/ActionGap': jnp.mean(top[:, -1] - top[:, 0]),
  }


def _pick(kind: str, options: dict[str, Callable], name: str) -> Callable:
  if name not in options:
    raise UnknownLossError(
      f'Unknown {kind} {name!r}: choose one of {", ".join(options)}.'
    )
  return options[name]
