"""The flags of `train`: the official code's, and `--teacher_replay_dir`."""

from reincarnating_rl.cli import help_text, shared_flags, teacher_kinds
from reincarnating_rl.cli.absl_spelling import AbslParser, Switch
from reincarnating_rl.cli.command_line import Parser
from reincarnating_rl.cli.flag_values import not_empty, number
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.students import STUDENTS
from reincarnating_rl.support.setting_types import MOST_SEED
from reincarnating_rl.tracking.table import TRACKERS

PROGRAM = 'python -m reincarnating_rl.train'
_SUMMARY = 'Train a student from a teacher.'
_DETAILS = """
Writes checkpoints, scores and a learning curve to --base_dir. Ctrl-C writes a
checkpoint; the same command resumes the run. Flags choose the student, the
teacher and the seed; all other settings are gin's.
"""
_EXAMPLES = (
  r"""--agent qdagger_dqn \
    --gin_files configs/qdagger_dqn.gin --base_dir runs/pong \
    --teacher_checkpoint_dir teacher_ckpts/Pong/1""",
  r"""--agent dqn \
    --gin_files configs/minatar/dqn.gin --base_dir runs/breakout \
    --gin_bindings "Runner.num_iterations=5" --run_number 2""",
)


def create_parser(program: str = PROGRAM) -> Parser:
  """Makes the parser; its flags also have absl's spellings.

  `program` is what a user types before the flags.
  """
  parser = AbslParser(
    program, summary=_SUMMARY, details=_DETAILS, examples=_EXAMPLES
  )
  _add_student(parser)
  _add_teacher(parser)
  _add_run(parser)
  _add_debugging(parser)
  return parser


def _add_student(parser: Parser) -> None:
  group = parser.add_argument_group(
    'student', help_text.agents_help(METHODS.values(), STUDENTS.values())
  )
  group.add_argument(
    '--agent', metavar='NAME', required=True, help='The student; see above.'
  )


def _add_teacher(parser: Parser) -> None:
  kinds = (*teacher_kinds.TEACHER_KINDS, teacher_kinds.CLONE)
  add = shared_flags.add_teacher(parser, kinds)
  add(
    '--teacher_checkpoint_dir',
    metavar='PATH',
    type=not_empty,
    help='A directory that holds checkpoints/, such as the --base_dir of a '
    'run, or a file of CleanRL, Stable-Baselines3 or PyTorch.',
  )
  add(
    '--teacher_checkpoint_file_prefix',
    metavar='PREFIX',
    default='ckpt',
    help='Checkpoints are files PREFIX.NUMBER; tf_ckpt stands for those of '
    'TensorFlow.',
  )
  add(
    '--teacher_replay_dir',
    metavar='PATH',
    type=not_empty,
    help="The teacher's replay, or data of another tool: Minari, D4RL, .npz, "
    'a replay buffer. RunnerWithTeacher.teacher_data says how it is used. '
    'Default: --teacher_checkpoint_dir, if it holds one. Without that, the '
    'data alone are the teacher, or what --teacher_agent clone makes of them.',
  )


def _add_run(parser: Parser) -> None:
  add = parser.add_argument_group('run').add_argument
  add(
    '--base_dir',
    metavar='DIR',
    type=not_empty,
    required=True,
    help='Where the run is written, and resumed from.',
  )
  add(
    '--run_number',
    metavar='N',
    type=number(int, 0, MOST_SEED),
    default=1,
    help='Seed of the whole run. Runs with the same seed are equal.',
  )
  add(
    '--num_seeds',
    metavar='N',
    type=number(int, 1),
    help='Train N seeds in one program, from --run_number on; seed S is '
    'written to BASE_DIR/S. For games that are JAX programs: MinAtar.',
  )
  add(
    '--track',
    metavar='TRACKER',
    choices=tuple(TRACKERS),
    help='Also send metrics, settings, lineage and scores to a tracker: '
    f'{", ".join(TRACKERS)}. Each has an extra to install; docs/reports.md.',
  )
  shared_flags.add_settings(add, 'student')


def _add_debugging(parser: Parser) -> None:
  add = parser.add_argument_group('debugging').add_argument
  add('--disable_jit', action=Switch, help='Run JAX without compilation.')
  add(
    '--alsologtostderr', action=Switch, help='Log messages of level INFO, too.'
  )
  add(
    '--verbosity',
    '-v',
    metavar='LEVEL',
    type=int,
    help='Least important level to log: -2 errors, -1 warnings, 0 infos, 1 all '
    'and the traceback of a mistake. Default: 0 with --alsologtostderr, else '
    '-1.',
  )
