"""Objectives: one forward pass, then a sum of named loss terms."""

from collections.abc import Callable
from typing import Any, Protocol

import chex
import jax
import jax.numpy as jnp

from reincarnating_rl.learner.td_losses import TDLoss
from reincarnating_rl.learner.terms import TeacherTerm
from reincarnating_rl.learner.types import (
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


def value_objective(
  network: Network,
  td_loss: TDLoss,
  *,
  double: bool = False,
  td_coefficient: float = 1.0,
  teacher_term: TeacherTerm | None = None,
  next_network: Network | None = None,
  key_per_state: bool = False,
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
    teacher_term: L, of the online network's `q_values`; None leaves it out of
      the program.
    next_network: the student again, where more is asked of it at a next state;
      None for `network`.
    key_per_state: whether each state of a batch has randomness of its own, such
      as sampled fractions, or all share one, such as a noisy layer.

  Returns:
    An `Objective` over batches of any size.
  """
  outputs = _batched(network, key_per_state)
  next_outputs = _batched(next_network or network, key_per_state)

  def objective(
    params: Params,
    target_params: Params,
    batch: Batch,
    coefficients: Coefficients,
    keys: UpdateKeys,
  ) -> tuple[Array, Report]:
    output = outputs(params, batch.state, keys.online)
    chex.assert_rank(output.q_values, 2)
    next_output = next_outputs(target_params, batch.next_state, keys.target)
    selector = next_output
    if double:
      selector = next_outputs(params, batch.next_state, keys.target)
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


def _batched(network: Network, key_per_state: bool) -> Network:
  if not key_per_state:
    return jax.vmap(network, in_axes=(None, 0, None))

  def outputs(params: Params, states: Array, key: Array) -> Any:
    return jax.vmap(network, in_axes=(None, 0, 0))(
      params, states, jax.random.split(key, len(states))
    )

  return outputs


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
