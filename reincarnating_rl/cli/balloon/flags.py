"""The flags of each command."""

from reincarnating_rl.balloon.suites import SUITES
from reincarnating_rl.cli import shared_flags
from reincarnating_rl.cli.command_line import Parser, Subcommand
from reincarnating_rl.cli.flag_values import not_empty, number

PROGRAM = 'python -m reincarnating_rl.balloon'
_SUMMARY = 'Fly policies in the Balloon Learning Environment.'
_DETAILS = """
A policy is perciatelli44, station_seeker or random_walk, or a student: the
directory of a run, whose newest checkpoint flies greedily, or the file of a
checkpoint, DIR/checkpoints/ckpt.N.json. Tables and pictures name it NAME if it
is given as NAME=DIR. Flights run in parallel; scheduling does not affect
results.
"""
_MOST_SEED = 2**31 - 1


def create_parser(program: str = PROGRAM) -> Parser:
  """Makes the parser; `command` is the name of the command.

  `program` is what a user types before the flags.
  """
  parser = Parser(
    program,
    summary=_SUMMARY,
    details=_DETAILS,
    examples=[
      f'{name} {command.examples[0]}' for name, command in _COMMANDS.items()
    ],
  )
  parser.add_subcommands(_COMMANDS)
  return parser


def _add_policies(parser: Parser) -> None:
  parser.add_argument(
    'policies',
    metavar='POLICY',
    type=not_empty,
    nargs='+',
    help='perciatelli44, station_seeker, random_walk, the directory of a run, '
    'the file of a checkpoint, or NAME= and one of these.',
  )
  shared_flags.add_workers(parser.add_argument, 'Flights')


def _add_evaluate(parser: Parser) -> None:
  _add_policies(parser)
  sizes = ', '.join(f'{name} {size:,}' for name, size in SUITES.items())
  parser.add_argument(
    '--suite',
    metavar='NAME',
    choices=SUITES,
    default='tiny_eval',
    help=f'Which seeds to fly. Number of flights in each suite: {sizes}.',
  )
  parser.add_argument(
    '--seeds',
    metavar='N',
    type=number(int, 1),
    help='Fly only the first N seeds of the suite. Default: all.',
  )
  parser.add_argument(
    '--out',
    metavar='DIR',
    type=not_empty,
    required=True,
    help='Where flights are written, and resumed from.',
  )


def _add_flight(parser: Parser) -> None:
  _add_policies(parser)
  parser.add_argument(
    '--seed',
    metavar='N',
    type=number(int, 0, _MOST_SEED),
    default=0,
    help='Seed of the flight.',
  )
  parser.add_argument(
    '--out',
    metavar='PICTURE.png',
    type=not_empty,
    required=True,
    help='Where the picture is written.',
  )
  parser.add_argument(
    '--results',
    metavar='DIR',
    type=not_empty,
    help='The --out of evaluate. Flights that are there are not flown again.',
  )


_COMMANDS = {
  'evaluate': Subcommand(
    'Fly policies on the seeds of a suite and print their scores.',
    ['perciatelli44 \\\n    student=runs/1 --out flights'],
    _add_evaluate,
    """
Each flight is added to DIR/POLICY.jsonl as it ends; the scores go to
DIR/summary.json. After Ctrl-C the same command flies what is missing.
""",
  ),
  'flight': Subcommand(
    'Draw how policies fly on the same seed.',
    ['perciatelli44 \\\n    student=runs/1 --seed 3 --out flight.png'],
    _add_flight,
  ),
}
