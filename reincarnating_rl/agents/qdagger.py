"""QDagger: TD and distillation, weaned by the student's own score."""

from reincarnating_rl import schedules
from reincarnating_rl.objectives import Distillation


class QDagger:
  """QDagger (Agarwal et al. 2022, section 4.2), before any student's class.

  It adds `lambda KL(teacher || student)` to the student's loss and lets lambda
  fall with the distance to the teacher's score.
  """

  needs_teacher = True

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    distill_loss_coefficient: float = 3.0,
    distill_temperature: float = 0.1,
    distill_type: str = 'policy',
    distill_decay_period: int = 1_500_000,
    distill_latch: bool = True,
  ) -> None:
    """Builds the student.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.
      distill_loss_coefficient: lambda_0, weight of the teacher at the start.
      distill_temperature: tau of the student's policy.
      distill_type: `policy`, `best_action` or `value`.
      distill_decay_period: online steps after which the teacher is dropped.
      distill_latch: whether lambda stays 0 once it is.
    """
    self._initial_distill_coefficient = distill_loss_coefficient
    self._distillation = Distillation(distill_temperature, distill_type)
    self._distill_decay_period = distill_decay_period
    self._distill_latch = distill_latch
    super().__init__(num_actions, seed=seed)

  def record_score(self, normalized_score: float) -> None:
    """Weans the student after an online iteration's evaluation.

    Args:
      normalized_score: 0 for a random policy, 1 for the teacher.
    """
    self.set_distill_coefficient(
      schedules.distill_coefficient(
        self.distill_coefficient,
        normalized_score,
        initial=self._initial_distill_coefficient,
        online_steps=self.training_steps,
        decay_period=self._distill_decay_period,
        latch=self._distill_latch,
      )
    )
