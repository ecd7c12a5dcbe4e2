"""What values a setting of gin takes, and whether one is such.

The type and the range are said by the signature of what gin configures, and by
`dopamine_types` for Dopamine's.
"""

import collections.abc
import copy
import inspect
import math
import numbers
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import gin
import numpy as np

from reincarnating_rl.settings import dopamine_types
from reincarnating_rl.support.errors import UserError, first_line
from reincarnating_rl.support.setting_types import Limit

TOO_LARGE = 2**63  # For 64 bits.
ANY = (Any, object, inspect.Parameter.empty)
SEQUENCES = (tuple, list, set, frozenset, collections.abc.Sequence)
CALLABLES = (type, collections.abc.Callable)
Reference = gin.config.ConfigurableReference
_OURS = __name__.split('.')[0]
_PLAIN = (bool, int, float, str, types.NoneType)
Config = Mapping[tuple[str, str], Mapping[str, Any]]
"""What gin has bound: by scope and full name, values by parameter."""


def declared(selector: str, parameter: str) -> Any:
  """Returns the type of a setting; `Any` where nothing says one.

  Args:
    selector: gin's name of what has it, with as many modules as tell it apart.
    parameter: of that.
  """
  registry = gin.config._REGISTRY  # pylint: disable=protected-access
  try:
    target = registry.get_match(selector)
  except KeyError:  # It may be one of several.
    return Any
  if target is None:
    return Any
  found = _parameters(target.wrapped).get(parameter)
  if found is None:
    return Any
  room = str(getattr(target.wrapped, '__module__', '')).split('.')[0]
  if room == dopamine_types.MODULE:
    name = selector.split('.')[-1]
    for key in (f'{name}.{parameter}', parameter):
      if key in dopamine_types.TYPES:
        return dopamine_types.TYPES[key]
    if found.annotation is found.empty and isinstance(
      found.default, bool | str
    ):
      return type(found.default)
  elif room != _OURS and not _is_meant(found):
    return Any
  if found.default is None and found.annotation not in ANY:
    return found.annotation | None
  return found.annotation


def _parameters(target: Any) -> Mapping[str, inspect.Parameter]:
  for is_evaluated in (True, False):
    try:
      return inspect.signature(target, eval_str=is_evaluated).parameters
    except (NameError, SyntaxError, AttributeError, TypeError):
      continue  # An annotation names what is only imported for type checkers.
    except ValueError:
      break  # It is not written in Python.
  return {}


def _is_meant(parameter: inspect.Parameter) -> bool:
  """Says whether what others wrote of a parameter can be taken at its word."""
  # They may mean more by a class than that it is one.
  if not _is_plain(parameter.annotation):
    return False
  default = parameter.default
  if default is parameter.empty or default is None:
    return True
  return Check({}).fits(default, parameter.annotation)


def _is_plain(hint: Any) -> bool:
  if isinstance(hint, str):
    return False  # It could not be evaluated.
  origin, args = typing.get_origin(hint), typing.get_args(hint)
  if origin in CALLABLES or origin is Literal:
    return True
  if origin is Annotated:
    return _is_plain(args[0])
  if args:
    return all(_is_plain(arg) for arg in args if arg is not ...)
  return hint in (*_PLAIN, *CALLABLES, *SEQUENCES, *ANY)


def takes_code(hint: Any) -> bool:
  """Says whether a type is, or may be, what is called."""
  origin, args = typing.get_origin(hint), typing.get_args(hint)
  if origin in (typing.Union, types.UnionType):
    return any(map(takes_code, args))
  return origin in CALLABLES or hint in CALLABLES


class Check:
  """Whether values are of a type, with the macros of a configuration."""

  def __init__(self, config: Config, *, calls: bool = True) -> None:
    """Takes all bindings; unless it `calls`, `@f()` fits nothing."""
    self._config, self._calls = config, calls
    self._made: dict[int, Any] = {}

  def fits(self, value: Any, hint: Any) -> bool:
    """Says whether a value, which may be a reference, is of a type."""
    value = self.resolved(value)
    if self.lacks(value):
      return False
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in ANY:
      return True
    if origin in (typing.Union, types.UnionType):
      return any(self.fits(value, arm) for arm in args)
    if takes_code(hint):
      return isinstance(value, Reference) or callable(value)
    if _is_called(value):
      if not self._may_call(value):
        return False
      value = self._called(value)
    if origin is Annotated:
      base, *limits = args
      return self.fits(value, base) and all(
        limit.allows(value) for limit in limits if isinstance(limit, Limit)
      )
    if origin is Literal:
      return any(value == x and type(value) is type(x) for x in args)
    if (origin or hint) in SEQUENCES:
      return self._is_sequence(value, origin, args)
    return _is_one(value, origin or hint)

  def _may_call(self, reference: Any) -> bool:
    return self._calls or inspect.isclass(reference.configurable.wrapped)

  def _called(self, reference: Any) -> Any:
    """Calls a reference once, whatever it is compared with."""
    if id(reference) not in self._made:
      self._made[id(reference)] = _call(reference)
    return self._made[id(reference)]

  def resolved(self, value: Any) -> Any:
    """Returns what a macro stands for; any other value as it is."""
    seen = []
    while name := macro_name(value):
      if name in seen:
        raise UserError(f'{name} is {value!r}: it needs a value of its own.')
      seen.append(name)
      value = self._config[name, 'gin.macro']['value']
    return value

  def _is_sequence(self, value: Any, origin: Any, args: Any) -> bool:
    if isinstance(value, np.ndarray):
      value = value.tolist()
    if not isinstance(value, list | tuple):
      return False
    if origin is tuple and args and args[-1] is not ...:
      return len(value) == len(args) and all(map(self.fits, value, args))
    return all(self.fits(x, hint) for x in value for hint in args[:1])

  def lacks(self, value: Any) -> list[str]:
    """Returns the parameters without a value of what a value calls."""
    value = self.resolved(value)
    if not _is_called(value):
      return []
    # Of any scope: one that is entered around this reference counts too.
    selector = value.config_key[1]
    bound = [v for (_, name), v in self._config.items() if name == selector]
    return [
      name
      for name, parameter in _parameters(value.configurable.wrapped).items()
      if parameter.default is parameter.empty
      and parameter.kind
      not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
      and not any(name in values for values in bound)
    ]


class _Instance(NamedTuple):
  """Stands for what a class would make, and is not made."""

  cls: type


def macro_name(value: Any) -> str | None:
  """Returns the name of the macro that a value is; None if it is none."""
  is_macro = _is_called(value) and value.selector == 'gin.macro'
  return '/'.join(value.scopes) if is_macro else None


def _is_called(value: Any) -> bool:
  return isinstance(value, Reference) and value.evaluate


def _call(reference: Any) -> Any:
  """Returns what a reference with parentheses gives.

  Raises:
    UserError: it fails.
  """
  target = reference.configurable.wrapped
  if inspect.isclass(target):
    return _Instance(target)
  # What is called here has not been read by the run.
  read = gin.config._OPERATIVE_CONFIG  # pylint: disable=protected-access
  before = copy.copy(read)
  try:
    return copy.deepcopy(reference)
  except Exception as error:  # It is the user's code.
    raise UserError(f'{reference!r} fails: {first_line(error)}') from error
  finally:
    read.clear()
    read.update(before)


def _is_one(value: Any, hint: Any) -> bool:
  """Says whether a value is of a type that has no parts."""
  if hint is None or hint is types.NoneType:
    return value is None
  if not inspect.isclass(hint):
    return True  # Such as a type variable.
  if isinstance(value, _Instance):
    return issubclass(value.cls, hint)
  if hint is bool or isinstance(value, bool):
    return hint is bool and isinstance(value, bool)
  if hint is int:
    return isinstance(value, numbers.Integral) and abs(value) < TOO_LARGE
  if hint is float:
    return isinstance(value, numbers.Real) and math.isfinite(value)
  try:
    return isinstance(value, hint)
  except TypeError:
    return True  # A protocol that cannot be asked at run time.
