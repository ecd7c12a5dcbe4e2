"""Students of quantile regression: tabula rasa, and one of each method."""

from typing import Any

import gin
from dopamine.jax.agents.quantile import quantile_agent

from reincarnating_rl.agents import dopamine_settings
from reincarnating_rl.agents.qdagger import QDagger
from reincarnating_rl.agents.reincarnation import ReincarnationMixin
from reincarnating_rl.agents.reloading import Reloading
from reincarnating_rl.learner.td_losses import (
  TDLoss,
  quantile_td,
)

_AGENT = 'JaxQuantileAgent'


@gin.configurable(denylist=['num_actions', 'seed'])
class ReincarnatingQuantileAgent(
  dopamine_settings.RequestedReplay,
  ReincarnationMixin,
  dopamine_settings.TakesDQNSettings,
  quantile_agent.JaxQuantileAgent,
  dopamine_settings.HandedDQNSettings,
):
  """Dopamine's QR-DQN on our replay and update (Dabney et al. 2018a).

  `JaxQuantileAgent.replay_scheme` is `uniform`, as in the paper, or
  `prioritized`. Dopamine draws by priority under either name and leaves the
  losses unweighted; here `prioritized` weights them, as in Rainbow.
  """

  network_parameter = 'JaxQuantileAgent.network'
  teacher_kind = 'quantile'
  _network_fields = ('num_atoms',)

  def _build_networks_and_optimizer(self) -> None:
    dopamine_settings.check_counts(_AGENT, num_atoms=self._num_atoms)
    dopamine_settings.check_positive(_AGENT, kappa=self._kappa)
    super()._build_networks_and_optimizer()

  def _make_td_loss(self) -> TDLoss:
    return quantile_td(self._kappa)

  @property
  def identity(self) -> dict[str, Any]:
    """What may not differ when a run is resumed, JSON-able."""
    return super().identity | {'kappa': self._kappa}

  def _output_shapes(self) -> dict[str, tuple[int, ...]]:
    quantiles = (self.num_actions, self._num_atoms)
    return super()._output_shapes() | {'quantiles': quantiles}


@gin.configurable(denylist=['num_actions', 'seed'])
class QDaggerQuantileAgent(QDagger, ReincarnatingQuantileAgent):
  """QDagger's QR-DQN student; `QDaggerQuantileAgent.distill_*` wean it."""


@gin.configurable(denylist=['num_actions', 'seed'])
class ReloadedQuantileAgent(Reloading, ReincarnatingQuantileAgent):
  """A QR-DQN that begins as its teacher is, and is fine-tuned."""
