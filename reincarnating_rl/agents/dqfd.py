"""DQfD: TD and a large margin on the teacher's action, weaned by score."""

from reincarnating_rl.agents.weaning import WeanedByScore
from reincarnating_rl.learner.terms import large_margin


class DQfD(WeanedByScore):
  """DQfD (Hester et al. 2018), before any student's class.

  https://arxiv.org/abs/1704.03732, as Agarwal et al. 2022 compare with it: the
  action to prefer is what the teacher would do, offline and online; online
  batches are the student's own. Neither L2 regularization nor a second n-step
  loss is added. lambda multiplies the margin once, where the official code did
  twice.
  """

  needs_teacher = True

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    margin_coefficient: float = 1.0,
    margin: float = 1.0,
    margin_type: str = 'mean',
    margin_decay_period: int = 1_500_000,
  ) -> None:
    """Builds the student; the defaults are the values of the paper's runs.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.
      margin_coefficient: lambda_0, weight of the margin at the start.
      margin: by which the teacher's action is to lead.
      margin_type: `mean` over actions, the paper's; or `max`, that of Hester et
        al. 2018.
      margin_decay_period: online steps after which the teacher is dropped.
    """
    self._initial_distill_coefficient = margin_coefficient
    self._teacher_term = large_margin(margin_type, margin=margin)
    self._decay_period = margin_decay_period
    super().__init__(num_actions, seed=seed)
