"""`python -m reincarnating_rl.pvrl`: flags, then runs, then reports."""

import argparse
import pathlib
import shlex
import sys
from collections.abc import Collection, Sequence

from reincarnating_rl.cli import command_line
from reincarnating_rl.studies import plan
from reincarnating_rl.studies.pool import Pool
from reincarnating_rl.support.errors import UserError

PROGRAM = 'python -m reincarnating_rl.pvrl'
_DESCRIPTION = f"""Compares the ways to reuse a teacher and its data.

Trains one DQN teacher for each of MinAtar's games, then the students of each
method from the same teachers and the same stored replays, with equal budgets,
and writes a report of each study to DIR/reports. Ctrl-C writes checkpoints;
the same command goes on from them, and makes again what failed.

examples:
  {PROGRAM} --out runs/pvrl
  {PROGRAM} --out runs/pvrl --studies methods --methods qdagger,jsrl --dry_run
"""


def main(argv: Sequence[str] | None = None) -> int:
  """Runs the comparison; a user's mistake is one line on stderr.

  Args:
    argv: the flags; None for those of the process.

  Returns:
    The exit status: 0, 1 after a mistake or a failed run, 130 after Ctrl-C.
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
  add = parser.add_argument
  add('--out', metavar='DIR', required=True, help='where runs and reports go')
  for what, known, default in (
    ('games', plan.GAMES, 'breakout,freeway,space_invaders'),
    ('methods', plan.METHODS, ','.join(plan.METHODS)),
    ('studies', plan.STUDIES, ','.join(plan.STUDIES)),
  ):
    shown = 'all' if default == ','.join(known) else '%(default)s'
    add(
      f'--{what}',
      metavar='A,B,...',
      default=default,
      help=f'of {", ".join(known)}; default: {shown}',
    )
  at_least_one = command_line.number(int, 1)
  add(
    '--seeds',
    type=at_least_one,
    default=3,
    help='runs of each method in each game; %(default)s',
  )
  add(
    '--processes',
    type=at_least_one,
    default=2,
    help='runs at a time, each on one core; %(default)s',
  )
  add(
    '--gin_bindings',
    metavar='BINDING',
    action='append',
    default=[],
    help='for every run, such as "Runner.training_steps=1000"; repeatable',
  )
  add('--dry_run', action='store_true', help='only print the commands')
  add(
    '--report',
    action='store_true',
    help='only write the reports, of the runs that are done so far',
  )
  return parser.parse_args(argv)


def _run(args: argparse.Namespace) -> None:
  root = pathlib.Path(args.out).expanduser()
  chosen = plan.Choice(
    games=plan.choose('game', args.games.split(','), plan.GAMES),
    methods=plan.choose('method', args.methods.split(','), plan.METHODS),
    studies=plan.choose('study', args.studies.split(','), plan.STUDIES),
    seeds=args.seeds,
  )
  jobs = plan.make_plan(chosen, bindings=args.gin_bindings)
  pool = Pool(root, processes=args.processes)
  if args.dry_run:
    print('\n'.join(shlex.join(pool.command(job)) for job in jobs))
  elif args.report:
    missing = {job.directory for job in jobs if not pool.is_done(job)}
    if all(job.directory in missing for job in jobs if job.teacher):
      raise UserError(f'No student in {root} is done yet: see log.txt of each.')
    _write_reports(root, chosen, missing)
  else:
    failed = _work(pool, jobs)
    try:
      _write_reports(root, chosen, failed.keys())
    finally:
      _tell(root, failed, len(jobs))


def _work(pool: Pool, jobs: Sequence[plan.Job]) -> dict[str, str]:
  try:
    return pool.run(jobs)
  except KeyboardInterrupt:
    print('The same command goes on from here.', file=sys.stderr)
    raise


def _tell(root: pathlib.Path, failed: dict[str, str], total: int) -> None:
  """Says which runs failed.

  Raises:
    UserError: any did.
  """
  if failed:
    directory, reason = next(iter(failed.items()))
    raise UserError(
      f'{len(failed)} of {total} runs failed, {root / directory} first '
      f'({reason}): see log.txt there.'
    )


def _write_reports(
  root: pathlib.Path, chosen: plan.Choice, missing: Collection[str]
) -> None:
  """Writes what each study shows.

  Raises:
    UserError: the runs of one cannot be compared; the others are written.
  """
  mistakes = []
  for study in chosen.studies:
    try:
      _report(root, study, chosen, missing)
    except UserError as error:
      mistakes.append(f'{study}: {error}')
  if mistakes:
    raise UserError('; '.join(mistakes))


def _report(
  root: pathlib.Path, study: str, chosen: plan.Choice, missing: Collection[str]
) -> None:
  """Writes what a study shows, as far as its runs were made."""
  # What is slow to import waits until the runs are done.
  from reincarnating_rl.evaluation import (
    page,
    results,
    terminal,
  )

  paths = [
    f'{name}={root / directory}'
    for name, directories in plan.runs_of(study, chosen).items()
    for directory in directories
    if directory not in missing
  ]
  if not paths:
    return
  title = plan.STUDIES[study].title
  runs = results.load_runs(paths, scale_of=plan.STUDIES[study].scale_of)
  out = root / 'reports' / study
  print(f'\n{title}', flush=True)
  terminal.print_report(page.write(runs, str(out), title))
  print(f'The page: {out / page.PAGE_FILE}')
