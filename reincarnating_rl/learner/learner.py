"""The learner: the pure functions of one student, before any compilation."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.learner import augmentation
from reincarnating_rl.learner.objective import Objective, make_objective
from reincarnating_rl.learner.terms import Term
from reincarnating_rl.learner.types import Array, LearnerState, Params
from reincarnating_rl.learner.update import Update, make_update
from reincarnating_rl.learner.value_function import ValueFunction


@dataclasses.dataclass(frozen=True, kw_only=True)
class Learner:
  """What any student computes, without its state.

  Every function is pure, and `jax.vmap` over the states of several seeds
  accepts it.

  Attributes:
    init: `key -> LearnerState`, a student that has learnt nothing. Its target
      network has the same parameters.
    update: `(state, batch, weights) -> (state, report)`.
    sync_target: `state -> state`, whose target network is a copy of the online
      network.
    reset_optimizer: `state -> state`, whose optimiser has seen nothing.
    has_hard_target: whether targets stay as they are until they are synced;
      otherwise they follow with each update.
  """

  init: Callable[[Array], LearnerState]
  update: Update
  sync_target: Callable[[LearnerState], LearnerState]
  reset_optimizer: Callable[[LearnerState], LearnerState]
  has_hard_target: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class ValueLearner(Learner):
  """What a student with Q-values computes.

  Attributes:
    output: `(params, state[*O, S], key, eval_mode) -> ` the network's output,
      as an actor reads it.
    q_values: `(params, states[B, *O, S], keys[B, 2]) -> [B, A]`, in evaluation.
    objective: what `update` minimises.
    optimizer: with a learning rate of 1.
  """

  output: Callable[..., Any]
  q_values: Callable[[Params, Array, Array], Array]
  objective: Objective
  optimizer: optax.GradientTransformation


def sync_target(state: LearnerState) -> LearnerState:
  """Returns the state with a target that equals the online parameters.

  A copy: an update takes over the memory of the parameters.
  """
  return state._replace(target_params=copied(state.params))


def copied(params: Params) -> Params:
  """Returns parameters in memory of their own."""
  return jax.tree.map(jnp.copy, params)


def make_learner(
  value: ValueFunction,
  network: Any,
  terms: Sequence[Term],
  optimizer: optax.GradientTransformation,
  *,
  example: Array,
  preprocess: Callable[[Array], Array] = lambda state: state,
  augments: bool = False,
) -> ValueLearner:
  """Puts a learner together.

  Args:
    value: how the network is called, and what its outputs mean.
    network: a Flax module.
    terms: of the objective, `td` first.
    optimizer: with a learning rate of 1.
    example: [*O, S], a state of the right shape and type.
    preprocess: of a state, before the network.
    augments: whether states are shifted and scaled at random in an update.
  """

  def bound(params: Params, state: Array, **arguments: Any) -> Any:
    return network.apply(params, preprocess(state), **arguments)

  def init(key: Array) -> LearnerState:
    key, init_key = jax.random.split(key)
    params = network.init(
      init_key, preprocess(example), **value.arguments(init_key, True)
    )
    return LearnerState(params, copied(params), optimizer.init(params), key)

  def output(params: Params, state: Array, key: Array, eval_mode: bool) -> Any:
    return value.act(bound, params, state, key, eval_mode)

  def q_values(params: Params, states: Array, keys: Array) -> Array:
    def one(state: Array, key: Array) -> Array:
      return output(params, state, key, True).q_values

    return jax.vmap(one)(states, keys)

  objective = make_objective(value, bound, terms)
  if augments:
    objective = augmentation.augmented(objective)

  def reset_optimizer(state: LearnerState) -> LearnerState:
    return state._replace(optimizer_state=optimizer.init(state.params))

  return ValueLearner(
    init=init,
    update=make_update(objective, optimizer),
    sync_target=sync_target,
    reset_optimizer=reset_optimizer,
    output=output,
    q_values=q_values,
    objective=objective,
    optimizer=optimizer,
  )
