"""All that a term of an actor-critic may read of one example."""

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

from reincarnating_rl.learner.control.actor_critic import ActorCritic
from reincarnating_rl.learner.control.parts import LOG_ALPHA, TEMPERATURE
from reincarnating_rl.learner.objective import TERM_STREAM
from reincarnating_rl.learner.types import Array, Batch, Params


@dataclasses.dataclass(frozen=True)
class Networks:
  """How the networks are called, for one state.

  Attributes:
    actor: `(params, state[*O, S]) -> [W]`.
    critic: `(params, state[*O, S], action[D]) -> [C, N]`.
  """

  actor: Callable[[Params, Array], Array]
  critic: Callable[[Params, Array, Array], Array]


@dataclasses.dataclass(frozen=True)
class Context:
  """One example, and what the networks say of it, computed when it is read.

  Attributes:
    functions: of the student.
    networks: how they are called.
    params: online.
    target_params: of the target networks.
    example: one row of a batch.
    key: randomness of this example, in the order of Dopamine's SAC.
  """

  functions: ActorCritic
  networks: Networks
  params: Params
  target_params: Params
  example: Batch
  key: Array

  @functools.cached_property
  def term_key(self) -> Array:
    """Randomness for a term's own use."""
    return jax.random.fold_in(self.key, TERM_STREAM)

  @functools.cached_property
  def policy(self) -> Array:
    """The online actor's output [W] at the state."""
    return self.networks.actor(self.params, self.example.state)

  @functools.cached_property
  def drawn(self) -> tuple[Array, Array]:
    """A draw [D] from the policy, and the log of its density []."""
    _, key = jax.random.split(self.key)
    return self.functions.policy.propose(self.policy, key)

  @functools.cached_property
  def log_alpha(self) -> Array:
    """The log of SAC's temperature, []."""
    return self.params[TEMPERATURE][LOG_ALPHA][0]

  @functools.cached_property
  def output(self) -> Array:
    """The critics' output [C, N] for the action that was taken."""
    return self.networks.critic(
      self.params, self.example.state, self.example.action
    )

  def values(self, action: Array) -> Array:
    """Returns the critics' values [C] of an action [D] at the state."""
    return self.functions.values(
      self.networks.critic(self.params, self.example.state, action)
    )

  @property
  def td_loss(self) -> Array:
    """The TD loss, []."""
    functions, example = self.functions, self.example
    key, _ = jax.random.split(self.key)
    output = self.networks.actor(self.target_params, example.next_state)
    action, log_density = functions.next_action(output, key)
    next_output = self.networks.critic(
      self.target_params, example.next_state, action
    )
    bonus = jnp.zeros(())
    if functions.target_entropy is not None:
      bonus = -jnp.exp(self.log_alpha) * log_density
    return functions.td_loss(
      self.output,
      functions.reward_scale * example.reward,
      example.discount,
      next_output,
      jax.lax.stop_gradient(bonus),
    )
