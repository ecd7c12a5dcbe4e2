"""Settings that Dopamine's agents forget, or keep from their base class."""

import inspect
from typing import Any

import gin
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.kinds import KINDS

_BASE = 'JaxDQNAgent'
_OWN = {'num_actions', 'network', 'seed'}


class RequestedReplay:
  """Keeps the replay scheme that was asked for, before a student's class.

  A Dopamine agent's constructor sets it, and that of JaxDQNAgent overwrites it
  with 'uniform' (google/dopamine#230).
  """

  @property
  def _replay_scheme(self) -> str:
    return self._requested_replay_scheme

  @_replay_scheme.setter
  def _replay_scheme(self, scheme: str) -> None:
    if not hasattr(self, '_requested_replay_scheme'):
      self._requested_replay_scheme = scheme


class TakesDQNSettings:
  """Has gin's `JaxDQNAgent.*` reach it, before a Dopamine agent's class.

  Dopamine's quantile agents hand on to JaxDQNAgent all of its settings, their
  defaults among them: what gin has for JaxDQNAgent would count for nothing.
  Here it does, unless gin has the same for the agent itself. Without a network
  in gin it is that of the agent's kind, which has Dopamine's parameters.
  """

  def __init__(self, num_actions: int, *, seed: int) -> None:
    """Builds the agent, which is a `HandedDQNSettings` at last."""
    agent = self.network_parameter.split('.')[0]
    self._from_base = _of_base_alone(agent)
    # Given by a caller they are not the agent's own in gin's record of the run;
    # nothing reads these.
    settings = dict.fromkeys(self._from_base)
    if 'network' not in _bound(agent):
      settings['network'] = KINDS[self.teacher_kind].network
    super().__init__(num_actions, seed=seed, **settings)


class HandedDQNSettings(dqn_agent.JaxDQNAgent):
  """JaxDQNAgent with what `TakesDQNSettings` leaves to it, after the class."""

  def __init__(self, **settings: Any) -> None:
    """Takes what a Dopamine agent hands on."""
    super().__init__(
      **{n: x for n, x in settings.items() if n not in self._from_base}
    )


def _of_base_alone(agent: str) -> frozenset[str]:
  parameters = inspect.signature(gin.get_configurable(agent)).parameters
  names = _bound(_BASE) - _bound(agent) - _OWN
  return frozenset(names & parameters.keys())


def _bound(configurable: str) -> set[str]:
  return set(gin.get_bindings(configurable, resolve_references=False))


def check_counts(agent: str, **settings: int) -> None:
  """Refuses settings that must be whole numbers above 0.

  Args:
    agent: gin's name of it, for messages.
    **settings: by their names.

  Raises:
    UserError: one is not.
  """
  check_positive(agent, **settings)
  for name, value in settings.items():
    if not isinstance(value, int):
      raise UserError(f'{agent}.{name} is {value!r}: it is a whole number.')


def check_positive(agent: str, **settings: float) -> None:
  """Refuses settings that must be above 0.

  Args:
    agent: gin's name of it, for messages.
    **settings: by their names.

  Raises:
    UserError: one is not.
  """
  for name, value in settings.items():
    if not value > 0:
      raise UserError(f'{agent}.{name} is {value!r}: it must be above 0.')
