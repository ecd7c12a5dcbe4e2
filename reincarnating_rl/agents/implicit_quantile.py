"""Students of implicit quantiles: tabula rasa, and one of each method."""

from typing import Any

import gin
import jax
import jax.numpy as jnp
from dopamine.jax.agents.implicit_quantile import implicit_quantile_agent

from reincarnating_rl.agents import dopamine_settings
from reincarnating_rl.agents.qdagger import QDagger
from reincarnating_rl.agents.reincarnation import ReincarnationMixin
from reincarnating_rl.agents.reloading import Reloading
from reincarnating_rl.learner.td_losses import (
  TDLoss,
  implicit_quantile_td,
)
from reincarnating_rl.learner.types import (
  Array,
  Params,
  SampledQuantileOutput,
)
from reincarnating_rl.replay.frame_store import FrameStore

_AGENT = 'JaxImplicitQuantileAgent'


@gin.configurable(denylist=['num_actions', 'seed'])
class ReincarnatingImplicitQuantileAgent(
  ReincarnationMixin,
  dopamine_settings.TakesDQNSettings,
  implicit_quantile_agent.JaxImplicitQuantileAgent,
  dopamine_settings.HandedDQNSettings,
):
  """Dopamine's IQN on our replay and update (Dabney et al. 2018b).

  It acts, in evaluation too, by means over `num_quantile_samples` fractions
  that are drawn for each action. A teacher's term compares with the means over
  the `num_tau_samples` fractions of the TD loss, of the same forward pass.

  `JaxImplicitQuantileAgent.replay_scheme` is `uniform`, as in the paper, or
  `prioritized`, with the losses weighted as in Rainbow. Dopamine takes either
  and draws uniformly.
  """

  network_parameter = f'{_AGENT}.network'
  teacher_kind = 'implicit_quantile'
  _network_fields = ('quantile_embedding_dim',)
  _key_per_state = True

  @property
  def _double_dqn(self) -> bool:
    return self.double_dqn

  def _build_replay_buffer(self) -> FrameStore:
    # Dopamine's constructor does not keep it.
    bound = gin.get_bindings(_AGENT)
    self._replay_scheme = bound.get('replay_scheme', 'prioritized')
    return super()._build_replay_buffer()

  def _build_networks_and_optimizer(self) -> None:
    names = (*self._sample_sizes, 'quantile_embedding_dim')
    dopamine_settings.check_counts(
      _AGENT, **{name: getattr(self, name) for name in names}
    )
    dopamine_settings.check_positive(_AGENT, kappa=self.kappa)
    super()._build_networks_and_optimizer()

  def _make_td_loss(self) -> TDLoss:
    return implicit_quantile_td(self.kappa)

  @property
  def _sample_sizes(self) -> dict[str, int]:
    return {
      'num_tau_samples': self.num_tau_samples,
      'num_tau_prime_samples': self.num_tau_prime_samples,
      'num_quantile_samples': self.num_quantile_samples,
    }

  @property
  def identity(self) -> dict[str, Any]:
    """What may not differ when a run is resumed, JSON-able."""
    return super().identity | {'kappa': self.kappa} | self._sample_sizes

  def _network_arguments(self, key: Array, eval_mode: bool) -> dict[str, Any]:
    del eval_mode
    return {'quantiles': _fractions(key, self.num_quantile_samples)}

  def _output_shapes(self) -> dict[str, tuple[int, ...]]:
    quantiles = (self.num_actions, self.num_quantile_samples)
    return super()._output_shapes() | {'quantiles': quantiles}

  def _online_output(
    self, params: Params, state: Array, key: Array
  ) -> SampledQuantileOutput:
    return self._at(params, state, _fractions(key, self.num_tau_samples))

  def _next_output(
    self, params: Params, state: Array, key: Array
  ) -> SampledQuantileOutput:
    """Returns quantiles at N' fractions, and means over others to choose by."""
    # In the order of Dopamine, so that the two can be compared.
    _, choice_key, target_key = jax.random.split(key, 3)
    num_choice = self.num_quantile_samples
    choice = _fractions(choice_key, num_choice)
    target = _fractions(target_key, self.num_tau_prime_samples)
    # One pass, for the features of the state are the same.
    output = self._at(params, state, jnp.concatenate([choice, target]))
    return SampledQuantileOutput(
      output.quantiles[:, :num_choice].mean(axis=1),
      output.quantiles[:, num_choice:],
      target,
    )

  def _at(
    self, params: Params, state: Array, fractions: Array
  ) -> SampledQuantileOutput:
    state = self.preprocess_fn(state)
    output = self.network_def.apply(params, state, quantiles=fractions)
    return SampledQuantileOutput(output.q_values, output.quantiles, fractions)


def _fractions(key: Array, number: int) -> Array:
  return jax.random.uniform(key, (number,))


@gin.configurable(denylist=['num_actions', 'seed'])
class QDaggerImplicitQuantileAgent(QDagger, ReincarnatingImplicitQuantileAgent):
  """QDagger's IQN student; `QDaggerImplicitQuantileAgent.distill_*` wean it."""


@gin.configurable(denylist=['num_actions', 'seed'])
class ReloadedImplicitQuantileAgent(
  Reloading, ReincarnatingImplicitQuantileAgent
):
  """An IQN that begins as its teacher is, and is fine-tuned."""
