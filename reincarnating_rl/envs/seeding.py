"""Seeds that depend on (seed, iteration, episode) and on nothing else.

An episode is then a function of these three numbers and of the actions, so a
resumed run replays the very episodes that the uninterrupted one would see.
"""

import numpy as np


def episode_seed(seed: int, iteration: int, episode: int) -> int:
  """Seed of one episode, for an environment's `reset`.

  Args:
    seed: of the run, at least 0.
    iteration: at least 0.
    episode: number of the episode within the iteration, at least 0.

  Returns:
    An integer in [0, 2^31), which every environment accepts.

  Raises:
    ValueError: an argument is negative.
  """
  sequence = np.random.SeedSequence(seed, spawn_key=(iteration, episode))
  return int(sequence.generate_state(1)[0] >> 1)


def episode_generator(
  seed: int, iteration: int, episode: int
) -> np.random.Generator:
  """Random numbers for acting in one episode, apart from its `episode_seed`.

  Args:
    seed: of the run, at least 0.
    iteration: at least 0.
    episode: number of the episode within the iteration, at least 0.

  Returns:
    A fresh generator.

  Raises:
    ValueError: an argument is negative.
  """
  sequence = np.random.SeedSequence(seed, spawn_key=(iteration, episode, 1))
  return np.random.default_rng(sequence)


def training_stream(number: int) -> int:
  """Returns the seed stream of an iteration's training episodes."""
  return 2 * number


def evaluation_stream(number: int) -> int:
  """Returns the seed stream of an iteration's other episodes."""
  return 2 * number + 1
