"""The online loop of one seed as a pure function: play, add, label, update."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from reincarnating_rl.envs.discrete_actions import ACTS
from reincarnating_rl.fleet.play import Ended, Player, chosen
from reincarnating_rl.fleet.types import Clock, Own, Plan, Seed, Told
from reincarnating_rl.learner.learner import Learner
from reincarnating_rl.learner.types import (
  Array,
  Batch,
  Metrics,
  Transition,
  Weights,
)
from reincarnating_rl.replay.device_ring import DeviceRing, Drawn, Ring
from reincarnating_rl.teachers.base import Teacher


def begin(player: Player, key: Array) -> dict[str, Any]:
  """Returns what a seed begins with beside its learner and its replay.

  Args:
    player: plays its game.
    key: of all that follows.

  Returns:
    The fields `play`, `roll_in` and `key` of a `Seed`.
  """
  key, first = jax.random.split(key)
  none = jnp.full((), -1, jnp.int32)
  return {'play': player.begin(first), 'roll_in': none, 'key': key}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Online:
  """How a seed plays and learns.

  Attributes:
    player: plays its game.
    learner: its pure functions.
    replay: its replay's.
    act: `(params, state, key, epsilon, eval_mode=) -> (key, action)`.
    teacher: labels states and rolls in; None where nobody does.
    rolls_in: whether the teacher begins episodes.
    batch_size: B.
    update_period: U, environment steps of a block; each begins with updates.
    updates_per_step: how many.
    warm_up: environment steps before the first update.
    target_period: environment steps between target syncs.
    min_history: elements, more than which there must be before an update.
    clips_rewards: whether the student sees rewards in [-1, 1].
    reads_returns: whether the loss reads Monte-Carlo returns, unknown online.
    mix: `(batch, drawn, key, data) -> (batch, drawn)`, which puts the teacher's
      elements in; None where none are.
  """

  player: Player
  learner: Learner
  replay: DeviceRing
  act: Callable[..., tuple[Array, Array]]
  teacher: Teacher | None
  rolls_in: bool
  batch_size: int
  update_period: int
  updates_per_step: int
  warm_up: int
  target_period: int
  min_history: int
  clips_rewards: bool
  reads_returns: bool
  mix: Callable[..., tuple[Batch, Drawn]] | None = None

  def run(
    self,
    seed: Seed,
    own: tuple[Own, Any],
    plan: Plan,
    *,
    labels: bool,
    updates: bool = True,
  ) -> tuple[Seed, Told]:
    """Makes K blocks.

    Args:
      seed: as it is now.
      own: its weights, and the teacher's data where they are mixed in.
      plan: of all seeds.
      labels: whether the loss reads the teacher's logits.
      updates: False where blocks go on in which an update was made before.
    """
    own, data = own
    step = functools.partial(self._block, data, plan.horizon, labels, updates)
    (seed, _), told = jax.lax.scan(
      step, (seed, plan.clock), (own.weights, plan.epsilons)
    )
    return seed, told

  def _block(
    self,
    data: Any,
    horizon: Array,
    labels: bool,
    updates: bool,
    carry: tuple[Seed, Clock],
    told: tuple[Weights, Array],
  ) -> tuple[tuple[Seed, Clock], Told]:
    (seed, clock), (weights, epsilons) = carry, told
    is_due = updates & self._may_learn(seed, clock.time)
    update = functools.partial(self._updates, data, clock, weights)
    shapes = jax.eval_shape(update, seed)[1]
    seed, metrics = jax.lax.cond(
      is_due, update, lambda seed: (seed, _zeros(shapes)), seed
    )
    seed = self._sync(seed, clock, len(epsilons))

    def step(
      carry: tuple[Seed, Array], epsilon: Array
    ) -> tuple[tuple[Seed, Array], tuple]:
      seed, number = carry
      seed, said = self._step(seed, number, epsilon, horizon)
      return (seed, number + 1), said

    (seed, next_step), said = jax.lax.scan(step, (seed, clock.step), epsilons)
    if labels:
      seed = seed._replace(
        ring=self.label(seed.ring, clock.step + jnp.arange(len(epsilons)))
      )
    clock = Clock(clock.time + len(epsilons), next_step)
    return (seed, clock), Told(*said, is_due, metrics)

  def label(self, ring: Ring, steps: Array) -> Ring:
    """Asks the teacher for the logits of the states of some steps."""
    slots = steps % self.replay.settings.capacity
    logits = self.teacher.policy_logits(self.replay.states(ring, slots))
    return self.replay.label(ring, steps, jnp.asarray(logits))

  def _may_learn(self, seed: Seed, time: Array) -> Array:
    return (seed.ring.head > self.min_history) & (time >= self.warm_up)

  def _updates(self, *told: Any) -> tuple[Seed, Metrics]:
    """Makes those that are due; returns the metrics of the last."""
    *fixed, seed = told
    for _ in range(self.updates_per_step):
      seed, metrics = self._update(*fixed, seed)
    return seed, metrics

  def _update(
    self, data: Any, clock: Clock, weights: Weights, seed: Seed
  ) -> tuple[Seed, Metrics]:
    key, sample_key, mix_key = jax.random.split(seed.key, 3)
    drawn = self.replay.sample(seed.ring, sample_key, self.batch_size)
    batch = self.replay.gather(seed.ring, clock.step, drawn)
    if self.reads_returns:
      batch = batch._replace(
        monte_carlo_return=jnp.full(self.batch_size, -jnp.inf)
      )
    if self.mix is not None:
      batch, drawn = self.mix(batch, drawn, mix_key, data)
    learner, report = self.learner.update(seed.learner, batch, weights)
    ring = self.replay.update(seed.ring, drawn.slots, report.td_losses)
    return seed._replace(learner=learner, ring=ring, key=key), report.metrics

  def _sync(self, seed: Seed, clock: Clock, steps: int) -> Seed:
    """Syncs the target if that is due in this block; nobody reads it sooner."""
    period = self.target_period
    before = (clock.time - 1) // period  # -1 at the start.
    is_due = (clock.time + steps - 1) // period > before
    # Where a warm-up ends within the block, at its end.
    is_due &= self._may_learn(seed, clock.time + steps - 1)
    return seed._replace(
      learner=jax.lax.cond(
        is_due, self.learner.sync_target, lambda state: state, seed.learner
      )
    )

  def _step(
    self, seed: Seed, number: Array, epsilon: Array, horizon: Array
  ) -> tuple[Seed, tuple[Ended, Array, Array]]:
    play, learner = seed.play, seed.learner
    key, game_key, fresh_key, bits = jax.random.split(seed.key, 4)
    acting, action = self.act(
      learner.params, play.state, learner.key, epsilon, eval_mode=False
    )
    is_finite, by_teacher, roll_in = action >= 0, jnp.array(False), seed.roll_in
    if self.rolls_in:
      bits, length_key = jax.random.split(bits)
      drawn = jax.random.randint(length_key, (), 1, jnp.maximum(horizon, 1) + 1)
      # -1: an episode begins here.
      roll_in = jnp.where(
        roll_in < 0, jnp.where(horizon > 0, drawn, 0), roll_in
      )
      by_teacher = roll_in > 0
      logits = jnp.asarray(self.teacher.policy_logits(play.state[None]))
      theirs = ACTS[self.teacher.acts](bits[None], logits, 0.0)[0]
      action = jnp.where(by_teacher, theirs, action)
      acting = jnp.where(by_teacher, learner.key, acting)
      is_finite = jnp.where(by_teacher, jnp.isfinite(logits.max()), is_finite)
      roll_in = jnp.maximum(roll_in - 1, 0)
    moved, outcome, ended = self.player.step(play, action, game_key)
    reward = outcome.reward
    if self.clips_rewards:
      reward = jnp.clip(reward, -1.0, 1.0)
    ring = self.replay.add(
      seed.ring,
      number,
      Transition(
        play.state[..., -1], action, reward, ended.terminal, ended.is_over
      ),
    )
    fresh = self.player.begin(fresh_key)
    seed = Seed(
      learner._replace(key=acting),
      ring,
      chosen(ended.is_over, fresh, moved),
      jnp.where(ended.is_over, -1, roll_in),
      key,
    )
    return seed, (ended, by_teacher, is_finite)


def _zeros(shapes: Any) -> Any:
  return jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)
