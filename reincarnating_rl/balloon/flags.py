"""The flags of each command."""

import argparse
from collections.abc import Sequence

from reincarnating_rl.balloon.suites import SUITES
from reincarnating_rl.cli.command_line import (
  Parser,
  number,
)

PROGRAM = 'python -m reincarnating_rl.balloon'
_MOST_SEED = 2**31 - 1
_POLICY = (
  'perciatelli44, station_seeker, random_walk, or the directory of a run, '
  'whose newest checkpoint flies greedily, or the file of a checkpoint, '
  'DIR/checkpoints/ckpt.N.json; NAME=DIR calls it NAME'
)
_EVALUATE = f"""Flies policies on the seeds of a suite, and tells how well.

Each policy's flights go to DIR/POLICY.jsonl as they end, and the numbers to
DIR/summary.json. Ctrl-C loses no flight that has ended: the same command goes
on from them.

example:
  {PROGRAM} evaluate perciatelli44 student=runs/1 --out flights
"""
_FLIGHT = f"""Draws how policies fly on the same seed.

example:
  {PROGRAM} flight perciatelli44 student=runs/1 --seed 3 --out flight.png
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
  """Parses a command line.

  Args:
    argv: without the program.

  Returns:
    The flags; `command` names the command.

  Raises:
    FlagError: there is no such command or flag, or not with this value.
    SystemExit: help was asked for.
  """
  parser = Parser(
    prog=PROGRAM,
    description='Flights of the Balloon Learning Environment.',
  )
  commands = parser.add_subparsers(
    dest='command', required=True, metavar='COMMAND'
  )
  for name, (add_flags, description) in _COMMANDS.items():
    summary = description.partition('\n')[0]
    command = commands.add_parser(name, help=summary, description=description)
    command.add_argument('policies', metavar='POLICY', nargs='+', help=_POLICY)
    command.add_argument(
      '--processes',
      type=number(int, 1),
      metavar='N',
      help='flights at a time, each on one core; default: one a core',
    )
    add_flags(command)
  return parser.parse_args(argv)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
  sizes = ', '.join(f'{name} {size:,}' for name, size in SUITES.items())
  parser.add_argument(
    '--suite',
    choices=SUITES,
    default='tiny_eval',
    metavar='SUITE',
    help=f'%(default)s; flights of each: {sizes}',
  )
  parser.add_argument(
    '--seeds', type=number(int, 1), metavar='N', help='only the first N'
  )
  parser.add_argument(
    '--out', metavar='DIR', required=True, help='where results are and go'
  )


def _add_flight(parser: argparse.ArgumentParser) -> None:
  parser.add_argument(
    '--seed', type=number(int, 0, _MOST_SEED), default=0, help='%(default)s'
  )
  parser.add_argument(
    '--out', metavar='PICTURE.png', required=True, help='the picture'
  )
  parser.add_argument(
    '--results',
    metavar='DIR',
    help='of evaluate: flights that are there are not flown again',
  )


_COMMANDS = {
  'evaluate': (_add_evaluate, _EVALUATE),
  'flight': (_add_flight, _FLIGHT),
}
