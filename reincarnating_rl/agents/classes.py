"""The agents: each method with each student, as classes that gin knows.

`AGENTS` has a class for each name of `--agent`. All are made here, from the
tables; nobody writes one. `classes.QDaggerDQNAgent` and the like are the same
classes by their own names.
"""

import dataclasses
import importlib
import inspect
import typing
from collections.abc import Mapping
from typing import Any

import gin

from reincarnating_rl.agents.control_student import ControlStudent
from reincarnating_rl.agents.gin_forwarding import ForwardsToDQN
from reincarnating_rl.agents.student import Student
from reincarnating_rl.agents.value_student import ValueStudent
from reincarnating_rl.methods.method import Method
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.students import STUDENTS, StudentKind

_UNSET = object()  # gin does not record a default that it cannot write.


def _settings_classes() -> dict[type, Any]:
  """Registers all settings with gin.

  Those of a method are bound once for all students, those of a student once for
  all methods.
  """
  named = {
    m.settings: ('methods', m.gin_name) for m in reversed(METHODS.values())
  }
  named |= {k.settings: ('students', k.class_name) for k in STUDENTS.values()}
  return {
    settings: gin.external_configurable(settings, name=name, module=module)
    if dataclasses.fields(settings)
    else settings
    for settings, (module, name) in named.items()
  }


_SETTINGS = _settings_classes()


def _signature(first: str, types: Mapping[str, Any]) -> inspect.Signature:
  """Returns the signature that gin looks settings up in.

  Args:
    first: the name of the first argument, the actions.
    types: of the settings, by name.
  """
  keyword = inspect.Parameter.KEYWORD_ONLY
  positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
  return inspect.Signature(
    [
      inspect.Parameter('self', positional),
      inspect.Parameter(first, positional),
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
  fields = typing.get_type_hints(kind.settings, include_extras=True)

  def __init__(self: Any, *first: Any, seed: int, **given: Any) -> None:
    given['kind_settings'] = _with_own(kind.settings, fields, 'kind', given)
    bases[0].__init__(self, *first, seed=seed, **given)

  shell = ControlStudent if kind.is_continuous else ValueStudent
  bases = (shell, dopamine, *behind)
  __init__.__signature__ = _signature(shell.first_argument, fields)
  tabula_rasa = METHODS['']
  return _registered(
    f'{tabula_rasa.class_name}{kind.class_name}Agent',
    bases,
    {'kind': kind, 'method': tabula_rasa, '__init__': __init__},
    f"Dopamine's {kind.title} on our replay and update: {kind.summary}.",
  )


def _with_own(
  settings: type, fields: Mapping[str, Any], owner: str, given: dict[str, Any]
) -> Any:
  """Returns settings; what is given for the class itself counts first.

  Args:
    settings: their class.
    fields: its fields.
    owner: 'method' or 'kind'.
    given: to the constructor; fields and `OWNER_settings` are taken out.
  """
  own = {n: given.pop(n) for n in fields if n in given}
  # Made of gin's bindings first, so that gin records them as read.
  bound = _SETTINGS[settings]()
  return dataclasses.replace(
    given.pop(f'{owner}_settings', None) or bound, **own
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
  fields = typing.get_type_hints(method.settings, include_extras=True)

  def __init__(self: Any, *first: Any, seed: int, **given: Any) -> None:
    if base.method.settings is not method.settings:
      settings = _with_own(method.settings, fields, 'method', given)
      given['method_settings'] = settings
    base.__init__(self, *first, seed=seed, **given)

  __init__.__signature__ = _signature(base.first_argument, fields)
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
  made = type(name, bases, members)
  denylist = [made.first_argument, 'seed']
  return gin.configurable(name, denylist=denylist)(made)


def _all() -> dict[str, type[Student]]:
  agents = {}
  for kind in STUDENTS.values():
    bare = _bare_class(kind)
    agents[kind.name] = bare
    first: dict[type, type[Student]] = {}
    for method in METHODS.values():
      if method.name and kind.actions in method.actions:
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
