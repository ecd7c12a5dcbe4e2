"""Students with Q-values: which value function, on which Dopamine agent."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reincarnating_rl.students.kind import StudentKind
from reincarnating_rl.support.errors import UserError

# The learner imports JAX, which takes longer than `--help` should: functions
# below import it when they are called.
if TYPE_CHECKING:
  from reincarnating_rl.learner.value_function import ValueFunction


@dataclasses.dataclass(frozen=True, kw_only=True)
class DQNSettings:
  """What DQN adds to Dopamine's settings.

  Attributes:
    double_dqn: double Q-learning.
  """

  double_dqn: bool = False


def _dqn(agent: Any) -> ValueFunction:
  from reincarnating_rl.learner import value_function

  return value_function.scalar(
    agent.num_actions, loss=agent._loss_type, double=agent.double_dqn
  )


def _rainbow(agent: Any) -> ValueFunction:
  from reincarnating_rl.learner import value_function

  return value_function.rainbow(
    agent.num_actions,
    agent._support,
    distributional=agent._distributional,
    loss='mse' if agent._mse_loss else 'huber',
    double=agent._double_dqn,
  )


def _check_support(settings: Mapping[str, Any]) -> None:
  """Refuses atoms that no distribution can lie on.

  Args:
    settings: of `JaxFullRainbowAgent`; Dopamine's defaults where one lacks.

  Raises:
    UserError: there are too few, or they do not ascend.
  """
  num_atoms, vmax = settings.get('num_atoms', 51), settings.get('vmax', 10.0)
  vmin = settings.get('vmin')
  least = 2 if settings.get('distributional', True) else 1
  if num_atoms < least:
    raise UserError(
      f'JaxFullRainbowAgent.num_atoms is {num_atoms}: it must be at least '
      f'{least}, or JaxFullRainbowAgent.distributional False.'
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


def _quantile(agent: Any) -> ValueFunction:
  from reincarnating_rl.learner import value_function

  return value_function.quantile(
    agent.num_actions, agent._num_atoms, kappa=agent._kappa
  )


def _implicit_quantile(agent: Any) -> ValueFunction:
  from reincarnating_rl.learner import value_function

  return value_function.implicit_quantile(
    agent.num_actions,
    num_samples=agent.num_tau_samples,
    num_next_samples=agent.num_tau_prime_samples,
    num_acting_samples=agent.num_quantile_samples,
    kappa=agent.kappa,
    double=agent.double_dqn,
  )


KINDS = (
  StudentKind(
    name='dqn',
    title='DQN',
    class_name='DQN',
    summary='Q-values (Mnih et al. 2015)',
    agent='dopamine.jax.agents.dqn.dqn_agent:JaxDQNAgent',
    value=_dqn,
    settings=DQNSettings,
    forwards=False,
  ),
  StudentKind(
    name='rainbow',
    title='Rainbow',
    class_name='Rainbow',
    summary='return distributions over atoms (Hessel et al. 2018)',
    agent=(
      'dopamine.jax.agents.full_rainbow.full_rainbow_agent:JaxFullRainbowAgent'
    ),
    value=_rainbow,
    network_fields=('num_atoms', 'noisy', 'dueling', 'distributional'),
    replay_scheme='prioritized',
    check=_check_support,
  ),
  StudentKind(
    name='quantile',
    title='QR-DQN',
    class_name='Quantile',
    summary='quantiles of the return (Dabney et al. 2018a)',
    agent='dopamine.jax.agents.quantile.quantile_agent:JaxQuantileAgent',
    value=_quantile,
    network='QuantileNetwork',
    network_fields=('num_atoms',),
    hides_base_settings=True,
    replay_scheme='prioritized',
  ),
  StudentKind(
    name='implicit_quantile',
    title='IQN',
    class_name='ImplicitQuantile',
    summary='quantiles at sampled fractions (Dabney et al. 2018b)',
    agent=(
      'dopamine.jax.agents.implicit_quantile.implicit_quantile_agent:'
      'JaxImplicitQuantileAgent'
    ),
    value=_implicit_quantile,
    network='ImplicitQuantileNetwork',
    network_fields=('quantile_embedding_dim',),
    hides_base_settings=True,
    replay_scheme='prioritized',
  ),
)
