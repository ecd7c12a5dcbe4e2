"""From names to a fleet."""

import contextlib
import functools
import io
import math
import os
from collections.abc import Callable
from typing import Any

import jax

from reincarnating_rl.envs.programs import GameProgram
from reincarnating_rl.fleet import building, learning, memory, resuming
from reincarnating_rl.fleet.fleet import Fleet
from reincarnating_rl.fleet.learning import Online
from reincarnating_rl.fleet.play import Player
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.learner.types import Array
from reincarnating_rl.runner import factories
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.interrupts import InterruptFlag
from reincarnating_rl.support.setting_types import MOST_SEED

_EPISODES = 0  # Folded into a seed's key: its episodes that are trained on.


def create_fleet(
  *, base_dir: str, number: int, first_seed: int, **asked: Any
) -> Fleet:
  """Builds the seeds of an experiment from names; gin sets the rest.

  Args:
    base_dir: of the fleet; seed S has the folder S in it.
    number: N, of seeds.
    first_seed: the seeds are this one and those that follow.
    **asked: see `factories.prepare`.

  Returns:
    The fleet, ready for `run`; resumed where `base_dir` has checkpoints.

  Raises:
    UserError: something does not exist, does not fit, or is no JAX program.
  """
  if first_seed + number - 1 > MOST_SEED:
    raise UserError(
      f'{building.FLAG} {number} from --run_number {first_seed} on passes '
      f'{MOST_SEED}, the last seed: lower one of them.'
    )
  game, make = factories.prepare(base_dir=base_dir, **asked)
  program = building.program_of(game)
  spread = Spread(number)
  numbers = range(first_seed, first_seed + number)
  folders = [os.path.join(base_dir, str(seed)) for seed in numbers]
  newest = resuming.common(folders)
  interrupt = InterruptFlag()

  def seed_of(index: int) -> SeedRunner:
    return make(
      folders[index],
      seed=numbers[index],
      kind=SeedRunner,
      num_lanes=program.lanes,
      newest=newest,
      interrupt=interrupt,
      begin=functools.partial(_begin, program),
    )

  first = seed_of(0)
  _check(first, program)
  online = building.online_of(first, program)
  print(_plan_memory(first, online, spread))
  with contextlib.redirect_stdout(io.StringIO()):  # The first has told all.
    seeds = [first, *map(seed_of, range(1, number))]
  place = first.progress.position
  if place.next_number or place.steps:
    print(
      f'Resuming {number} seeds in {base_dir} at iteration '
      f'{place.next_number} of {len(first.plan)}.'
    )
  return Fleet(seeds, online, spread, interrupt)


def _begin(program: GameProgram, seed: SeedRunner) -> dict[str, Any]:
  """Returns a seed's first episode, in NumPy arrays."""
  key = jax.random.fold_in(jax.random.PRNGKey(seed.number), _EPISODES)
  begun = _beginning(building.player_of(seed, program))(key)
  return jax.device_get(begun)


@functools.cache
def _beginning(player: Player) -> Callable[[Array], dict[str, Any]]:
  return jax.jit(functools.partial(learning.begin, player))


def _check(seed: SeedRunner, program: GameProgram) -> None:
  """Refuses what a fleet cannot be."""
  if seed.settings.diagnoses:
    raise UserError(
      f'RunnerWithTeacher.diagnoses is True, and {building.FLAG} makes none: '
      'leave one of them out.'
    )
  if seed.num_environments > 1:
    raise UserError(
      f'Runner.num_environments is {seed.num_environments}, and '
      f'{building.FLAG} plays one for each seed: leave one of them out.'
    )
  agent = seed.agent
  if agent.batches.on_device or agent.updates_per_program > 1:
    raise UserError(
      f'{building.FLAG} makes all updates in programs, from replays on the '
      'device: leave out Student.replay_on_device and '
      'Student.updates_per_program.'
    )
  building.check_teacher(agent.teacher, agent.state)


def _plan_memory(seed: SeedRunner, online: Online, spread: Spread) -> str:
  """Returns a line on the memory that a fleet of such seeds takes."""
  agent, replay = seed.agent, online.replay
  begun = seed.episode()
  ring = jax.eval_shape(replay.init)
  row = memory.size(ring) / replay.settings.capacity
  steps = sum(
    row.steps for row in seed.plan if row.phase in (Phase.LOAD, Phase.COLLECT)
  )
  on_host = sum(
    dtype.itemsize * math.prod(shape)
    for dtype, shape in replay.settings.column_layout().values()
  )
  return memory.plan(
    spread,
    int(memory.size((ring, agent.trainer.state, begun)) + row * steps),
    int(on_host * (replay.settings.capacity + steps)),
    memory.available(spread.mesh.devices.flat[0]),
  )
