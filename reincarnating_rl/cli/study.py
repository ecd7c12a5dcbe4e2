"""`python -m reincarnating_rl.pvrl`: flags, then runs, then reports."""

import argparse
import pathlib
import shlex
from collections.abc import Collection, Sequence

from reincarnating_rl.cli import command_line, train_flags
from reincarnating_rl.cli.command_line import Parser, number
from reincarnating_rl.studies import plan, table
from reincarnating_rl.studies.pool import Pool
from reincarnating_rl.support.errors import UserError

PROGRAM = 'python -m reincarnating_rl.pvrl'
_SUMMARY = 'Compare the ways to reuse a teacher and its data.'
_DETAILS = """
Trains one DQN teacher for each game of MinAtar, then the students of each
method from the same teachers and the same stored replays, with equal budgets,
and writes a report of each study to DIR/reports. Ctrl-C writes checkpoints;
the same command resumes the runs, and repeats those that failed.
"""
_EXAMPLES = (
  '--out runs/pvrl',
  '--out runs/pvrl --dry_run \\\n    --studies methods --methods qdagger,jsrl',
)
_ALL = 'all'


def main(argv: Sequence[str] | None = None) -> int:
  """Runs the comparison; a user's mistake is one line on stderr.

  Args:
    argv: the flags; None for those of the process.

  Returns:
    The exit status: 0, 1 after a mistake or a failed run, 130 after Ctrl-C.

  Raises:
    SystemExit: help was asked for.
  """
  return command_line.main(create_parser, _run, argv)


def create_parser() -> Parser:
  """Makes the parser."""
  parser = Parser(
    PROGRAM, summary=_SUMMARY, details=_DETAILS, examples=_EXAMPLES
  )
  parser.add_argument(
    '--out', metavar='DIR', required=True, help='Where runs and reports go.'
  )
  _add_choice(parser)
  add = parser.add_argument_group('how it runs').add_argument
  add(
    '--processes',
    metavar='N',
    type=number(int, 1),
    default=2,
    help='Runs at a time, each on one core.',
  )
  add(
    '--gin_bindings',
    metavar='BINDING',
    action='append',
    default=[],
    help='A setting for every run, such as "Runner.training_steps=1000".',
  )
  add('--dry_run', action='store_true', help='Only print the commands.')
  add(
    '--report',
    action='store_true',
    help='Only write the reports, of the runs that are done so far.',
  )
  return parser


def _add_choice(parser: Parser) -> None:
  add = parser.add_argument_group('what is compared').add_argument
  for what, known, default in (
    ('games', plan.GAMES, 'breakout,freeway,space_invaders'),
    ('methods', table.METHODS, _ALL),
    ('studies', table.STUDIES, 'methods,n_step,teachers,weaning'),
  ):
    add(
      f'--{what}',
      metavar='A,B,...',
      default=default,
      help=f'Which of {", ".join(known)}.',
    )
  add(
    '--seeds',
    metavar='N',
    type=number(int, 1),
    default=3,
    help='Runs of each method in each game.',
  )


def _run(args: argparse.Namespace) -> None:
  root = pathlib.Path(args.out).expanduser()
  chosen = plan.Choice(
    games=_choose('game', args.games, plan.GAMES),
    methods=_choose('method', args.methods, table.METHODS),
    studies=_choose('study', args.studies, table.STUDIES),
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
    if args.gin_bindings:
      _check_settings(jobs)
    failed = _work(pool, jobs)
    try:
      _write_reports(root, chosen, failed.keys())
    finally:
      _check(root, failed, len(jobs))


def _choose(what: str, names: str, known: Collection[str]) -> Sequence[str]:
  return plan.choose(what, known if names == _ALL else names.split(','), known)


def _check_settings(jobs: Sequence[plan.Job]) -> None:
  """Reads the settings of every run, as the run would.

  Raises:
    UserError: a binding is wrong.
  """
  # What is slow to import waits until there is something to read.
  from reincarnating_rl.runner import factories

  parser = train_flags.create_parser()
  read = set()
  for job in jobs:
    flags = parser.parse_args([*job.flags, '--base_dir=unused'])
    settings = flags.agent, *map(tuple, (flags.gin_files, flags.gin_bindings))
    if settings not in read:
      factories.load_settings(*settings)
      read.add(settings)


def _work(pool: Pool, jobs: Sequence[plan.Job]) -> dict[str, str]:
  try:
    return pool.run(jobs)
  except KeyboardInterrupt as stop:
    raise KeyboardInterrupt(
      'Stopped. The same command resumes the runs.'
    ) from stop


def _check(root: pathlib.Path, failed: dict[str, str], total: int) -> None:
  """Reports which runs failed.

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
  from reincarnating_rl.evaluation import page, results, terminal

  paths = [
    f'{name}={root / directory}'
    for name, directories in plan.runs_of(study, chosen).items()
    for directory in directories
    if directory not in missing
  ]
  if not paths:
    return
  title = table.STUDIES[study].title
  runs = results.load_runs(paths, scale_of=table.STUDIES[study].scale_of)
  out = root / 'reports' / study
  print(f'\n{title}', flush=True)
  terminal.print_report(page.write(runs, str(out), title))
  print(f'The page: {out / page.PAGE_FILE}')
