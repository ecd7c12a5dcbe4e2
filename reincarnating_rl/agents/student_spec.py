"""What a student is to be."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from reincarnating_rl.agents.torso import Torso
from reincarnating_rl.learner.terms import SECOND, Term, any_reads
from reincarnating_rl.learner.weaning import can_wean
from reincarnating_rl.methods.method import Method
from reincarnating_rl.replay.mixed_replay import exact_share
from reincarnating_rl.students import StudentKind
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import Teacher, actions_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class StudentSpec:
  """What a student is to be, beside what Dopamine's agent holds.

  Attributes:
    method: the entry of `methods.table.METHODS`.
    settings: of the method.
    kind: the entry of `students.STUDENTS`.
    teacher: or None.
    learning_rate: see `weaner.Weaner`.
    final_learning_rate: see `weaner.Weaner`.
    replay_capacity: frames.
    batch_size: B.
    augments: whether states are augmented in an update.
    torso_from: where the torso's first parameters are; None for new ones.
    freezes_torso: whether these stay what they are.
    torso: what was read there.
    num_environments: in which the student acts at a time.
    replay_on_device: whether updates gather from the device's memory.
  """

  method: Method
  settings: Any
  kind: StudentKind
  teacher: Teacher | None
  learning_rate: float
  final_learning_rate: float | None
  replay_capacity: int
  batch_size: int
  augments: bool
  torso_from: str | None = None
  freezes_torso: bool = False
  torso: Torso | None = None
  num_environments: int = 1
  replay_on_device: bool = False

  def check_teacher(self) -> None:
    """Refuses a teacher whose actions are of the other kind.

    Raises:
      UserError: naming both.
    """
    if self.teacher is None:
      return
    actions = actions_of(self.teacher)
    if actions.kind != self.kind.actions:
      raise UserError(
        f'The teacher has {actions}, and a {self.kind.title} student '
        f'{self.kind.actions} ones: choose a student of the same kind.'
      )

  def check(self, terms: Sequence[Term], schedule: str) -> None:
    """Refuses settings that count for nothing, or have nothing to read.

    Args:
      terms: of the student's objective.
      schedule: by which it is weaned.

    Raises:
      UserError: naming the setting.
    """
    first, final = self.learning_rate, self.final_learning_rate
    is_weaned = any(t.is_weaned and t.weight for t in terms) and can_wean(
      schedule, self.method.weaning(self.settings)
    )
    if final is not None and final != first and not is_weaned:
      raise UserError(
        f'Student.final_learning_rate is {final}, and this agent is never '
        'weaned: bind Student.learning_rate alone.'
      )
    share = self.method.teacher_data_ratio(self.settings)
    is_exact = self.method.exact_share(self.settings)
    if is_exact and share and not exact_share(share, self.batch_size):
      raise UserError(
        f'{self.method.gin_name}.teacher_data_ratio is {share}, which is no '
        f'element of a batch of {self.batch_size}: raise it, or '
        'Student.batch_size, or set exact_share = False.'
      )
    if share and self.replay_on_device:
      raise UserError(
        f'Student.replay_on_device is True, and {self.method.title} mixes the '
        "teacher's data into each batch, on the host: leave it out."
      )
    has_second = self.method.second_horizon(self.settings) is not None
    if has_second != any_reads(terms, SECOND):
      raise ValueError(
        f'The terms of {self.method.title} and its second_horizon disagree.'
      )
