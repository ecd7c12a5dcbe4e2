"""`python -m reincarnating_rl.study`: flags, then runs, then reports."""

import argparse
import pathlib
from collections.abc import Collection, Iterable, Sequence

from reincarnating_rl.cli import command_line, shared_flags, train_flags
from reincarnating_rl.cli.command_line import Parser
from reincarnating_rl.cli.flag_values import not_empty, number
from reincarnating_rl.studies import part, plan, study_file
from reincarnating_rl.studies.runs import Runs
from reincarnating_rl.studies.study import Study
from reincarnating_rl.support.errors import UserError

PROGRAM = 'python -m reincarnating_rl.study'
_SUMMARY = 'Run many trainings, and compare them.'
_DETAILS = """
FILE says which games, teachers, variants and seeds; docs/studies.md describes
it. Teachers are trained first. Each run, or all seeds of a game, is a program
of its own, here or on a Ray cluster. DIR/reports has a page for each table.
Ctrl-C writes checkpoints; the same command resumes the runs, and repeats those
that failed.
"""
_EXAMPLES = (
  'paper --out runs/paper',
  'paper --out runs/paper --dry_run \\\n'
  '    --tables methods --variants qdagger,jsrl --seeds 1',
  'my_study.yaml --out /shared/runs \\\n    --ray_address auto',
)


def main(argv: Sequence[str] | None = None, program: str = PROGRAM) -> int:
  """Runs a study; a user's mistake is one line on stderr.

  Args:
    argv: the flags; None for those of the process.
    program: what the user typed before them.

  Returns:
    The exit status: 0, 1 after a mistake or a failed run, 130 after Ctrl-C.

  Raises:
    SystemExit: help was asked for.
  """
  return command_line.main(create_parser, _run, argv, program)


def create_parser(program: str = PROGRAM) -> Parser:
  """Makes the parser; a user types `program` before the flags."""
  parser = Parser(
    program, summary=_SUMMARY, details=_DETAILS, examples=_EXAMPLES
  )
  parser.add_argument(
    'file',
    metavar='FILE',
    type=not_empty,
    help='A study file, or the name of a shipped one: '
    f'{", ".join(study_file.shipped_names())}.',
  )
  parser.add_argument(
    '--out',
    metavar='DIR',
    type=not_empty,
    required=True,
    help='Where runs and reports go; on a cluster, a folder that all machines '
    'share.',
  )
  _add_part(parser)
  add = parser.add_argument_group('how it runs').add_argument
  shared_flags.add_workers(add, 'Runs')
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


def _add_part(parser: Parser) -> None:
  add = parser.add_argument_group('which part of it').add_argument
  for what in ('games', 'variants', 'tables'):
    add(
      f'--{what}',
      metavar='A,B,...',
      default=part.ALL,
      help=f'Only these {what} of the file.',
    )
  add(
    '--seeds',
    metavar='N',
    type=number(int, 1),
    help="Seeds 1 to N. Default: the file's. Where the seeds of a game are one "
    'program, another number is another program, and none of its runs is done.',
  )


def _run(args: argparse.Namespace) -> None:
  root = pathlib.Path(args.out).expanduser()
  path = study_file.find(args.file)
  study = part.of(
    study_file.read(path),
    games=args.games,
    variants=args.variants,
    tables=args.tables,
    seeds=args.seeds,
  )
  jobs = plan.make_plan(study, args.gin_bindings)
  runs = Runs(
    root,
    processes=args.processes,
    address=args.ray_address,
    retries=study.retries,
  )
  if args.dry_run:
    print('\n'.join(runs.shown(job) for job in jobs))
  elif args.report:
    missing = _runs_of(job for job in jobs if not runs.is_done(job))
    if all(name in missing for name in plan.compared(study)):
      raise UserError(f'No run in {root} is done yet: see log.txt of each.')
    _write_reports(root, study, missing)
  else:
    if args.gin_bindings or path.parent != study_file.FOLDER:
      _check_settings(job for job in jobs if not runs.is_done(job))
    failed = _work(runs, jobs)
    try:
      _write_reports(
        root, study, _runs_of(job for job in jobs if job.directory in failed)
      )
    finally:
      _check(root, failed, len(jobs))


def _runs_of(jobs: Iterable[plan.Job]) -> set[str]:
  """Returns the directories of the runs of jobs."""
  return {directory for job in jobs for directory in job.runs}


def _check_settings(jobs: Iterable[plan.Job]) -> None:
  """Reads the settings of every run, as the run would.

  Raises:
    UserError: an agent, a file or a binding is wrong.
  """
  jobs = list(jobs)
  if not jobs:
    return
  # What is slow to import waits until there is something to read.
  from reincarnating_rl.runner import factories

  parser = train_flags.create_parser()
  read = set()
  for job in jobs:
    flags = parser.parse_args([*job.flags, '--base_dir=unused'])
    settings = flags.agent, *map(tuple, (flags.gin_files, flags.gin_bindings))
    if settings not in read:
      factories.check_names(flags.agent, flags.teacher_agent)
      factories.load_settings(*settings)
      read.add(settings)


def _work(runs: Runs, jobs: Sequence[plan.Job]) -> dict[str, str]:
  try:
    return runs.run(jobs)
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
  root: pathlib.Path, study: Study, missing: Collection[str]
) -> None:
  """Writes what each table shows.

  Raises:
    UserError: the runs of one cannot be compared; the others are written.
  """
  mistakes = []
  for table in study.tables:
    try:
      _report(root, study, table, missing)
    except UserError as error:
      mistakes.append(f'{table}: {error}')
  if mistakes:
    raise UserError('; '.join(mistakes))


def _report(
  root: pathlib.Path, study: Study, table: str, missing: Collection[str]
) -> None:
  """Writes what a table shows, as far as its runs were made."""
  # What is slow to import waits until the runs are done.
  from reincarnating_rl.evaluation import page, results, terminal

  paths, notes = [], []
  for name, directories in plan.runs_of(study, table).items():
    made = [d for d in directories if d not in missing]
    paths += [f'{name}={root / directory}' for directory in made]
    if lack := len(directories) - len(made):
      are = 'is' if lack == 1 else 'are'
      notes.append(f'{name}: {lack} of {len(directories)} runs {are} missing.')
  if not paths:
    return
  title, _, scale_of = study.tables[table]
  runs = results.load_runs(paths, scale_of=scale_of)
  out = root / 'reports' / table
  print(f'\n{title}', flush=True)
  terminal.print_report(
    page.write(runs._replace(notes=(*notes, *runs.notes)), str(out), title)
  )
  print(f'The page: {out / page.PAGE_FILE}')
