"""Objectives: one forward pass, then a sum of named loss terms."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import chex
import jax
import jax.numpy as jnp

from reincarnating_rl.errors import UserError
from reincarnating_rl.losses import categorical, distillation, td
from reincarnating_rl.types import (
  Array,
  Batch,
  Coefficients,
  Metrics,
  Params,
  Report,
  UpdateKeys,
)

Network = Callable[[Params, Array, Array], Any]
"""`(params, state[*O, S], key) -> output` of one state, with `q_values[A]`."""

SCALAR_LOSSES = {'huber': td.huber, 'mse': td.mse}
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
    keys: UpdateKeys,
  ) -> tuple[Array, Report]:
    """Returns the scalar loss, and what to report."""
    ...


class TDLoss(Protocol):
  """A student's head: how its output at one state is compared with the next."""

  def __call__(
    self, output: Any, example: Batch, next_output: Any, next_action: Array
  ) -> Array:
    """Returns the loss [] of one example.

    Args:
      output: the online network's, of the example's state.
      example: one row of a batch.
      next_output: the target network's, of the next state.
      next_action: [], the action that is bootstrapped there.
    """
    ...


class Distillation(NamedTuple):
  """How a student listens to its teacher; its weight is a `Coefficients`."""

  temperature: float = 0.1
  kind: str = 'policy'


def scalar_td(loss: str = 'huber') -> TDLoss:
  """The head of DQN: a regression of Q-values.

  Args:
    loss: a key of `SCALAR_LOSSES`.

  Returns:
    The loss of outputs that have `q_values[A]`.

  Raises:
    UnknownLossError: there is no such loss.
  """
  error = _pick('TD loss', SCALAR_LOSSES, loss)

  def td_loss(
    output: Any, example: Batch, next_output: Any, next_action: Array
  ) -> Array:
    target = td.q_target(
      example.reward, example.discount, next_output.q_values, next_action
    )
    return error(output.q_values[example.action], target)

  return td_loss


def categorical_td(atoms: Array) -> TDLoss:
  """The head of C51 and Rainbow: a classification of returns.

  Args:
    atoms: [N] returns, ascending and equally spaced.

  Returns:
    The loss of outputs that have `logits[A, N]`.
  """

  def td_loss(
    output: Any, example: Batch, next_output: Any, next_action: Array
  ) -> Array:
    target = categorical.categorical_target(
      example.reward, example.discount, next_output.logits[next_action], atoms
    )
    return categorical.cross_entropy(output.logits[example.action], target)

  return td_loss


def value_objective(
  network: Network,
  td_loss: TDLoss,
  *,
  double: bool = False,
  distill: Distillation | None = None,
) -> Objective:
  """QDagger's objective, `mean w (TD + lambda KL)`.

  Agarwal et al. 2022, Eq. 2, https://arxiv.org/abs/2206.01626. The importance
  weights `w` are prioritised replay's (Schaul et al. 2016), and 1 without it.

  With lambda = 0 (or no `distill`) it is the loss of Dopamine's agent of the
  same head.

  Args:
    network: the student, for one state.
    td_loss: its head.
    double: whether the online network selects the action of the target.
    distill: the distillation term; None leaves it out of the program.

  Returns:
    An `Objective` over batches of any size.

  Raises:
    UnknownLossError: for an unknown distillation.
  """
  if distill is not None:
    distill_term = _pick('distillation', DISTILL_LOSSES, distill.kind)
  outputs = jax.vmap(network, in_axes=(None, 0, None))

  def objective(
    params: Params,
    target_params: Params,
    batch: Batch,
    coefficients: Coefficients,
    keys: UpdateKeys,
  ) -> tuple[Array, Report]:
    output = outputs(params, batch.state, keys.online)
    chex.assert_rank(output.q_values, 2)
    next_output = outputs(target_params, batch.next_state, keys.target)
    selector = next_output
    if double:
      selector = outputs(params, batch.next_state, keys.target)
    next_action = jnp.argmax(selector.q_values, axis=-1)
    td_losses = jax.vmap(td_loss)(output, batch, next_output, next_action)
    loss = jnp.mean(batch.importance_weight * td_losses)
    metrics = {'Loss/TD': loss, **q_statistics(output.q_values)}
    if distill is not None:
      distill_losses = jax.vmap(distill_term, in_axes=(0, 0, None))(
        output.q_values, batch.teacher_logits, distill.temperature
      )
      distill_loss = jnp.mean(batch.importance_weight * distill_losses)
      loss = loss + coefficients.distill * distill_loss
      metrics |= {'Loss/Distill': distill_loss}
    return loss, Report(td_losses, metrics | {'Loss/Total': loss})

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
