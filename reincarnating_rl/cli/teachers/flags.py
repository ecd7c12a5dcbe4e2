"""The flags of each command; those that `train` also has are named alike."""

import shlex
from collections.abc import Sequence

from reincarnating_rl.cli import shared_flags
from reincarnating_rl.cli.command_line import Parser, Subcommand
from reincarnating_rl.cli.flag_values import not_empty, number
from reincarnating_rl.cli.teacher_kinds import TEACHER_KINDS, TeacherKind

PROGRAM = 'python -m reincarnating_rl.teachers'
_SUMMARY = 'List, fetch, inspect, evaluate and convert teachers.'
_DETAILS = """
A teacher is a run of this project, a checkpoint of Dopamine, or a file of
CleanRL, Stable-Baselines3 or PyTorch. Files are read as data; no code in them
is ever run.
"""
_EXAMPLES = ('list', 'inspect teacher_ckpts/Pong/1')
_OR_DATA = 'A run, its checkpoints, a file of another library, or data.'
_WITH_NETWORK = tuple(kind for kind in TEACHER_KINDS if kind.has_network)


class _Examples:
  """A game of each family; they are imported when the help is printed."""

  def __str__(self) -> str:
    from reincarnating_rl.envs import games

    return ', '.join(family.example for family in games.GAMES.values())


def command(*words: object) -> str:
  """Returns a command of this program, to be copied into a shell."""
  return f'{PROGRAM} {shlex.join(map(str, words))}'


def create_parser(program: str = PROGRAM) -> Parser:
  """Makes the parser; `command` is the name of the command.

  `program` is what a user types before the flags.
  """
  parser = Parser(
    program, summary=_SUMMARY, details=_DETAILS, examples=_EXAMPLES
  )
  parser.add_subcommands(_COMMANDS)
  return parser


def _add_list(parser: Parser) -> None:
  parser.add_argument(
    'directory',
    metavar='DIR',
    type=not_empty,
    nargs='?',
    help='Folder to look in. Default: $TEACHER_CKPT_DIR, or teacher_ckpts.',
  )


def _add_fetch(parser: Parser) -> None:
  source = parser.add_mutually_exclusive_group(required=True)
  source.add_argument(
    '--game',
    metavar='NAME',
    help='A game in a bucket, in CamelCase, such as Breakout.',
  )
  source.add_argument(
    '--hub',
    metavar='REPO',
    help='A repository of the Hugging Face hub, OWNER/NAME.',
  )
  parser.add_argument(
    '--dest',
    metavar='DIR',
    type=not_empty,
    help='Where the files go. Default: $TEACHER_CKPT_DIR, or teacher_ckpts.',
  )
  parser.add_argument(
    '--dry_run', action='store_true', help='Only show what would be fetched.'
  )
  _add_bucket(parser)


def _add_bucket(parser: Parser) -> None:
  group = parser.add_argument_group('from a bucket')
  group.add_argument(
    '--run',
    metavar='N',
    type=number(int, 0),
    help='Which run of the game. Default: all.',
  )
  group.add_argument(
    '--bucket', metavar='NAME', default='rl_checkpoints', help='The bucket.'
  )
  group.add_argument(
    '--prefix',
    metavar='FOLDER',
    type=not_empty,
    default='DQN_400',
    help="Folder of the bucket's games.",
  )
  contents = group.add_mutually_exclusive_group()
  for name in ('checkpoint', 'replay'):
    contents.add_argument(
      f'--{name}_only',
      dest='contents',
      action='store_const',
      const=name,
      default='all',
      help=f'Fetch only the {name}.',
    )
  group.add_argument(
    '--workers',
    metavar='N',
    type=number(int, 1, 64),
    default=4,
    help='Files fetched at a time.',
  )


def _add_teacher(
  parser: Parser,
  *,
  path_nargs: str | None,
  path: str = 'A run, its checkpoints, or a file of another library.',
  kinds: Sequence[TeacherKind] = TEACHER_KINDS,
) -> None:
  """Adds what `inspect`, `evaluate` and `convert` have in common."""
  parser.add_argument(
    'path',
    metavar='PATH',
    type=not_empty,
    nargs=path_nargs,
    help=path,
  )
  shared_flags.add_teacher(parser, kinds)(
    '--teacher_checkpoint_file_prefix',
    metavar='PREFIX',
    help='Checkpoints are files PREFIX.NUMBER. Default: ckpt, or else tf_ckpt.',
  )
  add = parser.add_argument_group('game and settings').add_argument
  add(
    '--game',
    metavar='NAME',
    help='Such as %(examples)s. Default: the one that the teacher names.',
  ).examples = _Examples()
  shared_flags.add_settings(add, 'teacher')


def _add_inspect(parser: Parser) -> None:
  _add_teacher(parser, path_nargs='?', path=_OR_DATA, kinds=_WITH_NETWORK)
  parser.add_argument('--json', action='store_true', help='Print JSON.')


def _add_evaluate(parser: Parser) -> None:
  _add_teacher(parser, path_nargs='?')
  add = parser.add_argument_group('evaluation').add_argument
  shared_flags.add_episodes(add, 30)
  shared_flags.add_workers(add, 'Processes that play')
  add(
    '--measure_random',
    action='store_true',
    help='Play the random policy, even if its score is published.',
  )
  add('--json', metavar='FILE', type=not_empty, help='Also write it as JSON.')


def _add_convert(parser: Parser) -> None:
  _add_teacher(parser, path_nargs=None, path=_OR_DATA, kinds=_WITH_NETWORK)
  parser.add_argument(
    'out',
    metavar='OUT',
    type=not_empty,
    help='A new or empty folder; or FILE.npz, for the steps of the replay as '
    'plain arrays.',
  )
  group = parser.add_argument_group('what is written')
  replay = group.add_mutually_exclusive_group()
  replay.add_argument(
    '--teacher_replay_dir',
    metavar='DIR',
    type=not_empty,
    help='Folder of the replay. Default: PATH, if it holds one.',
  )
  replay.add_argument(
    '--collect',
    metavar='N',
    type=number(int, 1),
    help='Have the teacher play at least N steps for a replay.',
  )
  replay.add_argument(
    '--no_replay', action='store_true', help='Write the parameters alone.'
  )
  group.add_argument(
    '--minari',
    action='store_true',
    help='Write the steps of the replay to OUT, as a dataset of Minari.',
  )
  group.add_argument(
    '--newest',
    metavar='N',
    type=number(int, 1),
    help='Write only the newest N steps of the replay. Default: all.',
  )
  group.add_argument(
    '--score',
    metavar='FILE',
    type=not_empty,
    help='Add the score of this checkpoint that evaluate --json wrote.',
  )
  add = parser.add_argument_group('play, with --collect').add_argument
  shared_flags.add_play(add)
  shared_flags.add_workers(add, 'Processes that play')


_COMMANDS = {
  'list': Subcommand(
    'List the teachers of a folder.', ['teacher_ckpts'], _add_list
  ),
  'fetch': Subcommand(
    'Fetch a teacher from a bucket or from the hub.',
    [
      '--game Breakout --run 1 --dry_run',
      '\\\n    --hub cleanrl/PongNoFrameskip-v4-dqn_atari_jax-seed1',
    ],
    _add_fetch,
    'Downloads are verified. Those from a bucket resume after an interruption.',
  ),
  'inspect': Subcommand(
    'Show what a teacher and its replay are.',
    ['teacher_ckpts/Pong/1', '--teacher_agent perciatelli44'],
    _add_inspect,
  ),
  'evaluate': Subcommand(
    'Play whole episodes and print the score.',
    ['teacher_ckpts/Pong/1 \\\n    --game Pong --episodes 10'],
    _add_evaluate,
  ),
  'convert': Subcommand(
    "Write a teacher and its replay in this project's own format.",
    [
      'downloads/Breakout/1 \\\n    teacher_ckpts/Breakout/1 --game Breakout',
      'runs/pong pong.npz',
      'runs/pong pong-v0 --minari',
    ],
    _add_convert,
  ),
}
