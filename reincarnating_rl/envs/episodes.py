"""Episodes: under way, and finished."""

import itertools
from typing import NamedTuple

import numpy as np

# Steps for which random bits are drawn at once; changing it changes results.
_KEY_BLOCK = 256


class Episode(NamedTuple):
  """A finished episode of `T` steps."""

  index: int  # number within the iteration
  terminal: bool  # False where a time limit ended it
  actions: np.ndarray  # [T] int32, or [T, D] float32 in [-1, 1]
  rewards: np.ndarray  # [T] float32, raw
  observations: np.ndarray | None  # [T, *O], seen before acting; if kept
  extras: np.ndarray | None  # [T, ...], the policy's; if kept and any
  cut: bool = False  # whether the player ended it, not the game
  life_ends: np.ndarray | None = None  # [T] bool, see `vector.Steps`; if any

  @property
  def length(self) -> int:
    """Number of steps, `T`."""
    return len(self.actions)

  @property
  def return_(self) -> float:
    """Undiscounted sum of the raw rewards."""
    return float(self.rewards.sum(dtype=np.float64))

  def lives(self) -> list['Episode']:
    """Returns the episodes of which a learner is to know: one for each life."""
    if self.life_ends is None:
      return [self]
    ends = np.flatnonzero(self.life_ends) + 1
    # The last life may be cut, or end as the player cuts.
    stops = sorted({*ends.tolist(), self.length})
    return [
      self._replace(
        terminal=self.terminal or stop in ends,
        life_ends=None,
        **{
          name: None if column is None else column[start:stop]
          for name in ('actions', 'rewards', 'observations', 'extras')
          for column in [getattr(self, name)]
        },
      )
      for start, stop in itertools.pairwise([0, *stops])
    ]


class Running:
  """The records of an episode that is under way."""

  def __init__(
    self, index: int, generator: np.random.Generator, dtype: np.dtype
  ) -> None:
    """Starts empty.

    Args:
      index: of the episode.
      generator: the source of its keys.
      dtype: of an action.
    """
    self.index = index
    self._dtype = dtype
    self._generator = generator
    self._keys = np.empty((0, 2), np.uint32)
    self._actions, self._rewards = [], []
    self._observations, self._extras = [], []
    self._life_ends: list[bool] = []

  @property
  def length(self) -> int:
    """Steps so far."""
    return len(self._actions)

  @property
  def actions(self) -> list[np.ndarray]:
    """Those taken so far."""
    return self._actions

  def key(self) -> np.ndarray:
    """`[2]` uint32, the random bits of the step to come."""
    i = self.length % _KEY_BLOCK
    if i == 0:
      self._keys = self._generator.integers(
        2**32, size=(_KEY_BLOCK, 2), dtype=np.uint32
      )
    return self._keys[i]

  def add(self, action: np.ndarray, reward: float, *, ends_life: bool) -> None:
    """Records a step."""
    self._actions.append(action)
    self._rewards.append(reward)
    self._life_ends.append(ends_life)

  def keep(
    self, observation: np.ndarray | None, extra: np.ndarray | None
  ) -> None:
    """Records what was seen before a step, `[*O]`, and the policy's extra."""
    if observation is not None:
      self._observations.append(observation.copy())
    if extra is not None:
      self._extras.append(extra.copy())

  def finish(self, terminal: bool, cut: bool = False) -> Episode:
    """The episode; see there for `terminal` and `cut`."""
    return Episode(
      index=self.index,
      terminal=terminal,
      actions=np.array(self._actions, self._dtype),
      rewards=np.array(self._rewards, np.float32),
      observations=np.stack(self._observations) if self._observations else None,
      extras=np.stack(self._extras) if self._extras else None,
      cut=cut,
      life_ends=np.array(self._life_ends) if any(self._life_ends) else None,
    )
