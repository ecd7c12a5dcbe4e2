"""Actor-critics: what tells SAC, TD3 and D4PG apart in an update.

One `ActorCritic` is to these students what a `ValueFunction` is to others. The
constructors take plain settings; `students` reads those off the agents.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from reincarnating_rl.learner.control.policies import (
  Deterministic,
  Policy,
  TanhGaussian,
)
from reincarnating_rl.learner.losses import categorical
from reincarnating_rl.learner.types import Array


@dataclasses.dataclass(frozen=True, kw_only=True)
class ActorCritic:
  """The functions of a student that has an actor and critics, for one state.

  An actor's output is [W], `W = policy.width * D`; that of C critics is [C, N],
  N numbers for one value.

  Attributes:
    policy: what the actor's output means.
    num_critics: C.
    num_atoms: N; 1 for a value itself.
    values: `output[C, N] -> [C]`, expected returns.
    td_loss: `(output[C, N], reward, discount, next_output[C, N], bonus) -> []`,
      summed over critics; no gradient flows through what follows `output`.
    next_action: `(next output[W] of the target actor, key) -> (action[D],
      log density [])`, the action that is bootstrapped.
    worth: `(values[C]) -> []`, what the actor maximises.
    td_weight: of that loss.
    target_entropy: of SAC; None where entropy is not rewarded.
    actor_period: updates of the critics for one of the actor and of targets.
    reward_scale: by which rewards are multiplied.
    meaning: facts that the shapes of parameters do not show, JSON-able.
  """

  policy: Policy
  values: Callable[[Array], Array]
  td_loss: Callable[[Array, Array, Array, Array, Array], Array]
  next_action: Callable[[Array, Array], tuple[Array, Array]]
  worth: Callable[[Array], Array]
  num_critics: int = 2
  num_atoms: int = 1
  td_weight: float = 1.0
  target_entropy: float | None = None
  actor_period: int = 1
  reward_scale: float = 1.0
  meaning: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def sac(*, target_entropy: float, reward_scale: float = 1.0) -> ActorCritic:
  """SAC as Dopamine has it: Haarnoja et al. 2018, arXiv 1812.05905.

  Dopamine's target is the value of the target actor's mean action, with the
  entropy of a draw from it.

  Args:
    target_entropy: to which the temperature brings that of the policy, in nats.
    reward_scale: by which rewards are multiplied.
  """
  policy = TanhGaussian()

  def next_action(output: Array, key: Array) -> tuple[Array, Array]:
    return policy.mean(output), policy.propose(output, key)[1]

  return ActorCritic(
    policy=policy,
    values=_first_numbers,
    td_loss=smallest_value_td,
    next_action=next_action,
    worth=jnp.min,
    td_weight=0.5,
    target_entropy=target_entropy,
    reward_scale=reward_scale,
  )


def td3(
  *,
  noise: float = 0.1,
  target_noise: float = 0.2,
  target_noise_clip: float = 0.5,
  actor_period: int = 2,
  reward_scale: float = 1.0,
) -> ActorCritic:
  """TD3: Fujimoto et al. 2018, https://arxiv.org/abs/1802.09477.

  As in Acme, actor and critics of one update are moved from the same
  parameters; the paper moves the critics first.

  Args:
    noise: standard deviation of exploration.
    target_noise: the same of the noise on target actions.
    target_noise_clip: the most of that noise.
    actor_period: d, updates of critics for one of the actor and the targets.
    reward_scale: by which rewards are multiplied.
  """

  def next_action(output: Array, key: Array) -> tuple[Array, Array]:
    drawn = target_noise * jax.random.normal(key, output.shape)
    noise = jnp.clip(drawn, -target_noise_clip, target_noise_clip)
    return jnp.clip(output + noise, -1.0, 1.0), jnp.zeros(())

  return ActorCritic(
    policy=Deterministic(noise),
    values=_first_numbers,
    td_loss=smallest_value_td,
    next_action=next_action,
    worth=_first,
    actor_period=actor_period,
    reward_scale=reward_scale,
  )


def d4pg(
  *,
  vmin: float,
  vmax: float,
  num_atoms: int = 51,
  noise: float = 0.2,
  twin: bool = False,
  reward_scale: float = 1.0,
) -> ActorCritic:
  """D4PG: Barth-Maron et al. 2018, https://arxiv.org/abs/1804.08617.

  Args:
    vmin: the first atom.
    vmax: the last one, above it.
    num_atoms: N, at least 2.
    noise: standard deviation of exploration.
    twin: whether there are two critics; the one whose mean is smaller makes the
      target of both.
    reward_scale: by which rewards are multiplied.
  """
  atoms = jnp.linspace(vmin, vmax, num_atoms)

  def values(output: Array) -> Array:
    return jax.nn.softmax(output) @ atoms

  def td_loss(
    output: Array,
    reward: Array,
    discount: Array,
    next_output: Array,
    bonus: Array,
  ) -> Array:
    logits = next_output[jnp.argmin(values(next_output))]
    target = categorical.categorical_target(
      reward + discount * bonus, discount, logits, atoms
    )
    losses = jax.vmap(categorical.cross_entropy, in_axes=(0, None))
    return jnp.sum(losses(output, target))

  return ActorCritic(
    policy=Deterministic(noise),
    values=values,
    td_loss=td_loss,
    next_action=lambda output, key: (output, jnp.zeros(())),
    worth=_first,
    num_critics=2 if twin else 1,
    num_atoms=num_atoms,
    reward_scale=reward_scale,
    meaning={
      'atoms from': vmin,
      'atoms to': vmax,
    },
  )


def smallest_value_td(
  output: Array,
  reward: Array,
  discount: Array,
  next_output: Array,
  bonus: Array,
) -> Array:
  """Squared errors of all critics against the smallest value of the next state.

  `sum_i (Q_i - (r + discount (min_j Q'_j + bonus)))^2`: clipped double
  Q-learning, Fujimoto et al. 2018, Eq. 10.

  Args:
    output: [C, 1], the online critics'.
    reward: [], or n-step return.
    discount: [], 0 at a terminal.
    next_output: [C, 1], the target critics'.
    bonus: [], for the entropy of the next action.

  Returns:
    [].
  """
  bootstrapped = jnp.min(_first_numbers(next_output)) + bonus
  target = jax.lax.stop_gradient(reward + discount * bootstrapped)
  return jnp.sum(jnp.square(_first_numbers(output) - target))


def _first_numbers(output: Array) -> Array:
  return output[:, 0]


def _first(values: Array) -> Array:
  return values[0]
