"""`evaluate`: how well policies fly on the seeds of a suite."""

import argparse
import contextlib
import json
import pathlib
import platform
from collections.abc import Iterator

from reincarnating_rl.balloon import policies, suites, summary
from reincarnating_rl.balloon.evaluate import evaluate
from reincarnating_rl.cli import text
from reincarnating_rl.cli.balloon.flags import PROGRAM
from reincarnating_rl.support import files, versions
from reincarnating_rl.support.errors import UserError

SUMMARY_FILE = 'summary.json'
_LOCK = 'lock'
_PACKAGES = (
  *('reincarnating_rl', 'balloon-learning-environment', 'jax', 'flax'),
  *('numpy', 'scipy', 'scikit-learn', 'opensimplex'),
)


def run(args: argparse.Namespace) -> None:
  """Flies what was not flown before, and prints the table.

  Raises:
    UserError: a policy cannot be read, or the directory has the flights of
      another.
    KeyboardInterrupt: every flight that had ended is written.
  """
  directory = pathlib.Path(args.out).expanduser()
  directory.mkdir(parents=True, exist_ok=True)
  seeds = suites.seeds(args.suite, args.seeds)
  with _alone(directory):
    told = evaluate(
      policies.find(args.policies), seeds, directory, args.processes
    )
    result = {
      'suite': args.suite,
      'seeds': len(seeds),
      'policies': told,
      'command': [*PROGRAM.split(), *args.words],
      'versions': versions.of(_PACKAGES),
      'python': platform.python_version(),
    }
    files.write_atomically(
      str(directory / SUMMARY_FILE), json.dumps(result, indent=1).encode()
    )
  text.print_table(summary.NAMES, summary.rows(told), right=summary.NAMES[1:])
  print(
    f'{args.suite}, {len(seeds)} of its seeds; TWR50: time within 50 km. '
    f'Flights and numbers: {directory}'
  )


@contextlib.contextmanager
def _alone(directory: pathlib.Path) -> Iterator[None]:
  with open(directory / _LOCK, 'wb') as file:
    if not files.lock(file):
      raise UserError(
        f'Another command is at work in {directory}: let it end, or choose '
        'another --out.'
      )
    yield
