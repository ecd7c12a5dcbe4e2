"""Whether the teacher's data are read from disk or played anew."""

from reincarnating_rl.errors import UserError
from reincarnating_rl.replay.stored import StoredReplay

CHOICES = ('auto', 'stored', 'collected')


def decide(
  choice: str, replay: StoredReplay | None, teacher_steps: int
) -> StoredReplay | None:
  """Decides where the teacher's data come from, and says so.

  Args:
    choice: one of `CHOICES`. 'auto' takes a stored replay that has as many
      steps as are asked for.
    replay: that the teacher left, or None.
    teacher_steps: how many steps are asked for.

  Returns:
    The replay to load; None if the teacher is to play.

  Raises:
    UserError: there is no such choice, or no replay where one is asked for.
    DamagedFileError: the replay's files are damaged.
  """
  if choice not in CHOICES:
    raise UserError(
      f'RunnerWithTeacher.teacher_data is {choice!r}: choose one of '
      f'{", ".join(CHOICES)}.'
    )
  if replay is None and choice == 'stored':
    raise UserError(
      "RunnerWithTeacher.teacher_data is 'stored', and the teacher's directory "
      'has no replay: name one with --teacher_replay_dir.'
    )
  if replay is None or choice == 'collected':
    return None
  entries = replay.inspect().entries
  if choice == 'auto' and entries < teacher_steps:
    print(
      f'The teacher will play: its {replay.describe()}, holds {entries:,} '
      f'steps, and {teacher_steps:,} are asked for. To learn from those all '
      'the same: RunnerWithTeacher.teacher_data="stored".'
    )
    return None
  newest = min(teacher_steps, entries)
  print(
    f"Teacher's data: the newest {newest:,} of {entries:,} steps of the "
    f'{replay.describe()} (RunnerWithTeacher.teacher_steps).'
  )
  return replay
