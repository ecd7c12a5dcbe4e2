"""From names to a teacher: a checkpoint, a policy, data, or a clone of data."""

from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs import facts
from reincarnating_rl.envs.games import Game
from reincarnating_rl.runner import cloned_teacher, observations, pairing
from reincarnating_rl.settings import gin_names
from reincarnating_rl.teachers import clone
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.teachers.data_teacher import DataTeacher
from reincarnating_rl.teachers.sources import (
  TeacherSettings,
  find_teacher_replay,
)


def create_teacher(
  settings: TeacherSettings,
  game: Game,
  *,
  needed: bool,
  student: type[Student] | None = None,
  folder: str | None = None,
) -> Teacher | None:
  """Makes the teacher for a game.

  Args:
    settings: which one.
    game: that it must know how to play.
    needed: whether doing without is an error.
    student: class of the one that it is to teach.
    folder: of the clone where one is asked for, which is made if it is not
      there.

  Returns:
    The teacher; None where none is named and none is needed.

  Raises:
    UserError: there is none, or one of the two does not fit the game.
  """
  if not needed and settings == TeacherSettings():
    return None
  environment = game.create_environment()
  try:
    pairing.check(student, environment)
    shape = environment.observation_space.shape
    stack_size = observations.stack_size(game, student and student.kind)
    if settings.is_data_alone:
      replay = find_teacher_replay(settings)
      if student is not None:
        pairing.check_policy(student, replay.describe())
      return DataTeacher(replay, environment.actions, shape, stack_size)
    if settings.agent == clone.NAME:
      settings = cloned_teacher.find_or_make(
        settings, folder, game=game, environment=environment, student=student
      )
    return gin_names.create_teacher(
      settings.agent,
      settings.checkpoint_dir,
      actions=environment.actions,
      observation_shape=shape,
      stack_size=stack_size,
      checkpoint_number=settings.checkpoint_number,
      checkpoint_file_prefix=settings.checkpoint_file_prefix,
      game_actions=environment.action_meanings,
      game_name=game.name,
      are_pixels=facts.are_pixels(environment.observation_space),
    )
  finally:
    environment.close()
