"""What every student shares, whatever Dopamine agent it extends.

A student differs from its Dopamine base in its objective, in the replay it
keeps and in where its batches come from; never in a copy of the training loop.
"""

import gin

from reincarnating_rl.agents import (
  behavior,
  construction,
  network_fit,
  snapshots,
  updating,
  weaning,
)
from reincarnating_rl.learner.terms import TeacherTerm
from reincarnating_rl.support.errors import UserError


@gin.configurable('Student', denylist=['num_actions', 'seed'])
class ReincarnationMixin(
  construction.Construction,
  behavior.StudentActs,
  updating.StudentLearns,
  weaning.Weaning,
  snapshots.Snapshots,
):
  """Teacher, coefficients, batches and snapshots over a Dopamine JAX agent.

  Subclasses put it before the Dopamine class and say what their head is: its
  loss in `_make_td_loss`, how the network is called in `_network_arguments`.

  Attributes:
    network_parameter: gin's name of the network.
    teacher_kind: a key of `teachers.kinds.KINDS`, of what it can become.
    needs_teacher: whether the method is none without one.
    learns_offline_only: whether the teacher is no use to it online.
    starts_from_teacher: whether it begins as the teacher is.
    distill_coefficient: lambda, the weight of the teacher now.
    training_steps: environment steps taken online.
    pretraining_updates: gradient updates made offline.
    online_updates: gradient updates made online.
    teacher: whose logits label the states, or None.
  """

  network_parameter: str
  teacher_kind: str
  needs_teacher = False
  learns_offline_only = False
  starts_from_teacher = False
  _initial_distill_coefficient = 0.0
  _teacher_term: TeacherTerm | None = None
  _td_coefficient = 1.0
  _double_dqn = False
  _num_updates_per_train_step = 1

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    learning_rate: float = 6.25e-5,
    final_learning_rate: float | None = None,
    replay_capacity: int = 1_000_000,
    batch_size: int = 32,
    data_augmentation: bool = False,
  ) -> None:
    """Builds the student; bindings of its Dopamine class set the rest.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.
      learning_rate: of the optimiser; while the teacher is followed in full,
        where there is one.
      final_learning_rate: once weaned; None keeps `learning_rate`.
      replay_capacity: frames in the student's replay.
      batch_size: elements per update.
      data_augmentation: whether states are shifted and scaled at random in an
        update, as in DrQ; for images.

    Raises:
      UserError: a setting makes no sense, or the network does not fit.
    """
    if batch_size < 1:
      raise UserError(f'Student.batch_size is {batch_size}: at least 1.')
    self._initial_learning_rate = learning_rate
    self._final_learning_rate = (
      learning_rate if final_learning_rate is None else final_learning_rate
    )
    self._replay_capacity = replay_capacity
    self._batch_size = batch_size
    self._data_augmentation = data_augmentation
    network_fit.check_fields(
      self.network_parameter, ['num_actions', *self._network_fields]
    )
    super().__init__(num_actions, seed=seed)
