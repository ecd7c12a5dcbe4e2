"""Learning curves of runs one by one beside those of seeds in one program.

  python benchmarks/both_loops.py --out runs/loops

trains what is not trained yet, game after game: five runs of DQN by `train
--run_number`, and five seeds by `train --num_seeds`, with the same settings. It
prints mean returns of each evaluation with 95% intervals (Student's t over
seeds) and says whether the two overlap.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np
from scipy import stats

SEEDS = 5
BINDINGS = ['Runner.num_iterations = 5', 'Runner.training_steps = 20000']


def command(game: str, base_dir: pathlib.Path, *more: str) -> list[str]:
  """Returns what trains on a game."""
  bindings = [*BINDINGS, f"create_minatar_environment.game_name = '{game}'"]
  return [
    *(sys.executable, '-m', 'reincarnating_rl.train', '--agent', 'dqn'),
    *('--gin_files', 'minatar/dqn.gin', '--base_dir', str(base_dir)),
    *(part for binding in bindings for part in ('--gin_bindings', binding)),
    *more,
  ]


def train(game: str, out: pathlib.Path) -> None:
  """Trains on a game in both ways; what has ended is done at once."""
  for seed in range(1, SEEDS + 1):
    folder = out / game / 'runs' / str(seed)
    subprocess.run(command(game, folder, '--run_number', str(seed)), check=True)
  folder = out / game / 'program'
  subprocess.run(command(game, folder, '--num_seeds', str(SEEDS)), check=True)


def scores(folder: pathlib.Path) -> np.ndarray:
  """Returns the mean returns [seeds, evaluations] below a folder."""
  rows = []
  for path in sorted(folder.glob('*/summary.json')):
    told = json.loads(path.read_text())
    rows.append([row['score']['mean'] for row in told['rows']])
  return np.array(rows)


def intervals(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns means [E] and half the widths of their 95% intervals [E]."""
  number = len(values)
  error = values.std(axis=0, ddof=1) / np.sqrt(number)
  return values.mean(axis=0), stats.t.ppf(0.975, number - 1) * error


def main() -> None:
  """Prints a line an evaluation."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--out', type=pathlib.Path, required=True)
  parser.add_argument(
    '--games', nargs='+', default=['breakout', 'space_invaders']
  )
  args = parser.parse_args()
  for game in args.games:
    train(game, args.out)
    mean, half = intervals(scores(args.out / game / 'runs'))
    other, other_half = intervals(scores(args.out / game / 'program'))
    for i, gap in enumerate(np.abs(mean - other)):
      overlap = 'overlap' if gap <= half[i] + other_half[i] else 'APART'
      print(
        f'{game}, evaluation {i}: {mean[i]:.2f} ± {half[i]:.2f} one by one, '
        f'{other[i]:.2f} ± {other_half[i]:.2f} in one program: {overlap}',
        flush=True,
      )


if __name__ == '__main__':
  main()
