"""Flags that `train` and the teachers' commands have in common."""

import argparse
from collections.abc import Callable, Sequence

from reincarnating_rl.cli import help_text
from reincarnating_rl.cli.command_line import Parser
from reincarnating_rl.cli.flag_values import not_empty, number
from reincarnating_rl.cli.teacher_kinds import TEACHER_KINDS, TeacherKind

Add = Callable[..., argparse.Action]
"""`add_argument` of a parser or of a group."""


def add_teacher(
  parser: Parser, kinds: Sequence[TeacherKind] = TEACHER_KINDS
) -> Add:
  """Adds which kind of teacher it is, and which of its checkpoints.

  Args:
    parser: of the command.
    kinds: that the command takes; help has a table of them.

  Returns:
    What adds more flags to the same group.
  """
  add = parser.add_argument_group(
    'teacher', f'Kinds of teachers:\n{help_text.table(kinds)}'
  ).add_argument
  add(
    '--teacher_agent',
    metavar='KIND',
    default='auto',
    help='Kind of the teacher; see above.',
  )
  add(
    '--teacher_checkpoint_number',
    metavar='N',
    type=number(int, 0),
    help='Which checkpoint. Default: the newest.',
  )
  return add


def add_settings(add: Add, whose: str) -> None:
  """Adds gin's files and bindings, and where Atari's ROMs are.

  Args:
    add: adds a flag to their group.
    whose: network a reference alone among the bindings is.
  """
  add(
    '--gin_files',
    metavar='FILE',
    type=not_empty,
    action='append',
    default=[],
    help='Configuration: a path, or the name of a shipped file, such as '
    'qdagger_dqn.gin.',
  )
  add(
    '--gin_bindings',
    metavar='BINDING',
    action='append',
    default=[],
    help='A setting that overrides --gin_files, such as '
    '"JaxDQNAgent.stack_size=4". A reference alone, such as '
    f"@reincarnation_networks.ImpalaDQNNetwork, is the {whose}'s network.",
  )
  add(
    '--atari_roms_path',
    metavar='DIR',
    type=not_empty,
    help="Directory of Atari ROMs. Default: ale-py's own.",
  )


def add_workers(add: Add, what: str) -> None:
  """Adds how many processes work, and where.

  Args:
    add: adds a flag to their group.
    what: they do, such as 'Runs'.
  """
  add(
    '--processes',
    metavar='N',
    type=number(int, 1),
    help=f'{what} at a time, each on one core. Default: one for each core.',
  )
  add(
    '--ray_address',
    metavar='ADDRESS',
    help='A Ray cluster, HOST:PORT, or auto for the one that this machine '
    'belongs to. Default: this machine alone.',
  )


def add_episodes(add: Add, default: int) -> None:
  """Adds which episodes are played, and how.

  Args:
    add: adds a flag to their group.
    default: how many.
  """
  add(
    '--episodes',
    metavar='N',
    type=number(int, 1),
    default=default,
    help='Episodes to play.',
  )
  add_play(add)


def add_play(add: Add) -> None:
  """Adds how a teacher plays."""
  add(
    '--epsilon',
    metavar='P',
    type=number(float, 0, 1),
    default=0.001,
    help='Probability of a random action.',
  )
  add(
    '--seed',
    metavar='N',
    type=number(int, 0),
    default=0,
    help='Seed of the episodes.',
  )
  add(
    '--max_steps_per_episode',
    metavar='N',
    type=number(int, 1),
    help='Steps after which an episode is cut. Default: as in gin '
    "(Runner), or the game's own time limit.",
  )
