"""From the runs to the devices, and back."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from reincarnating_rl.fleet import building, mirror
from reincarnating_rl.fleet.learning import Online
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.fleet.types import Seed
from reincarnating_rl.learner.types import LearnerState
from reincarnating_rl.replay.device_ring import DeviceRing
from reincarnating_rl.support.errors import UserError


def check_places(seeds: Sequence[SeedRunner]) -> None:
  """Refuses seeds that cannot keep one pace.

  Args:
    seeds: as they were resumed.

  Raises:
    UserError: one of them is at another place.
  """
  first = seeds[0]
  for seed in seeds:
    here, there = seed.progress.position, first.progress.position
    if here[:2] != there[:2] or here.finished != there.finished:
      raise UserError(
        f'{seed.base_dir} goes on in iteration {here.number} and '
        f'{first.base_dir} in iteration {there.number}, for a checkpoint is '
        'damaged: remove the newest checkpoints of the others, or choose '
        'another --base_dir.'
      )


def push(
  seeds: Sequence[SeedRunner], replay: DeviceRing, spread: Spread
) -> Seed:
  """Returns all that changes of the seeds, on the devices."""

  def seed_of(seed: SeedRunner) -> Seed:
    return Seed(
      learner=jax.device_get(seed.agent.trainer.state),
      ring=mirror.ring_of(seed.agent.batches.replay, replay),
      **seed.episode(),
    )

  return spread.put([seed_of(seed) for seed in seeds])


def push_learners(seeds: Sequence[SeedRunner], spread: Spread) -> LearnerState:
  """Returns the states of the learners, on the devices."""
  return spread.put(
    [jax.device_get(seed.agent.trainer.state) for seed in seeds]
  )


def pull_learners(
  seeds: Sequence[SeedRunner], learners: LearnerState, spread: Spread
) -> None:
  """Gives the students what they have learnt."""
  for seed, learner in zip(seeds, spread.take(learners), strict=True):
    seed.agent.trainer.state = jax.tree.map(jnp.array, learner)


def pull(
  seeds: Sequence[SeedRunner],
  state: Seed,
  replay: DeviceRing,
  spread: Spread,
  **places: int,
) -> None:
  """Gives the runs their replays and the episodes under way.

  Args:
    seeds: the runs.
    state: of all seeds.
    replay: the functions of their replays.
    spread: of the seeds.
    **places: see `mirror.fill`.
  """
  told = spread.take(state._replace(learner=None))
  for seed, its in zip(seeds, told, strict=True):
    mirror.fill(seed.agent.batches.replay, its.ring, replay, **places)
    seed.keep_episode(
      {'play': its.play, 'roll_in': its.roll_in, 'key': its.key}
    )


def mixed_data(
  seeds: Sequence[SeedRunner], online: Online, spread: Spread
) -> Any:
  """Returns the teacher's data that online batches draw on; None if none."""
  if online.mix is None:
    return None
  most = max(seed.data.store.next_step for seed in seeds)
  return spread.put(
    [building.data_of(seed, online.replay, most) for seed in seeds]
  )
