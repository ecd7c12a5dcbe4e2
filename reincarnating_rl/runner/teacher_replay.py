"""Whether the teacher's data are read from disk or played anew."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.support.errors import UserError

Choice = Literal['auto', 'stored', 'collected']
_PLAY = 'To have the teacher play: RunnerWithTeacher.teacher_data="collected".'


class TeacherDataSource(NamedTuple):
  """Where the teacher's data come from.

  `replay` is None where the teacher plays; and where its replay, which an
  earlier process has read, is not there any more.
  """

  phase: Phase  # LOAD or COLLECT
  replay: ExternalReplay | None = None


def look_for(
  choice: Choice, find: Callable[[], ExternalReplay | None]
) -> ExternalReplay | None:
  """Looks for the replay that the teacher left, unless it is not wanted.

  Args:
    choice: what is asked for.
    find: looks for it.

  Raises:
    UserError: there is no such choice, or no replay where one is asked for.
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
) -> TeacherDataSource:
  """Decides where the teacher's data come from, and says so.

  Args:
    choice: what is asked for. 'auto' takes a stored replay that has as many
      steps as are asked for.
    find: looks for the replay that the teacher left.
    teacher_steps: how many steps are asked for.
    earlier: what the run that is being resumed has done for its data, to which
      'auto' keeps; None if nothing yet.

  Raises:
    UserError: there is no such choice, no replay where one is asked for, or
      its files are damaged.
  """
  if choice == 'collected' or (choice, earlier) == ('auto', Phase.COLLECT):
    return TeacherDataSource(Phase.COLLECT)
  if earlier is Phase.LOAD:
    return TeacherDataSource(Phase.LOAD)  # What was read is in the checkpoint.
  try:
    replay = look_for(choice, find)
    entries = replay.inspect().entries if replay else 0
  except UserError as error:
    raise UserError(f'{error} {_PLAY}') from error
  if replay is None:
    return TeacherDataSource(Phase.COLLECT)
  if choice == 'auto' and entries < teacher_steps:
    print(
      f'The teacher will play: its {replay.describe()}, holds {entries:,} '
      f'steps, and {teacher_steps:,} are asked for. To learn from those all '
      'the same: RunnerWithTeacher.teacher_data="stored".'
    )
    return TeacherDataSource(Phase.COLLECT)
  newest = min(teacher_steps, entries)
  print(
    f"Teacher's data: the newest {newest:,} of {entries:,} steps of the "
    f'{replay.describe()} (RunnerWithTeacher.teacher_steps).'
  )
  return TeacherDataSource(Phase.LOAD, replay)
