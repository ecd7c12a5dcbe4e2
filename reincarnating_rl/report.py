r"""Compares runs: a page, pictures, tables and the numbers behind them.

python -m reincarnating_rl.report runs/qdagger runs/scratch --out report
"""

import argparse
import os
import sys
from collections.abc import Sequence

from reincarnating_rl.cli import command_line
from reincarnating_rl.support.errors import UserError

PROGRAM = 'python -m reincarnating_rl.report'
_DESCRIPTION = f"""Compares runs, the way the paper does.

Writes index.html (which needs no network), PNG pictures and CSV files.

A RUN_DIR is the --base_dir of a run, or a directory that holds some. The method
of a run is
  LABEL                  where it is given as LABEL=RUN_DIR,
  METHOD                 in a directory that holds METHOD/GAME/SEED,
  the name for --agent   otherwise.

examples:
  {PROGRAM} runs --title 'QDagger in three games'
  {PROGRAM} tau_0.1=runs/a tau_1=runs/b --at 1000000
"""


def main(argv: Sequence[str] | None = None) -> int:
  """Writes a report; a user's mistake is one line on stderr.

  Args:
    argv: the flags; None for those of the process.

  Returns:
    The exit status: 0, 1 after a mistake, 130 after Ctrl-C.
  """
  return command_line.run(
    lambda: _run(parse(sys.argv[1:] if argv is None else argv))
  )


def parse(argv: Sequence[str]) -> argparse.Namespace:
  """Parses the flags.

  Raises:
    FlagError: there is no such flag, or not with this value.
    SystemExit: help was asked for.
  """
  parser = command_line.Parser(prog=PROGRAM, description=_DESCRIPTION)
  parser.add_argument(
    'paths', metavar='RUN_DIR', nargs='+', help='or LABEL=RUN_DIR'
  )
  parser.add_argument(
    '--out', metavar='DIR', default='report', help='default: %(default)s'
  )
  parser.add_argument('--title', default='Reincarnating RL', help='of the page')
  parser.add_argument(
    '--at',
    metavar='STEPS',
    type=command_line.number(int, 1),
    help='compare after so many online steps and leave shorter runs out; '
    'default: as many as every run has made',
  )
  parser.add_argument(
    '--seed',
    type=command_line.number(int, 0, 2**32 - 1),
    default=0,
    help='of the intervals; %(default)s',
  )
  parser.add_argument(
    '--reps',
    type=command_line.number(int, 10),
    default=2000,
    help='draws for each interval; %(default)s',
  )
  return parser.parse_args(argv)


def _run(args: argparse.Namespace) -> None:
  out = os.path.expanduser(args.out)
  if os.path.exists(out) and not os.path.isdir(out):
    raise UserError(f'--out {out} is a file: name a directory.')
  # What is slow to import waits until the flags have been read.
  from reincarnating_rl.evaluation import (
    page,
    results,
    terminal,
    text,
  )

  runs = results.load_runs(args.paths)
  print(
    f'{text.count(len(runs.runs), "run")} read, intervals next …', flush=True
  )
  numbers = page.write(
    *(runs, out, args.title), at=args.at, seed=args.seed, reps=args.reps
  )
  terminal.print_report(numbers)
  print(f'The page: {os.path.join(out, page.PAGE_FILE)}')


if __name__ == '__main__':
  sys.exit(main())
