"""Array records that flow between the rooms; every shape is stated here.

`B` is the batch size, `A` the number of actions, `D` the size of an action
that is a vector, `S` the stack size and `*O` the shape of one observation,
`(84, 84)` for an Atari frame. `W` is how many numbers say what a teacher's
policy is in a state: A logits, or the parameters of a distribution.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

Array = jax.Array | np.ndarray
Params = Mapping[str, Any]
Metrics = Mapping[str, Array]


class Transition(NamedTuple):
  """One environment step, as it is handed to a replay.

  `terminal` means that the environment ended here; `episode_end` that nothing
  after this step belongs to the episode: a terminal, or a time-out (then
  `terminal` is False and the value of what would have followed is unknown).
  """

  observation: Array  # [*O], what was seen before acting
  action: Array | int  # [] integer, or [D] float32 in [-1, 1]
  reward: float
  terminal: bool
  episode_end: bool = False


class Lookahead(NamedTuple):
  """n-step returns over a second horizon, from the same first steps."""

  reward: Array  # [B] float32, sum_{k<m} gamma^k r_{t+k}
  discount: Array  # [B] float32, gamma^m, or 0 where the episode ended
  next_state: Array  # [B, *O, S]; arbitrary where discount is 0


class Batch(NamedTuple):
  """n-step elements sampled from a replay.

  Dopamine's names are kept; `reward` is the n-step return
  `sum_{k<m} gamma^k r_{t+k}` and `discount` is `gamma^m (1 - is_terminal)`,
  where `m <= n` is the number of steps really taken.
  """

  state: Array  # [B, *O, S]
  action: Array  # [B] int32, or [B, D] float32 in [-1, 1]
  reward: Array  # [B] float32
  discount: Array  # [B] float32
  next_state: Array  # [B, *O, S]; arbitrary where is_terminal
  is_terminal: Array  # [B] bool
  teacher_policy: Array  # [B, W] float32; zeros where nobody asked a teacher
  importance_weight: Array  # [B] float32, at most 1; ones if drawn uniformly
  second: Lookahead | None = None  # None unless the replay has two horizons
  monte_carlo_return: Array | None = None  # [B] float32; -inf where unknown


class QOutput(NamedTuple):
  """What a Q-network returns for one state."""

  q_values: Array  # [A]


class CategoricalOutput(NamedTuple):
  """What a network of return distributions over N atoms returns (C51)."""

  q_values: Array  # [A], expected returns
  logits: Array  # [A, N], of the atoms' probabilities


class QuantileOutput(NamedTuple):
  """What a network of K quantiles of the return returns for one state."""

  q_values: Array  # [A], their means
  quantiles: Array  # [A, K]


class SampledQuantileOutput(NamedTuple):
  """What an update reads of a network of quantiles at sampled fractions."""

  q_values: Array  # [A], means over fractions: these, or others
  quantiles: Array  # [A, K]
  fractions: Array  # [K] in [0, 1], of which they are the quantiles


class PolicyOutput(NamedTuple):
  """What an actor-critic network returns for one state."""

  logits: Array  # [A], log pi up to a constant
  value: Array | None  # []; None where the critic was left out


class ActorOutput(NamedTuple):
  """What an actor returns for one state, whose actions are vectors."""

  parameters: Array  # [W], of a distribution over [-1, 1]^D


class Weights(NamedTuple):
  """Scalars that change during a run; traced, so none of them recompiles."""

  terms: Mapping[str, Array]  # [] float32, weight of each loss term by its name
  learning_rate: Array  # [] float32


class LearnerState(NamedTuple):
  """All that an update changes; no two of its arrays share memory."""

  params: Params
  target_params: Params
  optimizer_state: Any
  key: Array  # of the next update's randomness


class UpdateKeys(NamedTuple):
  """Randomness of one update: noisy layers and augmentation."""

  online: Array
  target: Array


class Report(NamedTuple):
  """What an update says of its batch."""

  td_losses: Array  # [B], unweighted, the teacher not included
  metrics: Metrics
