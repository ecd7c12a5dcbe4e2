"""Whether the teacher's data are read from disk or played anew."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.support.errors import UserError

TOPPED_UP = 'topped_up'
Choice = Literal['auto', 'stored', 'topped_up', 'collected']
_PLAY = 'To have the teacher play: RunnerWithTeacher.teacher_data="collected".'


class TeacherDataSource(NamedTuple):
  """Where the teacher's data come from.

  `replay` is None where the teacher plays; and where an earlier process has
  read it, so that a checkpoint has what it holds.
  """

  phase: Phase  # LOAD or COLLECT, with which they begin
  replay: ExternalReplay | None = None
  is_topped_up: bool = False  # whether the teacher plays what LOAD lacks


def look_for(
  choice: Choice, find: Callable[[], ExternalReplay | None]
) -> ExternalReplay | None:
  """Looks for the replay that the teacher left, unless it is not wanted.

  Args:
    choice: what is asked for.
    find: looks for it.

  Raises:
    UserError: there is no replay where one is asked for.
  """
  replay = None if choice == 'collected' else find()
  if replay is None and choice == 'stored':
    raise UserError(
      "RunnerWithTeacher.teacher_data is 'stored', and the teacher's directory "
      'has no replay: name one with --teacher_replay_dir.'
    )
  return replay


def decide(
  choice: Choice,
  find: Callable[[], ExternalReplay | None],
  teacher_steps: int,
  *,
  earlier: Phase | None = None,
  can_play: bool = True,
) -> TeacherDataSource:
  """Decides where the teacher's data come from, and says so.

  Args:
    choice: what is asked for. 'auto' takes a stored replay, however small; the
      teacher plays only where there is none.
    find: looks for the replay that the teacher left.
    teacher_steps: how many steps are asked for.
    earlier: what the run that is being resumed has done for its data, to which
      'auto' and 'topped_up' keep; None if nothing yet.
    can_play: whether there is a teacher who could; else there are data alone.

  Raises:
    UserError: there is no replay where one is asked for, its files are damaged,
      or nobody can play where that is asked for.
  """
  if not can_play and choice in ('collected', TOPPED_UP):
    raise UserError(
      f'RunnerWithTeacher.teacher_data is {choice!r}, and there are data '
      "alone, of nobody who could play: set it to 'stored'."
    )
  if choice == 'collected' or (choice != 'stored' and earlier is Phase.COLLECT):
    return TeacherDataSource(Phase.COLLECT)
  is_topped_up = choice == TOPPED_UP
  if earlier is Phase.LOAD:  # What was read is in the checkpoint.
    return TeacherDataSource(Phase.LOAD, None, is_topped_up)
  try:
    replay = look_for(choice, find)
    entries = replay.inspect().entries if replay else 0
  except UserError as error:
    raise UserError(f'{error} {_PLAY}' if can_play else str(error)) from error
  if replay is None:
    print(
      f"Teacher's data: it left no replay, so it plays {teacher_steps:,} steps "
      '(RunnerWithTeacher.teacher_steps).'
    )
    return TeacherDataSource(Phase.COLLECT)
  told = _told(replay, entries, teacher_steps, is_topped_up, can_play)
  print(f"Teacher's data: {told}")
  return TeacherDataSource(Phase.LOAD, replay, is_topped_up)


def _told(
  replay: ExternalReplay,
  entries: int,
  wanted: int,
  is_topped_up: bool,
  can_play: bool,
) -> str:
  if entries >= wanted:
    return (
      f'the newest {wanted:,} of {entries:,} steps of the {replay.describe()} '
      '(RunnerWithTeacher.teacher_steps).'
    )
  told = f'all {entries:,} steps of the {replay.describe()}'
  if not can_play:
    return f'{told}.'
  if is_topped_up:
    return f'{told}; the teacher plays the rest of {wanted:,}.'
  return (
    f'{told}. To have the teacher play the rest of {wanted:,} steps: '
    f"RunnerWithTeacher.teacher_data='{TOPPED_UP}'."
  )
