"""Whole episodes of one seed, side by side: to measure, and to collect.

The protocol is that of `envs/rollouts.py`: an episode begins only while fewer
than so many steps have been taken, and every episode that has begun is
finished. Episode i depends on the key, on i and on the policy alone.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from reincarnating_rl.envs import discrete_actions
from reincarnating_rl.envs.discrete_actions import ACTS
from reincarnating_rl.fleet.play import Ended, Play, Player, chosen
from reincarnating_rl.learner.types import Array
from reincarnating_rl.teachers.base import Teacher

Choose = Callable[[Any, Array, Array], tuple[Array, Array]]
"""`(params, states[L, *O, S], keys[L, 2]) -> (actions[L], logits[L, A])`."""


class Lanes(NamedTuple):
  """The lanes of one seed."""

  play: Play  # [L, ...]
  index: Array  # [L] int32 of the episode; -1 in an idle lane
  key: Array  # [L, 2] of the episode
  base: Array  # [2], of the keys of all episodes
  begun: Array  # [] int32, episodes
  taken: Array  # [] int32, steps


class Limits(NamedTuple):
  """How long is played; the other of the two is out of reach."""

  steps: Array  # [] int32
  episodes: Array  # [] int32


class Step(NamedTuple):
  """What the lanes did in a step; what was idle holds anything."""

  index: Array  # [L] int32; -1 for an idle lane
  ended: Ended  # [L]
  is_finite: Array  # [L] bool, whether the best logit is a number
  kept: Any  # observation, action, reward and logits [L, ...]; or None


@dataclasses.dataclass(frozen=True)
class Rollout:
  """Plays L lanes of one seed.

  Attributes:
    player: plays one.
    choose: the policy.
    encode: observations [*O] as they are kept; None to keep nothing.
  """

  player: Player
  choose: Choose
  encode: Callable[[Array], Array] | None = None

  def begin(self, key: Array, lanes: int) -> Lanes:
    """Returns idle lanes.

    Args:
      key: of all episodes.
      lanes: L.
    """
    keys = jnp.broadcast_to(key, (lanes, *key.shape))
    none = jnp.full(lanes, -1, jnp.int32)
    zero = jnp.zeros((), jnp.int32)
    return Lanes(jax.vmap(self.player.begin)(keys), none, keys, key, zero, zero)

  def run(
    self, lanes: Lanes, params: Any, limits: Limits, steps: int
  ) -> tuple[Lanes, Step]:
    """Plays on; idle lanes stand still once no episode may begin.

    Args:
      lanes: of one seed.
      params: of the policy.
      limits: how long is played.
      steps: K.

    Returns:
      The lanes, and what they did [K, ...].
    """

    def body(lanes: Lanes, _: None) -> tuple[Lanes, Step]:
      return self._step(self._open(lanes, limits), params)

    return jax.lax.scan(body, lanes, None, length=steps)

  def _open(self, lanes: Lanes, limits: Limits) -> Lanes:
    """Begins episodes in idle lanes, in order, while they may."""
    is_idle = lanes.index < 0
    index = lanes.begun + jnp.cumsum(is_idle) - 1
    may_begin = (lanes.taken < limits.steps) & (index < limits.episodes)
    opens = is_idle & may_begin
    keys = jax.vmap(jax.random.fold_in, (None, 0))(lanes.base, index)
    fresh = jax.vmap(self.player.begin)(keys)
    return lanes._replace(
      play=jax.vmap(chosen)(opens, fresh, lanes.play),
      index=jnp.where(opens, index, lanes.index).astype(jnp.int32),
      key=jnp.where(opens[:, None], keys, lanes.key),
      begun=lanes.begun + opens.sum(),
    )

  def _step(self, lanes: Lanes, params: Any) -> tuple[Lanes, Step]:
    play, is_busy = lanes.play, lanes.index >= 0
    # Not 0: `begin` has used that part of the key.
    keys = jax.vmap(jax.random.fold_in)(lanes.key, play.length + 1)
    game_keys, bits = jnp.moveaxis(jax.vmap(jax.random.split)(keys), 1, 0)
    actions, logits = self.choose(params, play.state, bits)
    moved, outcome, ended = jax.vmap(self.player.step)(play, actions, game_keys)
    kept = None
    if self.encode is not None:
      seen = jax.vmap(self.encode)(play.state[..., -1])
      kept = seen, actions, outcome.reward, logits
    step = Step(lanes.index, ended, jnp.isfinite(logits.max(axis=1)), kept)
    is_over = is_busy & ended.is_over
    lanes = lanes._replace(
      play=jax.vmap(chosen)(is_busy, moved, play),
      index=jnp.where(is_over, -1, lanes.index),
      taken=lanes.taken + is_busy.sum(),
    )
    return lanes, step


def student(
  q_values: Callable[[Any, Array, Array], Array], epsilon: float
) -> Choose:
  """Acts as a student does in evaluation; see `policies.sampling_policy`.

  Args:
    q_values: of the learner.
    epsilon: probability of a uniformly random action.
  """

  def choose(params: Any, states: Array, keys: Array) -> tuple[Array, Array]:
    values = q_values(params, states, keys)
    return discrete_actions.epsilon_greedy(keys, values, epsilon), values

  return choose


def teacher(its: Teacher, epsilon: float) -> Choose:
  """Acts as a teacher does; see `policies.teacher_policy`.

  Args:
    its: the teacher, whose logits JAX can trace.
    epsilon: probability of a uniformly random action.
  """
  act = ACTS[its.acts]

  def choose(params: Any, states: Array, keys: Array) -> tuple[Array, Array]:
    del params
    logits = jnp.asarray(its.policy_logits(states))
    return act(keys, logits, epsilon), logits

  return choose


def uniform(num_actions: int) -> Choose:
  """Acts uniformly at random.

  Args:
    num_actions: A.
  """

  def choose(params: Any, states: Array, keys: Array) -> tuple[Array, Array]:
    del params
    logits = jnp.zeros((len(states), num_actions))
    return discrete_actions.uniform(keys[:, 0], num_actions), logits

  return choose
