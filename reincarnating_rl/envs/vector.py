"""Several environments side by side, each episode explicitly seeded."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from reincarnating_rl.envs import single
from reincarnating_rl.learner.actions import Actions


class Steps(NamedTuple):
  """What `K` lanes answered to one action each."""

  observations: np.ndarray  # [K, *O]; undefined where an episode ended
  rewards: np.ndarray  # [K] float32, raw
  terminals: np.ndarray  # [K] bool, the task ended
  truncations: np.ndarray  # [K] bool, the time limit alone ended the episode
  # [K] bool, a life ended that counts as a task, and the game goes on; None if
  # there are no such lives.
  life_ends: np.ndarray | None = None


class VectorEnvironment(Protocol):
  """Lanes of one environment; a lane plays one episode at a time.

  Attributes:
    num_envs: number of lanes, `E`.
    actions: of the game.
    observation_shape: `[*O]`, without a batch.
    observation_dtype: uint8 or float32.
  """

  num_envs: int
  actions: Actions
  observation_shape: tuple[int, ...]
  observation_dtype: np.dtype

  def reset(self, lanes: Sequence[int], seeds: Sequence[int]) -> np.ndarray:
    """Starts an episode in each of `K` lanes, whatever they were doing.

    Args:
      lanes: `[K]`, distinct.
      seeds: `[K]`, in [0, 2^31).

    Returns:
      The first observations, `[K, *O]`.
    """
    ...

  def step(self, lanes: Sequence[int], actions: np.ndarray) -> Steps:
    """Acts once in each of `K` lanes; the others stand still.

    Args:
      lanes: `[K]`, distinct, each with an episode under way.
      actions: `[K]` integers, or `[K, D]` in [-1, 1].

    Returns:
      What they answered, in the order of `lanes`.
    """
    ...

  def prepare(self, seeds: Sequence[int]) -> None:
    """Names the seeds of the next episodes, soonest first.

    This is a hint that may save time. It does not affect results.

    Args:
      seeds: of episodes to come.
    """
    ...

  def close(self) -> None:
    """Frees what the environments hold."""
    ...


class LoopVectorEnvironment:
  """Lanes that are stepped one after the other, for cheap environments."""

  def __init__(self, environments: Sequence[single.Environment]) -> None:
    """Takes one environment per lane, all alike; see `VectorEnvironment`."""
    self._environments = list(environments)
    space = self._environments[0].observation_space
    self.num_envs = len(self._environments)
    self.actions = self._environments[0].actions
    self.observation_shape = space.shape
    self.observation_dtype = space.dtype

  def reset(self, lanes: Sequence[int], seeds: Sequence[int]) -> np.ndarray:
    """See `VectorEnvironment.reset`."""
    pairs = zip(lanes, map(int, seeds), strict=True)
    return np.stack([self._environments[i].reset(seed) for i, seed in pairs])

  def step(self, lanes: Sequence[int], actions: np.ndarray) -> Steps:
    """See `VectorEnvironment.step`."""
    environments = [self._environments[lane] for lane in lanes]
    observations, rewards, ends, _ = zip(
      *(e.step(a) for e, a in zip(environments, actions, strict=True)),
      strict=True,
    )
    ends, is_over = (
      np.array(ends, bool),
      np.array([e.game_over for e in environments], bool),
    )
    return Steps(
      np.stack(observations),
      np.array(rewards, np.float32),
      ends & is_over,
      np.array([e.truncated for e in environments], bool),
      ends & ~is_over,
    )

  def prepare(self, seeds: Sequence[int]) -> None:
    """See `VectorEnvironment.prepare`; here a reset costs nothing."""

  def close(self) -> None:
    """See `VectorEnvironment.close`."""
    for environment in self._environments:
      environment.close()
