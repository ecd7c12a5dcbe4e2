"""Many seeds in one program, beside the host's loop for one.

  python benchmarks/many_seeds.py
  python benchmarks/many_seeds.py --seeds 1 4 --agents dqn --games asterix

Both are what `train` runs, with the shipped configuration of MinAtar, batches
of 32 and an update in four steps. Seconds are those of the process on its core,
whoever else uses the machine; `--wall` takes the clock's, with all cores.
"""

import argparse
import functools
import os
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ['TQDM_DISABLE'] = '1'
if '--wall' not in sys.argv and hasattr(os, 'sched_setaffinity'):
  os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax

from reincarnating_rl.compat import dopamine_compat  # noqa: F401  isort: skip
from absl import logging
from timing import in_turn

from reincarnating_rl.fleet import launch, pace
from reincarnating_rl.fleet.fleet import Fleet
from reincarnating_rl.runner import factories
from reincarnating_rl.runner.factories import TeacherSettings
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.runner.position import Position
from reincarnating_rl.settings import gin_parsing

STEPS = 1000  # In one timing.
BINDINGS = [
  'JaxDQNAgent.min_replay_history = 500',
  'JaxDQNAgent.update_period = 4',
  'Student.batch_size = 32',
  'Runner.num_iterations = 1',
  f'Runner.training_steps = {STEPS}',
  'CollectorDispatcher.collectors = ()',
]


def configure(game: str, agent: str) -> None:
  """Has gin say what is shipped, and how much of it is timed."""
  gin_parsing.load(
    [f'minatar/{agent}.gin'],
    [*BINDINGS, f"create_minatar_environment.game_name = '{game}'"],
    network_parameter=factories.AGENTS[agent].kind.network_parameter,
  )


def host_loop(folder: str, agent: str) -> Callable[[], None]:
  """Returns what takes a thousand steps as a run does."""
  runner = factories.create_runner(
    base_dir=f'{folder}/run', seed=1, agent=agent, teacher=TeacherSettings()
  )
  iteration = runner.plan[-1]

  def run() -> None:
    jax.config.update('jax_cpu_enable_async_dispatch', False)
    runner._progress.position = Position(iteration.number)
    runner._parts.phases[Phase.ONLINE](iteration)
    jax.block_until_ready(runner._agent.trainer.state)

  return run


def many(folder: str, agent: str, number: int) -> Callable[[], None]:
  """Returns what takes a thousand steps of so many seeds."""
  fleet = launch.create_fleet(
    base_dir=f'{folder}/{number}',
    number=number,
    first_seed=1,
    agent=agent,
    teacher=TeacherSettings(),
  )
  return functools.partial(_steps, fleet)


def _steps(fleet: Fleet) -> None:
  part = pace.Part(STEPS // 4, 4, True)
  fleet.state = fleet._training.run(fleet.state, None, part)
  jax.block_until_ready(fleet.state.learner)


def main() -> None:
  """Prints a line a game, agent and number of seeds."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--games', nargs='+', default=['breakout'])
  parser.add_argument('--agents', nargs='+', default=['dqn', 'rainbow'])
  parser.add_argument('--seeds', nargs='+', type=int, default=[1, 4])
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument('--wall', action='store_true')
  args = parser.parse_args()
  logging.set_verbosity(logging.ERROR)
  if args.wall:
    jax.config.update('jax_num_cpu_devices', os.cpu_count())
  clock = time.perf_counter if args.wall else time.process_time
  for game in args.games:
    for agent in args.agents:
      configure(game, agent)
      with tempfile.TemporaryDirectory() as folder:
        parts = {0: host_loop(folder, agent)}
        parts |= {n: many(folder, agent, n) for n in args.seeds}
        seconds = in_turn(parts, rounds=args.rounds, clock=clock)
      host = STEPS / seconds.pop(0)
      print(f'{game}, {agent}: the host loop {host:,.0f} steps/s')
      for number, value in seconds.items():
        rate = number * STEPS / value
        print(
          f'{number:6} seeds {rate:10,.0f} steps/s {rate / host:6.2f} x',
          flush=True,
        )


if __name__ == '__main__':
  main()
