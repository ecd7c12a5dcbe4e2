"""QDagger, and what is left of it: TD and distillation, weaned or not."""

from reincarnating_rl.agents.weaning import WeanedByScore
from reincarnating_rl.learner.terms import distill
from reincarnating_rl.support.errors import UserError


class QDagger(WeanedByScore):
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
    distill_floor: float = 0.0,
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
      distill_floor: the least lambda before that time, a fraction of lambda_0.
        The paper has none; it is for budgets in which a student that passes its
        teacher cannot yet do without.

    Raises:
      UserError: the floor is no fraction.
    """
    if not 0.0 <= distill_floor <= 1.0:
      raise UserError(
        f'{type(self).__name__}.distill_floor is {distill_floor}: it is a '
        'fraction of the first coefficient, from 0 to 1.'
      )
    self._initial_distill_coefficient = distill_loss_coefficient
    self._teacher_term = distill(distill_type, temperature=distill_temperature)
    self._decay_period = distill_decay_period
    self._latch = distill_latch
    self._floor = distill_floor
    super().__init__(num_actions, seed=seed)


class Kickstarting(QDagger):
  """QDagger without its offline phase (Schmitt et al. 2018).

  https://arxiv.org/abs/1803.03835; the teacher speaks on the student's states
  from the first.
  """

  learns_offline = False


class QLDagger(QDagger):
  """TD and distillation in both phases, never weaned.

  The ablation "QL + Dagger" of Agarwal et al. 2022: lambda and the learning
  rate stay at their first values, whatever the score and the decay period.
  """

  def record_score(self, normalized_score: float) -> None:
    """Leaves lambda as it is."""
    del normalized_score


class Dagger(QLDagger):
  """Distillation alone (Ross et al. 2011, https://arxiv.org/abs/1011.0686).

  The student learns what the teacher would do, on the teacher's states offline
  and on its own online, and nothing from rewards. TD losses are still reported,
  and priorities made of them.
  """

  _td_coefficient = 0.0
