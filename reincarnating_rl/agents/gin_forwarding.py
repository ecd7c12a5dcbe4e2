"""How bindings of Dopamine's agents reach a student.

Dopamine's constructors hide settings from one another: the quantile agents hand
their own defaults on to `JaxDQNAgent`, Rainbow hands on none of a game's
observations, and `JaxDQNAgent` overwrites the replay scheme. Here the rule is
one: what gin binds for the student's own agent counts, then what it binds for
`JaxDQNAgent`, then the game's facts, then Dopamine's defaults.
"""

import copy
import inspect
from collections.abc import Mapping
from typing import Any

import gin
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.agents import network_fit
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.students import StudentKind
from reincarnating_rl.students.kind import BASE

_REPLAYS = {'uniform': FrameStore, 'prioritized': PrioritizedFrameStore}
_OWN = {'num_actions', 'network', 'seed'}


class ForwardsToDQN(dqn_agent.JaxDQNAgent):
  """`JaxDQNAgent` behind a Dopamine agent that hides settings from it.

  It drops what `hidden_names` gives, which gin then supplies, and adds the
  game's facts.
  """

  _hidden_settings: frozenset[str] = frozenset()
  _game_settings: Mapping[str, Any] = {}

  def __init__(self, **settings: Any) -> None:
    """Takes what the Dopamine agent in front of it hands on."""
    kept = {n: x for n, x in settings.items() if n not in self._hidden_settings}
    super().__init__(**(kept | {**self._game_settings}))


def hidden_names(agent: str) -> frozenset[str]:
  """Returns the settings that gin has for `JaxDQNAgent` and not for an agent.

  Args:
    agent: gin's name of a Dopamine agent that hands all settings on.
  """
  parameters = inspect.signature(gin.get_configurable(agent)).parameters
  names = bound_names(BASE) - bound_names(agent) - _OWN
  return frozenset(names & parameters.keys())


def bound_names(configurable: str) -> set[str]:
  """Returns the parameters that gin binds, without making their values."""
  return set(gin.get_bindings(configurable, resolve_references=False))


def bound(parameter: str, default: Any) -> Any:
  """Returns what gin binds a parameter to, macros looked up, or a default.

  Args:
    parameter: such as `JaxDQNAgent.stack_size`.
    default: where gin has nothing.
  """
  try:
    value = gin.query_parameter(parameter)
  except ValueError:
    return default
  return copy.deepcopy(value)  # Which is how gin looks up a macro.


def taken(parameter: str) -> Any:
  """Returns what gin binds a parameter to, which counts as read by that.

  gin's record of what was read has what gin hands on itself. This is for what
  we hand on in its place.

  Args:
    parameter: such as `SACAgent.network`, which is bound.
  """
  configurable, name = parameter.split('.')
  selector = gin.config._REGISTRY.get_match(configurable).selector
  with gin.config._OPERATIVE_CONFIG_LOCK:
    read = gin.config._OPERATIVE_CONFIG.setdefault(('', selector), {})
    read[name] = gin.query_parameter(parameter)
  return bound(parameter, None)


def dopamine_settings(
  kind: StudentKind, hidden: frozenset[str], network: Any
) -> dict[str, Any]:
  """Returns what to hand to Dopamine's constructor, once it is checked.

  Args:
    kind: of the student.
    hidden: settings that gin binds for `JaxDQNAgent` alone. Handed on by us,
      they are not the agent's own in gin's record of the run; nothing reads
      their values.
    network: in place of what gin binds; None for that.

  Raises:
    UserError: a setting makes no sense.
  """
  names = bound_names(kind.gin_name) - {'network'}
  kind.check({n: bound(f'{kind.gin_name}.{n}', None) for n in names})
  network_fit.check_fields(
    kind.network_parameter, ['num_actions', *kind.network_fields]
  )
  is_bound = 'network' in bound_names(kind.gin_name)
  if network is None and kind.network is not None and not is_bound:
    from reincarnating_rl.networks.registry import NETWORKS

    network = NETWORKS[kind.network].module  # It has Dopamine's parameters.
  given = {} if network is None else {'network': network}
  return dict.fromkeys(hidden) | given


def replay_class(kind: StudentKind) -> type[FrameStore]:
  """Returns the class of the student's replay, as gin says.

  Dopamine's constructors do not all keep the scheme that was asked for
  (google/dopamine#230).
  """
  parameter = f'{kind.gin_name}.replay_scheme'
  scheme = bound(parameter, kind.replay_scheme)
  return _REPLAYS[scheme]


def unwrapped(function: Any) -> Any:
  """Returns a function without gin's wrapper, which costs more than it does.

  Args:
    function: that gin has given; every call passes all its arguments.
  """
  return inspect.unwrap(function, stop=lambda f: hasattr(f, 'lower'))
