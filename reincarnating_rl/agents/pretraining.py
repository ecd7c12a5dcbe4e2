"""Pretraining: conservative Q-learning offline, plain TD online."""

from reincarnating_rl.learner.terms import conservatism
from reincarnating_rl.support.errors import UserError


class Pretraining:
  """Pretraining (Agarwal et al. 2022, section 4), before any student's class.

  Offline RL on the teacher's data, then RL. Offline the loss is `TD + lambda
  CQL`, with `Student.learning_rate`. At the switch lambda becomes 0, the
  learning rate `Student.final_learning_rate`, the target is synced and the
  optimiser begins anew: the loss is another one.
  """

  needs_teacher = True
  learns_offline_only = True

  def __init__(
    self,
    num_actions: int,
    *,
    seed: int,
    cql_coefficient: float = 1.0,
    cql_temperature: float = 0.1,
  ) -> None:
    """Builds the student; the defaults are the values of the paper's runs.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.
      cql_coefficient: lambda, weight of the regularizer offline.
      cql_temperature: tau of the student's policy in it.

    Raises:
      UserError: the coefficient is not positive.
    """
    if not cql_coefficient > 0.0:
      raise UserError(
        f'{type(self).__name__}.cql_coefficient is {cql_coefficient}: it must '
        'be positive, for it tells offline from online; 1e-9 is as good as '
        'none.'
      )
    self._initial_distill_coefficient = cql_coefficient
    self._teacher_term = conservatism(temperature=cql_temperature)
    super().__init__(num_actions, seed=seed)

  def finish_pretraining(self) -> None:
    """Goes over to plain TD, once; to do it again changes nothing."""
    super().finish_pretraining()
    self.optimizer_state = self.optimizer.init(self.online_params)
    self.set_distill_coefficient(0.0)
