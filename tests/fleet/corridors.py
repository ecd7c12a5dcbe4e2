"""The corridor of `toys` as a JAX program, and fleets that play it."""

import functools

import jax.numpy as jnp
import numpy as np

from reincarnating_rl.envs.programs import GameProgram, Outcome
from reincarnating_rl.fleet import building, launch, resuming
from reincarnating_rl.fleet.fleet import Fleet
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.support.interrupts import InterruptFlag
from tests import toys
from tests.runner import experiments


def observe(place):
  return (jnp.arange(toys.LENGTH) == place).astype(jnp.float32)


def step(place, action, key):
  del key
  place = place + jnp.where(action == toys.RIGHT, 1, -1)
  left, right = place == 0, place == toys.LENGTH - 1
  reward = 0.5 * left + 1.0 * right - 0.1
  return place, Outcome(
    observe(place), reward.astype(jnp.float32), left | right, jnp.array(False)
  )


def program():
  return GameProgram(
    init=lambda key: jnp.int32(1),
    observe=observe,
    step=step,
    observation_shape=(toys.LENGTH,),
    observation_dtype=np.dtype(np.float32),
    num_actions=2,
    max_steps=40,
    lanes=4,
  )


def corridor():
  return toys.corridor()._replace(program=program)


def make_fleet(base_dir, number=2, *, spread=None, **settings):
  """Builds a fleet of seeds 0, 1, ...; see `experiments.make_runner`."""
  game = program()
  folders = [base_dir / str(seed) for seed in range(number)]
  newest = resuming.common(list(map(str, folders)))
  interrupt = InterruptFlag()
  seeds = [
    experiments.make_runner(
      folder,
      seed=seed,
      game=corridor(),
      kind=functools.partial(
        SeedRunner,
        num_lanes=4,
        newest=newest,
        interrupt=interrupt,
        begin=functools.partial(launch._begin, game),
      ),
      **settings,
    )
    for seed, folder in enumerate(folders)
  ]
  online = building.online_of(seeds[0], game)
  return Fleet(seeds, online, spread or Spread(number), interrupt)
