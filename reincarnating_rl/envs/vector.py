"""Several environments side by side, each episode explicitly seeded."""

import concurrent.futures
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import ale_py
import numpy as np

from reincarnating_rl.envs import (
  atari_games,
  single,
)


class Steps(NamedTuple):
  """What `K` lanes answered to one action each."""

  observations: np.ndarray  # [K, *O]; not to be used where an episode ended
  rewards: np.ndarray  # [K] float32, raw
  terminals: np.ndarray  # [K] bool, the task ended
  truncations: np.ndarray  # [K] bool, the time limit alone ended the episode


class VectorEnvironment(Protocol):
  """Lanes of one environment; a lane plays one episode at a time.

  Attributes:
    num_envs: number of lanes, `E`.
    num_actions: `A`.
    observation_shape: `[*O]`, without a batch.
    observation_dtype: uint8 or float32.
  """

  num_envs: int
  num_actions: int
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

  def step(self, lanes: Sequence[int], actions: Sequence[int]) -> Steps:
    """Acts once in each of `K` lanes; the others stand still.

    Args:
      lanes: `[K]`, distinct, each with an episode under way.
      actions: `[K]`.

    Returns:
      What they answered, in the order of `lanes`.
    """
    ...

  def prepare(self, seeds: Sequence[int]) -> None:
    """Names the seeds of the next episodes, soonest first.

    Only a hint, which may save time: it changes no result.

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
    self.num_actions = int(self._environments[0].action_space.n)
    self.observation_shape = space.shape
    self.observation_dtype = space.dtype

  def reset(self, lanes: Sequence[int], seeds: Sequence[int]) -> np.ndarray:
    """See `VectorEnvironment.reset`."""
    pairs = zip(lanes, seeds, strict=True)
    return np.stack([self._environments[i].reset(seed) for i, seed in pairs])

  def step(self, lanes: Sequence[int], actions: Sequence[int]) -> Steps:
    """See `VectorEnvironment.step`."""
    environments = [self._environments[lane] for lane in lanes]
    observations, rewards, terminals, _ = zip(
      *(e.step(a) for e, a in zip(environments, actions, strict=True)),
      strict=True,
    )
    return Steps(
      np.stack(observations),
      np.array(rewards, np.float32),
      np.array(terminals, bool),
      np.array([e.truncated for e in environments], bool),
    )

  def prepare(self, seeds: Sequence[int]) -> None:
    """See `VectorEnvironment.prepare`; here a reset costs nothing."""

  def close(self) -> None:
    """See `VectorEnvironment.close`."""
    for environment in self._environments:
      environment.close()


class AtariVectorEnvironment:
  """Lanes of an Atari game, each on a thread of the emulator's.

  Frames, rewards and ends equal those of `single.create_atari_environment`
  under the same seeds and actions, bit for bit.

  Every lane is an `AtariVectorEnv` of its own rather than all lanes one,
  because a seeded reset reloads the ROM, which takes as long as some 200 steps
  and would hold up all lanes: here spare emulators get ready in the background
  for the seeds that `prepare` names, and idle lanes cost nothing.
  """

  def __init__(
    self,
    game_name: str,
    num_envs: int,
    sticky_actions: bool = True,
    *,
    atari_roms_path: str | None = None,
    max_frames_per_episode: int = single.MAX_FRAMES_PER_EPISODE,
  ) -> None:
    """Makes the lanes; see `VectorEnvironment`.

    Args:
      game_name: in CamelCase, such as `MsPacman`.
      num_envs: number of lanes, at least 1.
      sticky_actions: repeat the action before with probability 0.25, per frame.
      atari_roms_path: directory of `.bin` files; None for ale-py's own.
      max_frames_per_episode: where a time-out ends an episode.

    Raises:
      UnknownGameError: there is no such game.
      RomError: the ROM is missing or wrong.
    """
    atari_games.rom_file(game_name, atari_roms_path)
    spares = 1 + num_envs // 4
    with atari_games.rom_directory(atari_roms_path):
      emulators = [
        ale_py.AtariVectorEnv(
          atari_games.rom_id(game_name),
          num_envs=1,
          num_threads=1,
          max_num_frames_per_episode=max_frames_per_episode,
          repeat_action_probability=(
            single.STICKINESS if sticky_actions else 0.0
          ),
          img_height=single.SCREEN_SIZE,
          img_width=single.SCREEN_SIZE,
          stack_num=1,
          frameskip=single.FRAME_SKIP,
          noop_max=0,
          reward_clipping=False,
          use_fire_reset=False,
        )
        for _ in range(num_envs + spares)
      ]
    self._emulators, self._spare = emulators[:num_envs], emulators[num_envs:]
    self._ready: dict[int, concurrent.futures.Future] = {}
    self._pool = concurrent.futures.ThreadPoolExecutor(len(emulators))
    self.num_envs = num_envs
    self.num_actions = int(emulators[0].single_action_space.n)
    self.observation_shape = (single.SCREEN_SIZE, single.SCREEN_SIZE)
    self.observation_dtype = np.dtype(np.uint8)

  def reset(self, lanes: Sequence[int], seeds: Sequence[int]) -> np.ndarray:
    """See `VectorEnvironment.reset`."""
    self._spare.extend(self._emulators[lane] for lane in lanes)
    futures = [self._ready.pop(s, None) or self._start(s) for s in seeds]
    observations = []
    for lane, future in zip(lanes, futures, strict=True):
      self._emulators[lane], observation = future.result()
      observations.append(observation)
    return np.stack(observations)

  def step(self, lanes: Sequence[int], actions: Sequence[int]) -> Steps:
    """See `VectorEnvironment.step`."""
    emulators = [self._emulators[lane] for lane in lanes]
    actions = np.asarray(actions, np.int32)
    for i, emulator in enumerate(emulators):
      emulator.send(actions[i : i + 1])
    answers = [emulator.recv()[:4] for emulator in emulators]
    observations, rewards, terminals, truncations = (
      np.concatenate(field) for field in zip(*answers, strict=True)
    )
    return Steps(
      observations[:, 0], rewards.astype(np.float32), terminals, truncations
    )

  def prepare(self, seeds: Sequence[int]) -> None:
    """See `VectorEnvironment.prepare`."""
    for seed in set(self._ready).difference(seeds):
      self._spare.append(self._ready.pop(seed).result()[0])
    for seed in seeds:
      if not self._spare:
        return
      if seed not in self._ready:
        self._ready[seed] = self._start(seed)

  def close(self) -> None:
    """See `VectorEnvironment.close`."""
    self._pool.shutdown()
    for emulators in (self._emulators, self._spare, self._ready):
      emulators.clear()

  def _start(self, seed: int) -> concurrent.futures.Future:
    """Begins an episode on a spare emulator, in the background."""
    emulator = self._spare.pop()

    def begin() -> tuple[ale_py.AtariVectorEnv, np.ndarray]:
      observation, _ = emulator.reset(seed=np.array([seed]))
      return emulator, observation[0, 0]

    return self._pool.submit(begin)
