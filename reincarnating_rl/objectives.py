"""Objectives: one forward pass, then a sum of named loss terms."""

from collections.abc import Callable
from typing import Any, Protocol

import chex
import jax
import jax.numpy as jnp

from reincarnating_rl.errors import pick
from reincarnating_rl.losses import categorical, td
from reincarnating_rl.teacher_terms import TeacherTerm
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


def scalar_td(loss: str = 'huber') -> TDLoss:
  """The head of DQN: a regression of Q-values.

  Args:
    loss: a key of `SCALAR_LOSSES`.

  Returns:
    The loss of outputs that have `q_values[A]`.

  Raises:
    UnknownNameError: there is no such loss.
  """
  error = pick('TD loss', SCALAR_LOSSES, loss)

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
  td_coefficient: float = 1.0,
  teacher_term: TeacherTerm | None = None,
) -> Objective:
  """A value-based student's objective, `mean w (c TD + lambda L)`.

  With c = 1 and `L = KL(teacher || student)` it is QDagger's: Agarwal et al.
  2022, Eq. 2, https://arxiv.org/abs/2206.01626. The importance weights `w` are
  prioritised replay's (Schaul et al. 2016), and 1 without it.

  With c = 1 and lambda = 0 (or no `teacher_term`) it is the loss of Dopamine's
  agent of the same head.

  Args:
    network: the student, for one state.
    td_loss: its head.
    double: whether the online network selects the action of the target.
    td_coefficient: c; TD losses are reported unscaled.
    teacher_term: L; None leaves it out of the program.

  Returns:
    An `Objective` over batches of any size.
  """
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
    mean_td = jnp.mean(batch.importance_weight * td_losses)
    metrics = {'Loss/TD': mean_td, **q_statistics(output.q_values)}
    loss = td_coefficient * mean_td
    if teacher_term is not None:
      teacher_losses = jax.vmap(teacher_term.loss)(
        output.q_values, batch.action, batch.teacher_logits
      )
      teacher_loss = jnp.mean(batch.importance_weight * teacher_losses)
      loss = loss + coefficients.distill * teacher_loss
      metrics |= {teacher_term.metric: teacher_loss}
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
