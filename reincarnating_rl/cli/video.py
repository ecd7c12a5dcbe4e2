"""`python -m reincarnating_rl.video`: policies that play side by side."""

import argparse
import os
from collections.abc import Sequence

from reincarnating_rl.cli import command_line, shared_flags
from reincarnating_rl.cli.command_line import Parser
from reincarnating_rl.cli.flag_values import not_empty, number

PROGRAM = 'python -m reincarnating_rl.video'
_SUMMARY = 'Show policies that play a game side by side.'
_DETAILS = """
Each policy plays the episodes of the teachers' evaluate. Shown is the one with
the median return, with its score, and bars of what the policy thinks of each
action. A policy is what evaluate takes: a run, checkpoints, a file of another
library, or a kind without a checkpoint, such as random or perciatelli44. It
may be one checkpoint, ckpt.N.json, and have a name: NAME=POLICY.
"""
_EXAMPLES = (
  'teacher_ckpts/Freeway/1 demo_run \\\n    --out duel.mp4',
  'teacher=teacher_ckpts/Pong/1 random \\\n    --game Pong --out duel.gif',
)
_MOST = 6


def main(argv: Sequence[str] | None = None, program: str = PROGRAM) -> int:
  """Writes a video; a user's mistake is one line on stderr.

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
    'teacher',
    metavar='TEACHER',
    type=not_empty,
    help='The policy at the left.',
  )
  add(
    'students',
    metavar='STUDENT',
    type=not_empty,
    nargs='*',
    help='Policies at its right.',
  )
  add(
    '--out',
    metavar='FILE',
    type=not_empty,
    default='video.mp4',
    help='The video: its name ends in .mp4 or .gif.',
  )
  add(
    '--seconds',
    metavar='S',
    type=number(float, 0.1, 3600),
    default=60.0,
    help='The video is cut after so many.',
  )
  add(
    '--fps',
    metavar='N',
    type=number(int, 1, 120),
    help='Frames a second, each of one step. Default: what suits the game.',
  )
  add = parser.add_argument_group('game and settings').add_argument
  add(
    '--game',
    metavar='NAME',
    help='Such as MinAtar/breakout. Default: the one that TEACHER names.',
  )
  shared_flags.add_settings(add, 'teacher')
  add = parser.add_argument_group('evaluation').add_argument
  shared_flags.add_episodes(add, 10)
  return parser


def write(args: argparse.Namespace) -> None:
  """Writes a video, and prints how well each policy plays.

  Args:
    args: what `create_parser` reads.

  Raises:
    UserError: a policy cannot be read, or the video cannot be written.
  """
  # What is slow to import waits until the flags have been read.
  from reincarnating_rl.cli import casting
  from reincarnating_rl.runner import bars
  from reincarnating_rl.support import files
  from reincarnating_rl.video import encoding

  names = [args.teacher, *args.students]
  if len(names) > _MOST:
    raise command_line.FlagError(
      f'{len(names)} policies do not fit side by side: name at most {_MOST}.'
    )
  args.out = os.path.expanduser(args.out)
  ending = encoding.ending(args.out)
  files.check_file(args.out, '--out')
  film = casting.film(args, names)
  with bars.passing('draw', 'frames', film.frames(), total=len(film)) as frames:
    data = encoding.encode(ending, iter(frames), film.frames_per_second)
  files.write_for_user(args.out, data, '--out')


def _run(args: argparse.Namespace) -> None:
  write(args)
  print(f'The video: {args.out}')
