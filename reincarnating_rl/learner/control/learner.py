"""The learner of an actor-critic: its pure functions, not yet compiled."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.learner.control import parts
from reincarnating_rl.learner.control.actor_critic import ActorCritic
from reincarnating_rl.learner.control.context import Networks
from reincarnating_rl.learner.control.parts import LOG_ALPHA, TEMPERATURE
from reincarnating_rl.learner.control.update import UPDATES, make_update
from reincarnating_rl.learner.learner import Learner, copied
from reincarnating_rl.learner.terms import Term
from reincarnating_rl.learner.types import Array, LearnerState, Params


@dataclasses.dataclass(frozen=True, kw_only=True)
class ControlLearner(Learner):
  """What a student with an actor computes, without its state.

  Attributes:
    networks: how they are called.
    act: `(params, state[*O, S], key, explores) -> action[D]` in [-1, 1].
  """

  networks: Networks
  act: Callable[[Params, Array, Array, bool], Array]


def make_control_learner(
  functions: ActorCritic,
  network: Any,
  terms: Sequence[Term],
  optimizer: optax.GradientTransformation,
  *,
  example: Array,
  smoothing: float | None,
) -> ControlLearner:
  """Puts a learner together.

  Args:
    functions: of the student.
    network: a Flax module with the methods `actor` and `critic`.
    terms: of the objectives.
    optimizer: with a learning rate of 1.
    example: [*O, S], a state of the right shape and type.
    smoothing: see `update.make_update`.
  """
  networks = Networks(
    actor=lambda params, state: network.apply(params, state, method='actor'),
    critic=lambda params, state, action: network.apply(
      params, state, action, method='critic'
    ),
  )
  has_temperature = functions.target_entropy is not None

  def init(key: Array) -> LearnerState:
    key, init_key = jax.random.split(key)
    params = parts.networks(network.init(init_key, example))
    target = copied(params)
    if has_temperature:
      params[TEMPERATURE] = {LOG_ALPHA: jnp.zeros(1)}
    return LearnerState(params, target, fresh(params), key)

  def fresh(params: Params) -> dict[str, Any]:
    moments = {n: optimizer.init(x) for n, x in parts.split(params).items()}
    return {**moments, UPDATES: jnp.zeros((), jnp.int32)}

  def act(params: Params, state: Array, key: Array, explores: bool) -> Array:
    output, policy = networks.actor(params, state), functions.policy
    return policy.explore(output, key) if explores else policy.mean(output)

  return ControlLearner(
    init=init,
    update=make_update(
      functions, networks, terms, optimizer, smoothing=smoothing
    ),
    sync_target=lambda state: state._replace(
      target_params=copied(parts.networks(state.params))
    ),
    reset_optimizer=lambda state: state._replace(
      optimizer_state=fresh(state.params)
    ),
    has_hard_target=smoothing is None,
    networks=networks,
    act=act,
  )
