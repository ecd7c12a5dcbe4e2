"""A student's training in several environments, beside that in one.

  python benchmarks/lanes.py
  python benchmarks/lanes.py --game Pong --lanes 1 8
  python benchmarks/lanes.py --learning 60000 --seeds 3

prints steps a second of an online phase on one core, in CPU seconds, each
number of environments in turn; with `--learning`, mean returns of evaluations
during so many steps instead. There is an update in four steps, whatever the
number.
"""

import argparse
import os
import tempfile
import time

os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['TQDM_DISABLE'] = '1'
if hasattr(os, 'sched_setaffinity'):  # Before XLA counts the cores.
  os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np
from timing import in_turn

from reincarnating_rl.runner import factories
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.runner.position import Position

BINDINGS = [
  'JaxDQNAgent.min_replay_history = 500',
  'JaxDQNAgent.update_period = 4',
  'CollectorDispatcher.collectors = ()',
  'RunnerWithTeacher.random_score = 0.0',
]
GAMES = {
  'MinAtar/breakout': ('minatar/dqn.gin', 'create_minatar_environment'),
  'Pong': ('dqn.gin', 'create_atari_environment'),
}


def make_runner(base_dir, game, lanes, *bindings, seed=0):
  """Builds a tabula-rasa DQN that trains in some environments."""
  config, create = GAMES[game]
  name = game.removeprefix('MinAtar/')
  factories.load_settings(
    'dqn',
    [config],
    [
      *BINDINGS,
      f"{create}.game_name = '{name}'",
      f'Runner.num_environments = {lanes}',
      *bindings,
    ],
  )
  return factories.create_runner(
    base_dir=base_dir,
    agent='dqn',
    teacher=factories.TeacherSettings(),
    seed=seed,
  )


def speed(folder, args):
  """Prints steps a second."""
  timed, steps = {}, {}
  for lanes in args.lanes:
    runner = make_runner(
      os.path.join(folder, str(lanes)),
      args.game,
      lanes,
      'Runner.num_iterations = 1',
      f'Runner.training_steps = {args.steps}',
    )
    (iteration,) = (row for row in runner.plan if row.phase is Phase.ONLINE)

    def run(runner=runner, iteration=iteration, lanes=lanes):
      runner._progress.position = Position(iteration.number)
      runner._parts.phases[Phase.ONLINE](iteration)
      steps[lanes] = runner._progress.position.steps
      float(runner._agent.trainer.state.key[0])  # Waits.

    timed[lanes] = run
  seconds = in_turn(timed, rounds=args.rounds, clock=time.process_time)
  first = seconds[args.lanes[0]] / steps[args.lanes[0]]
  for lanes, value in seconds.items():
    step = value / steps[lanes]
    print(
      f'{lanes:3} environments {1 / step:8.0f} steps/s {first / step:6.2f} x'
    )


def learning(folder, args):
  """Prints mean returns of evaluations, and standard errors over seeds."""
  for lanes in args.lanes:
    scores = []
    for seed in range(1, args.seeds + 1):
      runner = make_runner(
        os.path.join(folder, f'{lanes}-{seed}'),
        args.game,
        lanes,
        'Runner.num_iterations = 3',
        f'Runner.training_steps = {args.learning // 3}',
        'RunnerWithTeacher.evaluation_episodes = 50',
        seed=seed,
      )
      runner.run_experiment()
      scores.append([row['score']['mean'] for row in runner.record.rows])
    mean = np.mean(scores, axis=0)
    error = np.std(scores, axis=0, ddof=1) / np.sqrt(len(scores))
    row = ', '.join(
      f'{m:.1f} ± {e:.1f}' for m, e in zip(mean, error, strict=True)
    )
    print(f'{lanes:3} environments: {row}', flush=True)


def main():
  """Prints a line a number of environments."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--game', choices=list(GAMES), default='MinAtar/breakout')
  parser.add_argument('--lanes', type=int, nargs='+', default=[1, 4, 16])
  parser.add_argument('--steps', type=int, default=2000)
  parser.add_argument('--rounds', type=int, default=5)
  parser.add_argument('--learning', type=int, help='steps of a run')
  parser.add_argument('--seeds', type=int, default=3)
  args = parser.parse_args()
  with tempfile.TemporaryDirectory() as folder:
    (learning if args.learning else speed)(folder, args)


if __name__ == '__main__':
  main()
