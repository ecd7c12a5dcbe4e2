"""One seed's episode under way, as a pure function of a step."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from reincarnating_rl.envs.programs import GameProgram, Outcome
from reincarnating_rl.learner.types import Array


class Play(NamedTuple):
  """An episode under way."""

  game: Any  # the game's state
  state: Array  # [*O, S], the newest observation last
  length: Array  # [] int32, steps so far
  total: Array  # [] float32, raw rewards so far


class Ended(NamedTuple):
  """What a step tells of its episode."""

  is_over: Array  # [] bool
  terminal: Array  # [] bool, the task ended
  is_cut: Array  # [] bool, the player's limit alone ended it
  length: Array  # [] int32
  total: Array  # [] float32, the sum of its raw rewards


@dataclasses.dataclass(frozen=True)
class Player:
  """Plays a game.

  Attributes:
    game: that is played.
    stack_size: S.
    max_steps: where a time-out ends an episode, beside the game's own.
  """

  game: GameProgram
  stack_size: int
  max_steps: int

  def begin(self, key: Array) -> Play:
    """Returns an episode before its first step."""
    game = self.game.init(key)
    seen = self.game.observe(game)
    empty = jnp.zeros((*seen.shape, self.stack_size - 1), seen.dtype)
    return Play(
      game,
      jnp.concatenate([empty, seen[..., None]], axis=-1),
      jnp.zeros((), jnp.int32),
      jnp.zeros(()),
    )

  def step(
    self, play: Play, action: Array, key: Array
  ) -> tuple[Play, Outcome, Ended]:
    """Acts once; it is for the caller to begin anew where an episode ends.

    Args:
      play: not over.
      action: [] int32.
      key: of the game's randomness.
    """
    game, outcome = self.game.step(play.game, action, key)
    length, total = play.length + 1, play.total + outcome.reward
    is_timed_out = outcome.truncated | (length >= self.game.max_steps)
    is_over = outcome.terminal | is_timed_out | (length >= self.max_steps)
    state = jnp.concatenate(
      [play.state[..., 1:], outcome.observation[..., None]], axis=-1
    )
    ended = Ended(
      is_over,
      outcome.terminal,
      is_over & ~outcome.terminal & ~is_timed_out,
      length,
      total,
    )
    return Play(game, state, length, total), outcome, ended


def chosen(condition: Array, one: Any, other: Any) -> Any:
  """Returns one of two trees of arrays, by a condition []."""
  return jax.tree.map(lambda a, b: jnp.where(condition, a, b), one, other)
