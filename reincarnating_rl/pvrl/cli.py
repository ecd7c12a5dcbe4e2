"""`python -m reincarnating_rl.pvrl`: flags, then runs, then reports."""

import argparse
import pathlib
import shlex
import sys
from collections.abc import Sequence

from reincarnating_rl.errors import UserError, first_line
from reincarnating_rl.pvrl import plan
from reincarnating_rl.pvrl.pool import Pool

_INTERRUPTED = 130  # What shells say of a command that Ctrl-C ended.
_ABOUT = """\
Compares the ways to reuse a teacher and its data on MinAtar's games.

Trains one DQN teacher a game, then each method's students from the same
teachers and the same stored replays, with equal budgets, and writes a report
of each study. The same command goes on where it was stopped."""


def main(argv: Sequence[str] | None = None) -> int:
  """Runs the comparison; a user's mistake is one line on stderr.

  Args:
    argv: flags; None for those of the process.

  Returns:
    The exit status: 0, 1 after a mistake or a failed run, 130 after Ctrl-C.
  """
  try:
    return _run(_parser().parse_args(argv))
  except UserError as error:
    print(f'error: {first_line(error)}', file=sys.stderr)
    return 1
  except KeyboardInterrupt:
    print(
      'Stopped. The same command goes on from the last checkpoints.',
      file=sys.stderr,
    )
    return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m reincarnating_rl.pvrl',
    description=_ABOUT,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  add = parser.add_argument
  add('--out', required=True, help='where runs and reports are written')
  add(
    '--games',
    default='asterix,breakout,space_invaders',
    help=f'of {", ".join(plan.GAMES)}; default: %(default)s',
  )
  add('--seeds', type=_positive, default=3, help='runs of each; default: 3')
  add(
    '--methods',
    default=','.join(plan.METHODS),
    help='of the study of methods; default: %(default)s',
  )
  add(
    '--studies',
    default=','.join(plan.STUDIES),
    help='tables to make; default: %(default)s',
  )
  add(
    '--processes',
    type=_positive,
    default=2,
    help='runs at a time, a core each; default: 2',
  )
  add(
    '--gin_bindings',
    action='append',
    default=[],
    help='for every run, such as "Runner.training_steps=1000"; repeatable',
  )
  add(
    '--dry_run', action='store_true', help='print the commands and do nothing'
  )
  return parser


def _positive(text: str) -> int:
  number = int(text)
  if number < 1:
    raise argparse.ArgumentTypeError(f'{number} is not positive')
  return number


def _run(args: argparse.Namespace) -> int:
  root = pathlib.Path(args.out).expanduser()
  games = plan.choose('game', args.games.split(','), plan.GAMES)
  methods = plan.choose('method', args.methods.split(','), plan.METHODS)
  studies = plan.choose('study', args.studies.split(','), plan.STUDIES)
  jobs = plan.make_plan(
    games=games,
    seeds=args.seeds,
    methods=methods,
    studies=studies,
    bindings=args.gin_bindings,
  )
  pool = Pool(root, processes=args.processes)
  if args.dry_run:
    print('\n'.join(shlex.join(pool.command(job)) for job in jobs))
    return 0
  failed = pool.run(jobs)
  for study in studies:
    _report(root, study, games=games, seeds=args.seeds, methods=methods)
  for directory, reason in failed.items():
    print(f'failed: {root / directory}: {reason}', file=sys.stderr)
  return 1 if failed else 0
