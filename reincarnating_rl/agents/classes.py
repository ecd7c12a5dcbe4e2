"""The agents: each method with each student, as classes that gin knows.

`AGENTS` has a class for each name of `--agent`. All are made here, from the
tables; nobody writes one. `classes.QDaggerDQNAgent` and the like are the same
classes by their own names.
"""

import dataclasses
import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import gin

from reincarnating_rl.agents.gin_forwarding import ForwardsToDQN
from reincarnating_rl.agents.student import Student
from reincarnating_rl.methods.method import Method
from reincarnating_rl.methods.settings import NoSettings
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.students import STUDENTS, StudentKind

_UNSET = object()  # gin does not record a default that it cannot write.
_DENYLIST = ['num_actions', 'seed']


def _settings_classes() -> dict[type, Any]:
  """Registers each method's settings with gin, once for all students."""
  return {
    method.settings: gin.external_configurable(
      method.settings, name=method.gin_name, module='methods'
    )
    for method in METHODS.values()
    if method.settings is not NoSettings
  }


_SETTINGS = {NoSettings: NoSettings} | _settings_classes()


def _signature(types: Mapping[str, Any]) -> inspect.Signature:
  """Returns the signature that gin looks settings up in.

  Args:
    types: of the settings, by name.
  """
  keyword = inspect.Parameter.KEYWORD_ONLY
  positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
  return inspect.Signature(
    [
      inspect.Parameter('self', positional),
      inspect.Parameter('num_actions', positional),
      inspect.Parameter('seed', keyword),
      *(
        inspect.Parameter(name, keyword, default=_UNSET, annotation=hint)
        for name, hint in types.items()
      ),
    ]
  )


def _bare_class(kind: StudentKind) -> type[Student]:
  """Makes the class of a kind of student, whatever the method."""
  module, _, name = kind.agent.partition(':')
  dopamine = getattr(importlib.import_module(module), name)
  behind = (ForwardsToDQN,) if kind.forwards else ()

  def __init__(self: Any, num_actions: int, *, seed: int, **given: Any) -> None:
    own = {n: given.pop(n) for n in kind.settings if n in given}
    own = given.pop('kind_settings', {}) | own
    bases[0].__init__(self, num_actions, seed=seed, kind_settings=own, **given)

  bases = (Student, dopamine, *behind)
  __init__.__signature__ = _signature(
    {name: type(default) for name, default in kind.settings.items()}
  )
  tabula_rasa = METHODS['']
  return _registered(
    f'{tabula_rasa.class_name}{kind.class_name}Agent',
    bases,
    {'kind': kind, 'method': tabula_rasa, '__init__': __init__},
    f"Dopamine's {kind.title} on our replay and update: {kind.summary}.",
  )


def _taught_class(method: Method, base: type[Student]) -> type[Student]:
  """Makes the class of a method and a kind of student.

  What gin binds for the class itself counts before the method's own settings.
  Methods that share their settings are subclasses of the first that has them:
  `QDaggerDQNAgent.distill_*` count for Kickstarting too.

  Args:
    method: of the class.
    base: the class of the student without a method, or of the first method with
      the same settings.
  """
  fields = {f.name: f.type for f in dataclasses.fields(method.settings)}

  def __init__(self: Any, num_actions: int, *, seed: int, **given: Any) -> None:
    if base.method.settings is not method.settings:
      own = {n: given.pop(n) for n in fields if n in given}
      # Made of the method's bindings first, so that gin records them as read.
      bound = _SETTINGS[method.settings]()
      settings = given.get('method_settings') or bound
      given['method_settings'] = dataclasses.replace(settings, **own)
    base.__init__(self, num_actions, seed=seed, **given)

  __init__.__signature__ = _signature(fields)
  return _registered(
    f'{method.class_name}{base.kind.class_name}Agent',
    (base,),
    {'method': method, '__init__': __init__},
    f'{method.title} for {base.kind.title}: {method.summary}. {method.source}.',
  )


def _registered(
  name: str, bases: tuple[type, ...], members: dict[str, Any], doc: str
) -> type[Student]:
  members |= {'__doc__': doc, '__module__': __name__}
  return gin.configurable(name, denylist=_DENYLIST)(type(name, bases, members))


def _all() -> dict[str, type[Student]]:
  agents = {}
  for kind in STUDENTS.values():
    bare = _bare_class(kind)
    agents[kind.name] = bare
    first: dict[type, type[Student]] = {}
    for method in METHODS.values():
      if method.name:
        agent = _taught_class(method, first.get(method.settings, bare))
        first.setdefault(method.settings, agent)
        agents[f'{method.name}_{kind.name}'] = agent
  return agents


AGENTS: dict[str, type[Student]] = _all()


def names_that_count_before(agent: type[Student]) -> tuple[str, ...]:
  """Returns what gin calls the classes whose bindings override the method's.

  Args:
    agent: a value of `AGENTS`.
  """
  method = agent.method
  return tuple(
    cls.__name__
    for cls in agent.__mro__
    if cls is not Student
    and getattr(getattr(cls, 'method', None), 'settings', None)
    is method.settings
  )


_BY_CLASS_NAME = {agent.__name__: agent for agent in AGENTS.values()}
QDaggerDQNAgent = _BY_CLASS_NAME['QDaggerDQNAgent']
QDaggerRainbowAgent = _BY_CLASS_NAME['QDaggerRainbowAgent']


def __getattr__(name: str) -> type[Student]:
  """Returns an agent by the name of its class."""
  if name not in _BY_CLASS_NAME:
    raise AttributeError(f'There is no agent {name}.')
  return _BY_CLASS_NAME[name]
