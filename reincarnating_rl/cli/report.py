"""`python -m reincarnating_rl.report`: flags, then the page of some runs."""

import argparse
import os
import pathlib
from collections.abc import Sequence

from reincarnating_rl.cli import command_line
from reincarnating_rl.cli.command_line import Parser
from reincarnating_rl.cli.flag_values import not_empty, number
from reincarnating_rl.support import claims

PROGRAM = 'python -m reincarnating_rl.report'
_SUMMARY = 'Compare runs, in a page with tables and pictures.'
_DETAILS = """
Writes index.html, which needs no network, PNG pictures and CSV files.

A RUN_DIR is the --base_dir of a run, a directory that holds several, or a log
that --log wrote. A document, FILE.md, stands alone: its tables and pictures are
made again from the logs that it names. The method of a run is
  LABEL                  if it is given as LABEL=RUN_DIR,
  METHOD                 in a log, or a directory that holds METHOD/GAME/SEED,
  the value of --agent   otherwise.
"""
_EXAMPLES = (
  "runs --title 'QDagger in three games'",
  'tau_0.1=runs/a tau_1=runs/b --at 1000000',
  'docs/results.md',
)


def main(argv: Sequence[str] | None = None, program: str = PROGRAM) -> int:
  """Writes a report; a user's mistake is one line on stderr.

  Args:
    argv: the flags; None for those of the process.
    program: what the user typed before them.

  Returns:
    The exit status: 0, 1 after a mistake, 130 after Ctrl-C.

  Raises:
    SystemExit: help was asked for.
  """
  return command_line.main(create_parser, _run, argv, program)


def create_parser(program: str = PROGRAM) -> Parser:
  """Makes the parser; a user types `program` before the flags."""
  parser = Parser(
    program, summary=_SUMMARY, details=_DETAILS, examples=_EXAMPLES
  )
  add = parser.add_argument
  add(
    'paths',
    metavar='RUN_DIR',
    type=not_empty,
    nargs='+',
    help='Directory of runs, LABEL=RUN_DIR, a log, or documents alone.',
  )
  add(
    '--out',
    metavar='DIR',
    type=not_empty,
    default='report',
    help='Where the page is written.',
  )
  add(
    '--log',
    metavar='FILE.jsonl',
    type=not_empty,
    help='Also write the runs to a small file, from which this command makes '
    'the same tables and pictures elsewhere.',
  )
  add(
    '--title',
    metavar='TEXT',
    default='Reincarnating RL',
    help='Title of the page.',
  )
  add(
    '--at',
    metavar='STEPS',
    type=number(int, 1),
    help='Compare after this many online steps, without the runs that are '
    'shorter. Default: as many as every run has made.',
  )
  add(
    '--seed',
    metavar='N',
    type=number(int, 0, 2**32 - 1),
    default=0,
    help='Seed of the bootstrap intervals.',
  )
  add(
    '--reps',
    metavar='N',
    type=number(int, 10),
    default=2000,
    help='Bootstrap samples for each interval.',
  )
  return parser


def _run(args: argparse.Namespace) -> None:
  documents = [path for path in args.paths if path.endswith('.md')]
  if documents:
    if len(documents) < len(args.paths):
      raise command_line.FlagError(
        f'{documents[0]} is a document: name it without directories of runs.'
      )
    _rewrite(documents)
    return
  out = os.path.expanduser(args.out)
  with claims.claimed(out, '--out'):
    _write(args, out)


def _rewrite(paths: Sequence[str]) -> None:
  # What is slow to import waits until the flags have been read.
  from reincarnating_rl.evaluation import documents
  from reincarnating_rl.evaluation.text import count

  for path in paths:
    made = documents.write(pathlib.Path(path).expanduser())
    print(
      f'{path}: {count(made.num_tables, "table")}, '
      f'{count(len(made.pictures), "picture")}'
    )


def _write(args: argparse.Namespace, out: str) -> None:
  # What is slow to import waits until the flags have been read.
  from reincarnating_rl.evaluation import logs, page, results, terminal, text

  runs = results.load_runs(args.paths)
  if args.log is not None:
    logs.write(runs.runs, os.path.expanduser(args.log))
  print(
    f'{text.count(len(runs.runs), "run")} read, intervals next …', flush=True
  )
  numbers = page.write(
    *(runs, out, args.title), at=args.at, seed=args.seed, reps=args.reps
  )
  terminal.print_report(numbers)
  print(f'The page: {os.path.join(out, page.PAGE_FILE)}')
