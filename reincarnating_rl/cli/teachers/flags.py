"""The flags of each command; those of `train` have its names."""

import argparse
from collections.abc import Sequence

from reincarnating_rl.cli.command_line import (
  Parser,
  number,
)

PROGRAM = 'python -m reincarnating_rl.teachers'


def parse(argv: Sequence[str]) -> argparse.Namespace:
  """Parses a command line.

  Args:
    argv: without the program.

  Returns:
    The flags; `command` names the command, `words` are all of them.

  Raises:
    FlagError: there is no such command or flag, or not with this value.
    SystemExit: help was asked for.
  """
  parser = Parser(
    prog=PROGRAM,
    description='Teachers: what there is, where more are, and what they do.',
  )
  commands = parser.add_subparsers(
    dest='command', required=True, metavar='COMMAND'
  )
  for name, (add_flags, summary, example) in _COMMANDS.items():
    add_flags(
      commands.add_parser(
        name,
        help=summary,
        description=f'{summary}\n\nexample:\n  {PROGRAM} {name} {example}',
      )
    )
  return parser.parse_args(argv, argparse.Namespace(words=tuple(argv)))


def _add_list(parser: argparse.ArgumentParser) -> None:
  parser.add_argument(
    'directory',
    metavar='DIR',
    nargs='?',
    help='default: $TEACHER_CKPT_DIR, else teacher_ckpts',
  )


def _add_fetch(parser: argparse.ArgumentParser) -> None:
  source = parser.add_mutually_exclusive_group(required=True)
  source.add_argument('--game', help='of a bucket, in CamelCase: Breakout')
  source.add_argument(
    '--hub', metavar='OWNER/NAME', help='a repository of the Hugging Face hub'
  )
  parser.add_argument(
    '--run', type=number(int, 0), help='one run of the game; default: all'
  )
  parser.add_argument('--bucket', default='rl_checkpoints', help='%(default)s')
  parser.add_argument(
    '--prefix', default='DQN_400', help="folder of the bucket's games"
  )
  parser.add_argument(
    '--dest', metavar='DIR', help='default: $TEACHER_CKPT_DIR, or teacher_ckpts'
  )
  contents = parser.add_mutually_exclusive_group()
  for name in ('checkpoint', 'replay'):
    contents.add_argument(
      f'--{name}_only',
      dest='contents',
      action='store_const',
      const=name,
      default='all',
      help=f'of a bucket, the {name} and nothing else',
    )
  parser.add_argument(
    '--dry_run', action='store_true', help='say what would be fetched'
  )
  parser.add_argument(
    '--workers',
    type=number(int, 1, 64),
    default=4,
    help='files of a bucket at once; %(default)s',
  )


def _add_teacher(parser: argparse.ArgumentParser, path: str | None) -> None:
  """Adds what `inspect`, `evaluate` and `convert` have in common."""
  parser.add_argument(
    'path',
    metavar='PATH',
    nargs=path,
    help='a run, its checkpoints, or a file of another library',
  )
  parser.add_argument(
    '--game',
    help='Pong, MinAtar/breakout, Balloon, CartPole-v1; default: what the '
    'teacher says',
  )
  parser.add_argument(
    '--teacher_agent', default='auto', help='kind of teacher; %(default)s'
  )
  parser.add_argument(
    '--teacher_checkpoint_number',
    type=number(int, 0),
    help='which checkpoint; default: the newest',
  )
  parser.add_argument(
    '--teacher_checkpoint_file_prefix',
    metavar='PREFIX',
    help='of PREFIX.NUMBER; default: ckpt, or else tf_ckpt',
  )
  for name, example in (
    ('gin_files', 'configs/demo.gin'),
    ('gin_bindings', '"create_teacher.vmax=20"'),
  ):
    parser.add_argument(
      f'--{name}',
      action='append',
      default=[],
      metavar=name.removeprefix('gin_')[:-1].upper(),
      help=f'as for train, such as {example}; may be repeated',
    )
  parser.add_argument(
    '--atari_roms_path', metavar='DIR', help="default: ale-py's own ROMs"
  )


def _add_inspect(parser: argparse.ArgumentParser) -> None:
  _add_teacher(parser, '?')
  parser.add_argument('--json', action='store_true', help='print it as JSON')


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
  _add_teacher(parser, '?')
  parser.add_argument(
    '--episodes', type=number(int, 1), default=30, help='%(default)s'
  )
  parser.add_argument(
    '--epsilon',
    type=number(float, 0, 1),
    default=0.001,
    help='probability of a random action; %(default)s',
  )
  parser.add_argument(
    '--seed', type=number(int, 0), default=0, help='%(default)s'
  )
  parser.add_argument(
    '--max_steps_per_episode',
    type=number(int, 1),
    default=27_000,
    help='where a time-out ends an episode; %(default)s',
  )
  parser.add_argument(
    '--measure_random',
    action='store_true',
    help='play the random policy, whatever was published',
  )
  parser.add_argument('--json', metavar='FILE', help='write the result there')


def _add_convert(parser: argparse.ArgumentParser) -> None:
  _add_teacher(parser, None)
  parser.add_argument('out', metavar='OUT', help='a new or empty folder')
  replay = parser.add_mutually_exclusive_group()
  replay.add_argument(
    '--teacher_replay_dir',
    metavar='DIR',
    help='folder of the replay; default: PATH, if it has one',
  )
  replay.add_argument(
    '--no_replay', action='store_true', help='the parameters alone'
  )
  parser.add_argument(
    '--newest',
    type=number(int, 1),
    metavar='N',
    help='steps of the replay, the newest; default: all',
  )
  parser.add_argument(
    '--score',
    metavar='FILE',
    help='what evaluate --json wrote of this checkpoint; goes along with it',
  )


_COMMANDS = {
  'list': (_add_list, 'List the teachers of a folder.', 'teacher_ckpts'),
  'fetch': (
    _add_fetch,
    'Fetch a teacher from a bucket or from the hub.',
    '--game Breakout --run 1 --dry_run',
  ),
  'inspect': (
    _add_inspect,
    'Tell what a teacher and its replay are.',
    'teacher_ckpts/Pong/1',
  ),
  'evaluate': (
    _add_evaluate,
    'Play whole episodes and tell the score.',
    'teacher_ckpts/Pong/1 --game Pong --episodes 10',
  ),
  'convert': (
    _add_convert,
    "Write a teacher and its replay in this project's own format.",
    'downloads/Breakout/1 teacher_ckpts/Breakout/1 --game Breakout',
  ),
}
