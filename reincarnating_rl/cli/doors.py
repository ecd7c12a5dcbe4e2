"""`reincarnate` and `python -m reincarnating_rl`: one door to all programs."""

import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from reincarnating_rl.cli import command_line
from reincarnating_rl.cli.command_line import FlagError, Parser, Subcommand
from reincarnating_rl.support.errors import nearest

PROGRAM = 'reincarnate'
_SUMMARY = 'Train a new agent from an old one, and see how good it is.'
_DETAILS = """
COMMAND is a program: python -m reincarnating_rl.COMMAND is the same.
"""
_EXAMPLES = (
  'teachers inspect teacher_ckpts/Pong/1',
  'train --agent dqn \\\n'
  '    --gin_files configs/minatar/dqn.gin --base_dir runs/breakout',
  'report runs',
)
_HELP = '--help'


class Door(NamedTuple):
  """A program.

  Attributes:
    summary: one sentence: what it does.
    module: has `main(argv, program)`; it is imported when it is called.
  """

  summary: str
  module: str


DOORS = {
  'train': Door(
    'Train a student from a teacher.', 'reincarnating_rl.cli.train'
  ),
  'teachers': Door(
    'List, fetch, inspect, evaluate and convert teachers.',
    'reincarnating_rl.cli.teachers.cli',
  ),
  'report': Door(
    'Compare runs, in a page with tables and pictures.',
    'reincarnating_rl.cli.report',
  ),
  'video': Door(
    'Show policies that play a game side by side.',
    'reincarnating_rl.cli.video',
  ),
  'hub': Door(
    'Publish students on the Hugging Face hub.', 'reincarnating_rl.cli.hub'
  ),
  'study': Door(
    'Run many trainings, and compare them.', 'reincarnating_rl.cli.study'
  ),
  'balloon': Door(
    'Fly policies in the Balloon Learning Environment.',
    'reincarnating_rl.cli.balloon.cli',
  ),
}


def main(argv: Sequence[str] | None = None, program: str = PROGRAM) -> int:
  """Runs the program that the first word names.

  Args:
    argv: its name and its flags; None for the words of the process.
    program: what the user typed before them.

  Returns:
    The exit status: the program's, or 1 where none is named.

  Raises:
    SystemExit: help was asked for.
  """
  words = sys.argv[1:] if argv is None else list(argv)
  if words and words[0] in DOORS:
    room = importlib.import_module(DOORS[words[0]].module)
    return room.main(words[1:], f'{program} {words[0]}')
  return command_line.run(lambda: _refuse(words, program))


def create_parser(program: str = PROGRAM) -> Parser:
  """Makes the parser of the first word; a user types `program` before it."""
  parser = Parser(
    program, summary=_SUMMARY, details=_DETAILS, examples=_EXAMPLES
  )
  parser.add_subcommands(
    {
      name: Subcommand(door.summary, (), lambda parser: None)
      for name, door in DOORS.items()
    }
  )
  return parser


def _refuse(words: Sequence[str], program: str) -> None:
  """Reads words of which the first names no program.

  Raises:
    FlagError: always, unless help is asked for.
    SystemExit: help was asked for.
  """
  flag = words[0].partition('=')[0] if words else ''
  ours = flag in ('-h', '--') or nearest(flag, [_HELP]) is not None
  if flag.startswith('-') and not ours:
    # `reincarnate` was `train` alone before there were others.
    raise FlagError(
      f'{flag} comes after a command: {program} train {flag} …. See {program} '
      f'{_HELP}.'
    )
  create_parser(program).parse_args(words[:1])
