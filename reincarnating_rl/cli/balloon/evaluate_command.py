"""`evaluate`: how well policies fly on the seeds of a suite."""

import argparse
import pathlib
import platform

from reincarnating_rl.balloon import policies, suites, summary
from reincarnating_rl.balloon.evaluate import evaluate
from reincarnating_rl.cli import text
from reincarnating_rl.cli.balloon.flags import PROGRAM
from reincarnating_rl.support import claims, json_file, versions

SUMMARY_FILE = 'summary.json'
_PACKAGES = (
  *('reincarnating_rl', 'balloon-learning-environment', 'jax', 'flax'),
  *('numpy', 'scipy', 'scikit-learn', 'opensimplex'),
)


def run(args: argparse.Namespace) -> None:
  """Flies what was not flown before, and prints the table.

  Raises:
    UserError: a policy cannot be read, or the directory cannot be written or
      has the flights of another.
    KeyboardInterrupt: every flight that had ended is written.
  """
  directory = pathlib.Path(args.out).expanduser()
  seeds = suites.seeds(args.suite, args.seeds)
  with claims.claimed(directory, '--out'):
    told = evaluate(
      policies.find(args.policies),
      seeds,
      directory,
      args.processes,
      address=args.ray_address,
    )
    result = {
      'suite': args.suite,
      'seeds': len(seeds),
      'policies': told,
      'command': [*PROGRAM.split(), *args.words],
      'versions': versions.of(_PACKAGES),
      'python': platform.python_version(),
    }
    json_file.write(directory / SUMMARY_FILE, result, 'choose another --out')
  text.print_table(summary.NAMES, summary.rows(told), right=summary.NAMES[1:])
  print(
    f'{args.suite}, {len(seeds)} of its seeds; TWR50: time within 50 km. '
    f'Flights and numbers: {directory}'
  )
