"""Rainbow students: tabula rasa, and one of each method."""

from typing import Any

import gin
from dopamine.jax.agents.full_rainbow import full_rainbow_agent

from reincarnating_rl.agents import dopamine_settings
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
  categorical_td,
  scalar_td,
)
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.description import (
  Description,
  describe,
)


@gin.configurable(denylist=['num_actions', 'seed'])
class ReincarnatingRainbowAgent(
  dopamine_settings.RequestedReplay,
  ReincarnationMixin,
  full_rainbow_agent.JaxFullRainbowAgent,
):
  """Dopamine's full Rainbow on our replay and update (Hessel et al. 2018).

  `JaxFullRainbowAgent.{noisy,dueling,double_dqn,distributional}` switch its
  parts, `JaxFullRainbowAgent.replay_scheme` is `prioritized` or `uniform`.
  """

  network_parameter = 'JaxFullRainbowAgent.network'
  teacher_kind = 'rainbow'
  _network_fields = ('num_atoms', 'noisy', 'dueling', 'distributional')

  def __init__(self, num_actions: int, *, seed: int) -> None:
    """Builds the student; `Student.*`, `JaxFullRainbowAgent.*` set the rest.

    Args:
      num_actions: A.
      seed: of the network, exploration and replay.

    Raises:
      UserError: a setting of its parts makes no sense.
    """
    _check_support(gin.get_bindings('JaxFullRainbowAgent'))
    super().__init__(num_actions, seed=seed)

  def _make_td_loss(self) -> TDLoss:
    if self._distributional:
      return categorical_td(self._support)
    return scalar_td('mse' if self._mse_loss else 'huber')

  @property
  def identity(self) -> dict[str, Any]:
    """What gives the parameters their meaning, JSON-able."""
    return super().identity | {
      'distributional': self._distributional,
      'atoms from': float(self._support[0]),
      'atoms to': float(self._support[-1]),
    }

  @property
  def description(self) -> Description | None:
    """What a checkpoint says of the network, if that can be said."""
    vmin, vmax = float(self._support[0]), float(self._support[-1])
    if self._distributional and vmin != -vmax:
      return None
    return describe(self.teacher_kind, self.network_def, vmax)

  def _network_arguments(self, key: Array, eval_mode: bool) -> dict[str, Any]:
    return {'support': self._support, 'eval_mode': eval_mode, 'key': key}

  def _output_shapes(self) -> dict[str, tuple[int, ...]]:
    shapes = super()._output_shapes()
    if self._distributional:
      shapes['logits'] = (self.num_actions, self._num_atoms)
    return shapes


def _check_support(settings: dict[str, Any]) -> None:
  """Refuses atoms that no distribution can lie on."""
  num_atoms, vmax = settings.get('num_atoms', 51), settings.get('vmax', 10.0)
  vmin = settings.get('vmin')
  least = 2 if settings.get('distributional', True) else 1
  if not isinstance(num_atoms, int) or num_atoms < least:
    raise UserError(
      f'JaxFullRainbowAgent.num_atoms is {num_atoms!r}: it must be an integer '
      f'of at least {least}, or JaxFullRainbowAgent.distributional False.'
    )
  if vmin == 0.0:
    raise UserError(
      'JaxFullRainbowAgent.vmin is 0, which Dopamine takes for none: write '
      '-1e-6.'
    )
  if not (-vmax if vmin is None else vmin) < vmax:
    raise UserError(
      f'JaxFullRainbowAgent.vmax is {vmax}: it must be above vmin, which is '
      '-vmax where it is not given.'
    )


@gin.configurable(denylist=['num_actions', 'seed'])
class QDaggerRainbowAgent(QDagger, ReincarnatingRainbowAgent):
  """QDagger's Rainbow student; `QDaggerRainbowAgent.distill_*` wean it."""


class KickstartingRainbowAgent(Kickstarting, QDaggerRainbowAgent):
  """Kickstarting for Rainbow; set by `QDaggerRainbowAgent.distill_*`."""


class QLDaggerRainbowAgent(QLDagger, QDaggerRainbowAgent):
  """QL + Dagger for Rainbow; set by `QDaggerRainbowAgent.distill_*`."""


class DaggerRainbowAgent(Dagger, QDaggerRainbowAgent):
  """Dagger for Rainbow; set by `QDaggerRainbowAgent.distill_*`."""


@gin.configurable(denylist=['num_actions', 'seed'])
class DQfDRainbowAgent(DQfD, ReincarnatingRainbowAgent):
  """DQfD's Rainbow student; `margin*` say what the teacher asks of it."""


@gin.configurable(denylist=['num_actions', 'seed'])
class PretrainedRainbowAgent(Pretraining, ReincarnatingRainbowAgent):
  """Pretraining's Rainbow student; `cql_*` set its offline phase."""


@gin.configurable(denylist=['num_actions', 'seed'])
class RehearsalRainbowAgent(Rehearsal, ReincarnatingRainbowAgent):
  """Rehearsal's Rainbow student; `teacher_data_ratio` is rho."""


@gin.configurable(denylist=['num_actions', 'seed'])
class JSRLRainbowAgent(JSRL, ReincarnatingRainbowAgent):
  """JSRL's Rainbow student; the teacher begins its episodes."""


@gin.configurable(denylist=['num_actions', 'seed'])
class ReloadedRainbowAgent(Reloading, ReincarnatingRainbowAgent):
  """A Rainbow that begins as its teacher is, and is fine-tuned."""
