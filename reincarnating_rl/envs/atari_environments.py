"""Atari games after Machado et al. 2018: one emulator, and many at once.

Both play the same episodes under the same seeds and actions, bit for bit.
"""

import concurrent.futures
import pathlib
from collections.abc import Sequence
from typing import Any

import ale_py
import gymnasium as gym
import numpy as np
from gymnasium import wrappers

from reincarnating_rl.envs import atari_roms
from reincarnating_rl.envs.atari_lives import Lives, Openings
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.envs.vector import Steps
from reincarnating_rl.learner.actions import Discrete

# Thirty minutes of play (Machado et al. 2018, Table 5).
MAX_FRAMES_PER_EPISODE = 108_000
FRAME_SKIP = 4
SCREEN_SIZE = 84
STICKINESS = 0.25


class _PlainSeed(gym.Wrapper):
  """Hands the seed to the emulator as it is.

  `AtariEnv` would derive another seed, which is negative half of the time. The
  vectorised emulator ignores negative seeds.
  """

  def __init__(self, environment: gym.Env, rom: pathlib.Path) -> None:
    super().__init__(environment)
    self._rom = rom

  def reset(
    self, *, seed: int | None = None, options: dict[str, Any] | None = None
  ) -> tuple[np.ndarray, dict[str, Any]]:
    if seed is not None:
      emulator = self.unwrapped.ale
      emulator.setInt('random_seed', seed)
      emulator.loadROM(self._rom)  # Only then the emulator heeds the seed.
      # Of the number of frames without action.
      self.unwrapped.np_random = np.random.default_rng(seed)
    return self.env.reset(options=options)


def create_atari_environment(
  game_name: str,
  sticky_actions: bool = True,
  *,
  full_action_set: bool = False,
  openings: Openings | None = None,
  atari_roms_path: str | None = None,
  max_frames_per_episode: int = MAX_FRAMES_PER_EPISODE,
) -> Environment:
  """An Atari game after Machado et al. 2018, preprocessed as Dopamine does.

  Frames are skipped, the last two pooled, and shrunk to grey `[84, 84]` uint8.
  Frames equal those of Dopamine's `AtariPreprocessing` bit for bit, except the
  unused one after an episode's last step.

  Args:
    game_name: in CamelCase, such as `MsPacman`.
    sticky_actions: repeat the action before with probability 0.25, per frame.
    full_action_set: all 18 actions in place of the game's minimal set.
    openings: how episodes begin; None for the defaults.
    atari_roms_path: directory of `.bin` files; None for ale-py's own.
    max_frames_per_episode: where a time-out ends the episode.

  Returns:
    The environment.

  Raises:
    UnknownGameError: there is no such game.
    RomError: the ROM is missing or wrong.
  """
  rom = atari_roms.rom_file(game_name, atari_roms_path)
  ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
  with atari_roms.rom_directory(atari_roms_path):
    # Grey, because this observation is not used and RGB costs more.
    game = ale_py.AtariEnv(
      atari_roms.rom_id(game_name),
      obs_type='grayscale',
      frameskip=1,
      repeat_action_probability=STICKINESS if sticky_actions else 0.0,
      full_action_space=full_action_set,
      max_num_frames_per_episode=max_frames_per_episode,
      render_mode='rgb_array',  # It costs nothing until one asks for it.
    )
  openings = openings or Openings()
  played: gym.Env = wrappers.AtariPreprocessing(
    _PlainSeed(game, rom),
    noop_max=openings.noop_starts,
    frame_skip=FRAME_SKIP,
    screen_size=SCREEN_SIZE,
  )
  if openings.fire_on_reset or openings.terminal_on_life_loss:
    played = Lives(played, openings)
  return Environment(played, game_name)


class AtariVectorEnvironment:
  """Lanes of an Atari game, each on a thread of the emulator's.

  Frames, rewards and ends equal those of `create_atari_environment` without
  openings, under the same seeds and actions, bit for bit.

  Each lane is an `AtariVectorEnv` of its own. A seeded reset reloads the ROM,
  which takes as long as some 200 steps; in one shared environment it would hold
  up all lanes. Here spare emulators reset in the background for the seeds that
  `prepare` names, and idle lanes cost nothing.
  """

  def __init__(
    self,
    game_name: str,
    num_envs: int,
    sticky_actions: bool = True,
    *,
    full_action_set: bool = False,
    atari_roms_path: str | None = None,
    max_frames_per_episode: int = MAX_FRAMES_PER_EPISODE,
  ) -> None:
    """Makes the lanes; see `VectorEnvironment`.

    Args:
      game_name: in CamelCase, such as `MsPacman`.
      num_envs: number of lanes, at least 1.
      sticky_actions: repeat the action before with probability 0.25, per frame.
      full_action_set: all 18 actions in place of the game's minimal set.
      atari_roms_path: directory of `.bin` files; None for ale-py's own.
      max_frames_per_episode: where a time-out ends an episode.

    Raises:
      UnknownGameError: there is no such game.
      RomError: the ROM is missing or wrong.
    """
    atari_roms.rom_file(game_name, atari_roms_path)
    spares = 1 + num_envs // 4
    with atari_roms.rom_directory(atari_roms_path):
      emulators = [
        ale_py.AtariVectorEnv(
          atari_roms.rom_id(game_name),
          num_envs=1,
          num_threads=1,
          max_num_frames_per_episode=max_frames_per_episode,
          repeat_action_probability=(STICKINESS if sticky_actions else 0.0),
          full_action_space=full_action_set,
          img_height=SCREEN_SIZE,
          img_width=SCREEN_SIZE,
          stack_num=1,
          frameskip=FRAME_SKIP,
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
    self.actions = Discrete(int(emulators[0].single_action_space.n))
    self.observation_shape = (SCREEN_SIZE, SCREEN_SIZE)
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

  def step(self, lanes: Sequence[int], actions: np.ndarray) -> Steps:
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
