"""The table of students: which value function, on which Dopamine agent.

A `StudentKind` is data. To add a student, add an entry to `STUDENTS`, a value
function (`learner/value_function.py`) if none fits, and a network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reincarnating_rl.support.errors import UserError

# The learner imports JAX, which takes longer than `--help` should: functions
# below import it when they are called.
if TYPE_CHECKING:
  from reincarnating_rl.learner.value_function import ValueFunction


@dataclasses.dataclass(frozen=True, kw_only=True)
class StudentKind:
  """One kind of value-based agent.

  Attributes:
    name: last part of an agent's name, and a key of `teachers.kinds.KINDS`.
    title: as papers write it.
    class_name: last part of an agent's class, `DQN` in `QDaggerDQNAgent`.
    summary: one line.
    actions: that it learns, the `kind` of a record of `learner.actions`:
      'discrete' or 'continuous'.
    agent: `module:class` of the Dopamine agent that it extends; imported late,
      for Dopamine is slow to import.
    value: makes its value function of the settings that Dopamine's constructor
      has put on the agent; raises UserError where they make no sense.
    network: the default, a key of the registry of networks; None for
      Dopamine's.
    network_fields: what the network is made with besides `num_actions`.
    settings: defaults of what the student's own class adds to Dopamine's.
    hides_base_settings: whether Dopamine's class hands its own defaults on to
      `JaxDQNAgent`, so that bindings of that would count for nothing.
    forwards: whether other classes stand between it and `JaxDQNAgent`.
    replay_scheme: where gin has none.
    check: refuses, before Dopamine's constructor sees them, settings of
      `gin_name` that it would choke on.
  """

  name: str
  title: str
  class_name: str
  summary: str
  agent: str
  value: Callable[[Any], ValueFunction]
  actions: str = 'discrete'
  network: str | None = None
  network_fields: tuple[str, ...] = ()
  settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  hides_base_settings: bool = False
  forwards: bool = True
  replay_scheme: str = 'uniform'
  check: Callable[[Mapping[str, Any]], None] = lambda settings: None

  @property
  def gin_name(self) -> str:
    """By which gin binds the settings of the Dopamine agent."""
    return self.agent.partition(':')[2]

  @property
  def network_parameter(self) -> str:
    """By which gin binds the network."""
    return f'{self.gin_name}.network'


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


_ALL = (
  StudentKind(
    name='dqn',
    title='DQN',
    class_name='DQN',
    summary='Q-values (Mnih et al. 2015)',
    agent='dopamine.jax.agents.dqn.dqn_agent:JaxDQNAgent',
    value=_dqn,
    settings={'double_dqn': False},
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
STUDENTS: dict[str, StudentKind] = {kind.name: kind for kind in _ALL}
