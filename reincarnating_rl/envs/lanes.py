"""Lanes: what a rollout remembers of the episodes it plays side by side."""

import enum
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from reincarnating_rl.envs import seeding, vector
from reincarnating_rl.envs.episodes import Episode as Episode
from reincarnating_rl.envs.episodes import Running
from reincarnating_rl.support.errors import GameError


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
    self.open_in(self.idle[: len(episodes)], seed, iteration, episodes)

  def open_in(
    self,
    lanes: Sequence[int],
    seed: int,
    iteration: int,
    episodes: Sequence[int],
  ) -> None:
    """Starts an episode in each of some lanes."""
    seeds = [seeding.episode_seed(seed, iteration, i) for i in episodes]
    self._stacks[lanes] = 0
    self._stacks[lanes, -1] = self.environment.reset(lanes, seeds)
    for lane, i in zip(lanes, episodes, strict=True):
      generator = seeding.episode_generator(seed, iteration, i)
      self.running[lane] = Running(i, generator, self.environment.actions.dtype)

  def replay(self, actions: Mapping[int, np.ndarray]) -> None:
    """Takes the steps of episodes that have just been opened.

    Args:
      actions: [T, ...] of each lane that plays.

    Raises:
      GameError: an episode ends before.
    """
    every = self.environment.actions
    taken = np.zeros((self.environment.num_envs, *every.shape), every.dtype)
    there, stacks = {}, {}
    while True:
      for lane, running in list(self.running.items()):
        if running.length == len(actions[lane]):
          # A step moves the stacks of all lanes.
          stacks[lane] = self._stacks[lane].copy()
          there[lane] = self.running.pop(lane)
        else:
          taken[lane] = actions[lane][running.length]
      if not self.running:
        break
      _, steps = self.step(lambda states, keys: (taken, None), Keep.NOTHING)
      if (steps.terminals | steps.truncations).any():
        raise GameError(
          'The game does not play an episode again as it was: the run cannot '
          'go on from its checkpoint.'
        )
    self.running = there
    for lane, stack in stacks.items():
      self._stacks[lane] = stack

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
