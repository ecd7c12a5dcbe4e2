"""Lanes: what a rollout remembers of the episodes it plays side by side."""

import enum
import itertools
from typing import NamedTuple, Protocol

import numpy as np

from reincarnating_rl.envs import seeding, vector

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


class Keep(enum.Enum):
  """What an episode remembers beside actions and rewards."""

  NOTHING = enum.auto()
  EXTRAS = enum.auto()  # the policy's
  ALL = enum.auto()  # these and observations


class Policy(Protocol):
  """Chooses an action for every lane."""

  def __call__(
    self, states: np.ndarray, keys: np.ndarray
  ) -> tuple[np.ndarray, np.ndarray | None]:
    """Acts.

    Args:
      states: `[E, *O, S]`, the newest observation last and zeros from before
        the episode; rows of idle lanes hold anything. A view that is only
        valid during the call.
      keys: `[E, 2]` uint32, fresh random bits per lane and step: raw JAX keys,
        or two numbers that are uniform in [0, 2^32).

    Returns:
      Actions `[E]` or `[E, D]`, as the game's are, and, per lane, whatever
      should be kept, `[E, ...]` or None.
    """
    ...


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


class Lanes:
  """Frame stacks and running episodes, one of each per lane."""

  def __init__(
    self, environment: vector.VectorEnvironment, stack_size: int
  ) -> None:
    """Makes `environment.num_envs` lanes, all idle."""
    # Stack before frame: shifting is then a plain move of memory.
    shape = (environment.num_envs, stack_size, *environment.observation_shape)
    self._stacks = np.zeros(shape, environment.observation_dtype)
    self.environment = environment
    self.running: dict[int, Running] = {}

  @property
  def idle(self) -> list[int]:
    """The lanes without an episode, in order."""
    every = range(self.environment.num_envs)
    return [lane for lane in every if lane not in self.running]

  def open(self, seed: int, iteration: int, episodes: range) -> None:
    """Starts episodes in the first idle lanes."""
    lanes = self.idle[: len(episodes)]
    seeds = [seeding.episode_seed(seed, iteration, i) for i in episodes]
    self._stacks[lanes] = 0
    self._stacks[lanes, -1] = self.environment.reset(lanes, seeds)
    for lane, i in zip(lanes, episodes, strict=True):
      generator = seeding.episode_generator(seed, iteration, i)
      self.running[lane] = Running(i, generator, self.environment.actions.dtype)

  def step(self, policy: Policy, keep: Keep) -> tuple[list[int], vector.Steps]:
    """Acts once in every lane that plays.

    Args:
      policy: chooses the actions.
      keep: what to record.

    Returns:
      The lanes that played, and what they answered.
    """
    lanes = sorted(self.running)
    keys = np.zeros((self.environment.num_envs, 2), np.uint32)
    for lane in lanes:
      keys[lane] = self.running[lane].key()
    actions, extras = policy(np.moveaxis(self._stacks, 1, -1), keys)
    actions = np.asarray(actions)[lanes]
    if keep is not Keep.NOTHING:
      extras = None if extras is None else np.asarray(extras)
      for lane in lanes:
        extra = None if extras is None else extras[lane]
        seen = self._stacks[lane, -1] if keep is Keep.ALL else None
        self.running[lane].keep(seen, extra)
    steps = self.environment.step(lanes, actions)
    life_ends = steps.life_ends
    if life_ends is None:
      life_ends = np.zeros(len(lanes), bool)
    for lane, action, reward, ends_life in zip(
      lanes, actions, steps.rewards, life_ends, strict=True
    ):
      self.running[lane].add(action, reward, ends_life=bool(ends_life))
    self._stacks[:, :-1] = self._stacks[:, 1:]
    # As those of a student: no state reaches back into another life.
    self._stacks[np.array(lanes)[life_ends]] = 0
    self._stacks[lanes, -1] = steps.observations
    return lanes, steps
