"""What an entry of the table of students holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reincarnating_rl.learner.kinds import CONTINUOUS, DISCRETE

# The learner imports JAX, which takes longer than `--help` should: functions
# of entries import it when they are called.
if TYPE_CHECKING:
  from reincarnating_rl.learner.control.actor_critic import ActorCritic
  from reincarnating_rl.learner.value_function import ValueFunction

BASE = 'JaxDQNAgent'  # Whose settings all students with Q-values have.


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoSettings:
  """Settings of a student that adds none to Dopamine's."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StudentKind:
  """One kind of agent.

  Attributes:
    name: last part of an agent's name, and a key of `teachers.kinds.KINDS`.
    title: as papers write it.
    class_name: last part of an agent's class, `DQN` in `QDaggerDQNAgent`.
    summary: one line.
    agent: `module:class` of the Dopamine agent that it extends; imported late,
      for Dopamine is slow to import.
    value: makes its value function, or its actor-critic, of the settings that
      Dopamine's constructor has put on the agent; raises UserError where they
      make no sense.
    actions: that it learns, `kinds.DISCRETE` or `kinds.CONTINUOUS`.
    network: the default, a key of the registry of networks; None for
      Dopamine's.
    network_fields: what the network is made with besides `num_actions`.
    settings: a frozen dataclass of what the student adds to Dopamine's
      settings, each with a default; gin binds them by `class_name`.
    head: reads off the settings what the network is made with besides, where
      Dopamine's constructor does not say it.
    hides_base_settings: whether Dopamine's class hands its own defaults on to
      `JaxDQNAgent`, so that bindings of that would count for nothing.
    forwards: whether other classes stand between it and `JaxDQNAgent`.
    replay_scheme: where gin has none.
    check: refuses, before Dopamine's constructor sees them, settings of
      `gin_name` that it would choke on, or that count for nothing.
  """

  name: str
  title: str
  class_name: str
  summary: str
  agent: str
  value: Callable[[Any], ValueFunction | ActorCritic]
  actions: str = DISCRETE
  network: str | None = None
  network_fields: tuple[str, ...] = ()
  settings: type = NoSettings
  head: Callable[[Any], Mapping[str, Any]] = lambda settings: {}
  hides_base_settings: bool = False
  forwards: bool = True
  replay_scheme: str = 'uniform'
  check: Callable[[Mapping[str, Any]], None] = lambda settings: None

  @property
  def gin_name(self) -> str:
    """By which gin binds the settings of the Dopamine agent."""
    return self.agent.partition(':')[2]

  @property
  def gin_names(self) -> tuple[str, ...]:
    """The same, and the class whose settings it reads too, if any."""
    return (
      (BASE, self.gin_name) if self.actions == DISCRETE else (self.gin_name,)
    )

  @property
  def is_continuous(self) -> bool:
    """Whether its actions are vectors."""
    return self.actions == CONTINUOUS

  @property
  def network_parameter(self) -> str:
    """By which gin binds the network."""
    return f'{self.gin_name}.network'
