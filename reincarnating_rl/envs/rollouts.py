"""The loop behind every evaluation and every collection of teacher data."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from reincarnating_rl.envs import seeding, vector
from reincarnating_rl.envs.lanes import Episode, Keep, Lanes, Policy

# Atari's, and Dopamine's, where neither a user nor the game says otherwise.
MAX_STEPS_PER_EPISODE = 27_000
# Episodes side by side, where somebody is only evaluated: as in a run on Atari.
LANES = 16


def rollouts(
  environment: vector.VectorEnvironment,
  policy: Policy,
  *,
  seed: int,
  iteration: int,
  stack_size: int,
  min_steps: int | None = None,
  num_episodes: int | None = None,
  first_episode: int = 0,
  keep: Keep = Keep.NOTHING,
  max_steps_per_episode: int = MAX_STEPS_PER_EPISODE,
  on_steps: Callable[[int], Any] | None = None,
) -> Iterator[Episode]:
  """Plays whole episodes side by side.

  Episode `i` depends on (seed, iteration, i) and the policy alone, not on the
  number of lanes or on the other episodes. The protocol is that of Machado et
  al. 2018: an episode begins only while fewer than `min_steps` steps have been
  taken, and every episode that has begun is finished and counted.

  Args:
    environment: the lanes; whatever they were playing is abandoned.
    policy: called with all lanes at a time, so always with one batch size.
    seed: of the run, at least 0.
    iteration: at least 0.
    stack_size: observations per state, `S`.
    min_steps: steps of all lanes together from which on no episode begins.
    num_episodes: play exactly so many instead.
    first_episode: number of the first one; more follow it.
    keep: what episodes carry beside actions and rewards.
    max_steps_per_episode: where a time-out ends an episode.
    on_steps: called with the number of steps just taken.

  Yields:
    Episodes as they end; those that end together, by lane.

  Raises:
    ValueError: not exactly one of `min_steps` and `num_episodes` is given.
  """
  if (min_steps is None) == (num_episodes is None):
    raise ValueError('Give either min_steps or num_episodes.')
  lanes = Lanes(environment, stack_size)
  begun, taken = first_episode, 0
  while True:
    # The first episode that will not begin.
    if num_episodes is not None:
      end = first_episode + num_episodes
    else:
      end = sys.maxsize if taken < min_steps else begun
    if opening := min(end - begun, len(lanes.idle)):
      lanes.open(seed, iteration, range(begun, begun + opening))
      begun += opening
      upcoming = range(begun, min(end, begun + environment.num_envs))
      environment.prepare(
        [seeding.episode_seed(seed, iteration, i) for i in upcoming]
      )
    if not lanes.running:
      return
    played, steps = lanes.step(policy, keep)
    taken += len(played)
    if on_steps is not None:
      on_steps(len(played))
    for k, lane in enumerate(played):
      is_over = steps.terminals[k] or steps.truncations[k]
      if is_over or lanes.running[lane].length >= max_steps_per_episode:
        yield lanes.running.pop(lane).finish(
          bool(steps.terminals[k]), cut=not is_over
        )
