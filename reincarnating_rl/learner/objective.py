"""The objective: one forward pass, then a weighted sum of named loss terms."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import chex
import jax
import jax.numpy as jnp

from reincarnating_rl.learner.terms import SECOND, Context, Term, any_reads
from reincarnating_rl.learner.types import (
  Array,
  Batch,
  Metrics,
  Params,
  Report,
  UpdateKeys,
  Weights,
)
from reincarnating_rl.learner.value_function import BoundNetwork, ValueFunction

# Folds of a key that no split into a batch can reach.
_SECOND_STREAM, TERM_STREAM = 0x8000_0001, 0x8000_0002


class Objective(Protocol):
  """What an update minimises."""

  def __call__(
    self,
    params: Params,
    target_params: Params,
    batch: Batch,
    weights: Weights,
    keys: UpdateKeys,
  ) -> tuple[Array, Report]:
    """Returns the scalar loss, and what to report."""
    ...


def make_objective(
  value: ValueFunction, network: BoundNetwork, terms: Sequence[Term]
) -> Objective:
  """A value-based student's objective, `sum_k weight_k mean(w loss_k)`.

  The terms `td` and `distill` make QDagger's: Agarwal et al. 2022, Eq. 2,
  https://arxiv.org/abs/2206.01626. The importance weights `w` are those of
  prioritised replay (Schaul et al. 2016), and 1 without it. `td` alone makes
  the loss of Dopamine's agent of the same value function.

  Args:
    value: how the network is called, and its TD action is chosen.
    network: `(params, state, **arguments) -> output`, of one state.
    terms: the first is `td`; their names differ.

  Returns:
    An `Objective` over batches of any size.
  """
  reads_second = any_reads(terms, SECOND)
  outputs = _batched(value, network, value.online)
  next_outputs = _batched(value, network, value.next)

  def bootstrap(
    params: Params, target_params: Params, states: Array, key: Array
  ) -> tuple[Any, Array]:
    output = next_outputs(target_params, states, key)
    selector = next_outputs(params, states, key) if value.double else output
    return output, jnp.argmax(selector.q_values, axis=-1)

  def objective(
    params: Params,
    target_params: Params,
    batch: Batch,
    weights: Weights,
    keys: UpdateKeys,
  ) -> tuple[Array, Report]:
    output = outputs(params, batch.state, keys.online)
    chex.assert_rank(output.q_values, 2)
    second = (None, None)
    if reads_second:
      second = bootstrap(
        params,
        target_params,
        batch.second.next_state,
        jax.random.fold_in(keys.target, _SECOND_STREAM),
      )
    next_output, next_action = bootstrap(
      params, target_params, batch.next_state, keys.target
    )
    contexts = Context(
      example=batch,
      output=output,
      next_output=next_output,
      next_action=next_action,
      second_output=second[0],
      second_action=second[1],
      key=jax.random.split(
        jax.random.fold_in(keys.online, TERM_STREAM), len(batch.action)
      ),
    )
    losses = {term.name: jax.vmap(term.loss)(contexts) for term in terms}
    loss, metrics = weighted_sum(terms, losses, batch, weights)
    metrics |= q_statistics(output.q_values) | {'Loss/Total': loss}
    return loss, Report(losses['td'], metrics)

  return objective


def weighted_sum(
  terms: Sequence[Term],
  losses: Mapping[str, Array],
  batch: Batch,
  weights: Weights,
) -> tuple[Array, Metrics]:
  """Returns `sum_k weight_k mean(w loss_k)`, and the mean of each term.

  Args:
    terms: of the objective.
    losses: [B] of each, by its name.
    batch: whose importance weights are w.
    weights: of the terms.
  """
  means = {
    name: jnp.mean(batch.importance_weight * x) for name, x in losses.items()
  }
  loss = sum(weights.terms[name] * mean for name, mean in means.items())
  return loss, {term.metric: means[term.name] for term in terms}


def _batched(value: ValueFunction, network: BoundNetwork, call: Any) -> Any:
  """Maps `call` over states: with a key for each, or one for all."""

  def outputs(params: Params, states: Array, key: Array) -> Any:
    keys, axis = key, None
    if value.key_per_state:
      keys, axis = jax.random.split(key, len(states)), 0
    return jax.vmap(
      lambda state, key: call(network, params, state, key), in_axes=(0, axis)
    )(states, keys)

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
