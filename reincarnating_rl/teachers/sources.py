"""Where a teacher comes from, and what it left on disk."""

import os
from typing import NamedTuple

from reincarnating_rl.importers import external_replay
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import perciatelli, recognition, training_state
from reincarnating_rl.teachers.base import Teacher
from reincarnating_rl.teachers.training_state import TrainingState


class TeacherSettings(NamedTuple):
  """Which teacher, from where."""

  agent: str = 'auto'
  checkpoint_dir: str | None = None
  checkpoint_number: int | None = None
  checkpoint_file_prefix: str = 'ckpt'
  replay_dir: str | None = None

  @property
  def is_data_alone(self) -> bool:
    """Whether there is a replay, and nobody who could be asked."""
    return (
      self.agent == recognition.AUTO
      and self.checkpoint_dir is None
      and self.replay_dir is not None
    )

  def anywhere(self) -> 'TeacherSettings':
    """Returns the same, of paths that hold in every working directory."""
    return self._replace(
      **{
        name: path and os.path.abspath(os.path.expanduser(path))
        for name in ('checkpoint_dir', 'replay_dir')
        for path in [getattr(self, name)]
      }
    )


def find_teacher_replay(settings: TeacherSettings) -> ExternalReplay | None:
  """Finds the replay that a teacher left.

  Args:
    settings: which teacher.

  Returns:
    The replay in the directory that is given for it, or else in the teacher's,
    that of the teacher's number if there is one; None if the latter has none.

  Raises:
    MissingFileError: the directory that is given has none.
    DamagedFileError: one that had to be looked into is damaged.
  """
  if settings.replay_dir is not None:
    return external_replay.choose(os.path.expanduser(settings.replay_dir))
  if settings.checkpoint_dir is None:
    return None
  teacher = os.path.expanduser(settings.checkpoint_dir)
  return external_replay.beside(teacher, settings.checkpoint_number)


def read_teacher_state(
  settings: TeacherSettings, teacher: Teacher
) -> TrainingState:
  """Reads what a student begins with that is fine-tuned.

  Args:
    settings: which teacher.
    teacher: as it was made of them; a newer checkpoint may be there by now.

  Returns:
    The state of the same checkpoint.

  Raises:
    UserError: it has none that training could go on from.
  """
  if settings.agent == perciatelli.NAME:
    return training_state.of_params(perciatelli.load())
  if settings.checkpoint_dir is None:
    raise UserError(
      f'A {settings.agent} teacher has nothing to fine-tune: name one with '
      '--teacher_checkpoint_dir.'
    )
  return training_state.read(
    settings.checkpoint_dir,
    teacher.lineage.get('checkpoint_number', settings.checkpoint_number),
    settings.checkpoint_file_prefix,
  )
