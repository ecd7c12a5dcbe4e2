"""Games that are JAX programs: compiled code plays them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

# Processes that step games need no JAX, which is slow to import.
if TYPE_CHECKING:
  from reincarnating_rl.learner.types import Array


class Outcome(NamedTuple):
  """What a game answers to one action."""

  observation: Array  # [*O]; arbitrary where the episode ended
  reward: Array  # [] float32, raw
  terminal: Array  # [] bool, the task ended
  truncated: Array  # [] bool, a clock that no state shows ended the episode


@dataclasses.dataclass(frozen=True, kw_only=True)
class GameProgram:
  """A game as pure functions of one episode; `jax.vmap` plays many.

  Attributes:
    init: `key -> state`, the first of an episode.
    observe: `state -> observation[*O]`.
    step: `(state, action[], key) -> (state, Outcome)`.
    observation_shape: `*O`.
    observation_dtype: uint8 or float32.
    num_actions: A.
    is_binary: whether observations are of zeros and ones.
    max_steps: until a time-out of the game's own.
    lanes: episodes to play side by side in evaluation.
  """

  init: Callable[[Array], Any]
  observe: Callable[[Any], Array]
  step: Callable[[Any, Array, Array], tuple[Any, Outcome]]
  observation_shape: tuple[int, ...]
  observation_dtype: np.dtype
  num_actions: int
  is_binary: bool = False
  max_steps: int
  lanes: int = 16
