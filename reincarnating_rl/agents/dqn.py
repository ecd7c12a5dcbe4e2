"""DQN students: tabula rasa, and one of each method."""

import gin
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.agents.dqfd import DQfD
from reincarnating_rl.agents.jsrl import JSRL
from reincarnating_rl.agents.pretraining import Pretraining
from reincarnating_rl.agents.qdagger import (
  Dagger,
  Kickstarting,
  QDagger,
  QLDagger,
)
from reincarnating_rl.agents.rehearsal import Rehearsal
from reincarnating_rl.agents.reincarnation import ReincarnationMixin
from reincarnating_rl.agents.reloading import Reloading
from reincarnating_rl.learner.td_losses import (
  TDLoss,
  scalar_td,
)


@gin.configurable(denylist=['num_actions', 'seed'])
class ReincarnatingDQNAgent(ReincarnationMixin, dqn_agent.JaxDQNAgent):
  """Dopamine's DQN on our replay and update; trained tabula rasa as it is."""

  network_parameter = 'JaxDQNAgent.network'
  teacher_kind = 'dqn'

  def __init__(
    self, num_actions: int, *, seed: int, double_dqn: bool = False
  ) -> None:
    """Builds the student; `Student.*` and `JaxDQNAgent.*` set the rest.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.
      double_dqn: whether the online network selects the target's action.
    """
    self._double_dqn = double_dqn
    super().__init__(num_actions, seed=seed)

  def _make_td_loss(self) -> TDLoss:
    return scalar_td(self._loss_type)


@gin.configurable(denylist=['num_actions', 'seed'])
class QDaggerDQNAgent(QDagger, ReincarnatingDQNAgent):
  """QDagger's DQN student; `QDaggerDQNAgent.distill_*` wean it."""


class KickstartingDQNAgent(Kickstarting, QDaggerDQNAgent):
  """Kickstarting for DQN; set by `QDaggerDQNAgent.distill_*`."""


class QLDaggerDQNAgent(QLDagger, QDaggerDQNAgent):
  """QL + Dagger for DQN; set by `QDaggerDQNAgent.distill_*`."""


class DaggerDQNAgent(Dagger, QDaggerDQNAgent):
  """Dagger for DQN; set by `QDaggerDQNAgent.distill_*`."""


@gin.configurable(denylist=['num_actions', 'seed'])
class DQfDDQNAgent(DQfD, ReincarnatingDQNAgent):
  """DQfD's DQN student; `margin*` say what the teacher asks of it."""


@gin.configurable(denylist=['num_actions', 'seed'])
class PretrainedDQNAgent(Pretraining, ReincarnatingDQNAgent):
  """Pretraining's DQN student; `cql_*` set its offline phase."""


@gin.configurable(denylist=['num_actions', 'seed'])
class RehearsalDQNAgent(Rehearsal, ReincarnatingDQNAgent):
  """Rehearsal's DQN student; `teacher_data_ratio` is rho."""


@gin.configurable(denylist=['num_actions', 'seed'])
class JSRLDQNAgent(JSRL, ReincarnatingDQNAgent):
  """JSRL's DQN student; the teacher begins its episodes."""


@gin.configurable(denylist=['num_actions', 'seed'])
class ReloadedDQNAgent(Reloading, ReincarnatingDQNAgent):
  """A DQN that begins as its teacher is, and is fine-tuned."""
