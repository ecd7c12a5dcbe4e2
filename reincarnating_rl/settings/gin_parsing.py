"""gin: files and bindings in, one-line errors out."""

import inspect
import io
import logging
import re
import tokenize
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import gin

from reincarnating_rl.settings import gin_macros, gin_values, shipped_configs
from reincarnating_rl.support.errors import (
  UserError,
  did_you_mean,
  first_line,
  nearest,
)

# `import my_networks` in a configuration may fail, too.
_MISTAKES = (
  *(ValueError, SyntaxError, tokenize.TokenError, RecursionError),
  *(OSError, AttributeError, ImportError),
)
# What brings a module of another name. Parts of Dopamine need TensorFlow.
_PACKAGES = {'tensorflow': 'tensorflow-cpu'}
# An `include` finds shipped names too, from anywhere. They come before gin's
# reader of packages, which fails on folders of such names that hold no package;
# gin has no public way to put a reader anywhere but last.
gin.config._FILE_READERS.insert(  # pylint: disable=protected-access
  1,
  (
    lambda name: io.StringIO(shipped_configs.read(name)),
    shipped_configs.is_shipped,
  ),
)
gin.config.register_finalize_hook(gin_values.check)
_BINDING = re.compile(r'(?:\w+[./])*(\w+)\.(\w+)\s*=')
_ASSIGNMENT = re.compile(r'\s*([\w./]+)\s*=(?!=)\s*(.*?)\s*(?:#.*)?$')
_PARAMETER = re.compile(r'^([\w./]+)\.(\w+) =', re.MULTILINE)


def load(
  gin_files: Sequence[str],
  gin_bindings: Sequence[str],
  *,
  network_parameter: str,
  overridden: Mapping[str, Sequence[str]] | None = None,
  objects: Mapping[str, Any] | None = None,
) -> None:
  """Parses configuration files, then bindings that override them.

  Args:
    gin_files: paths, or names of shipped files.
    gin_bindings: such as `Runner.num_iterations=5`; a reference alone, such as
      `@reincarnation_networks.ImpalaRainbowNetwork`, is the student's network.
    network_parameter: what such a reference is bound to.
    overridden: names whose bindings count only where others have none, with
      these others.
    objects: values of Python's by setting, bound last.

  Raises:
    UserError: naming the file or binding, and the nearest right name; the
      setting whose value is of a wrong type or out of range; the binding of a
      file that would silently count before one of `gin_bindings`; or a macro
      that nothing reads.
  """
  with gin.config.interactive_mode():
    gin.clear_config()
  for name in gin_files:
    path = shipped_configs.find(name)
    _parse(name, lambda path=path: gin.parse_config_file(path))
  for binding in gin_bindings:
    text = binding.strip()
    if text.startswith('@'):
      text = f'{network_parameter} = {text}'
    _parse(f'{binding!r}', lambda text=text: gin.parse_config(text), text)
    _check_it_counts(text, overridden or {})
  for name, value in (objects or {}).items():
    gin.bind_parameter(name, value)
  _parse('the configuration', gin.finalize)
  gin_macros.check(gin.config._CONFIG, gin_bindings)


def _parse(
  where: str, parse: Callable[[], object], binding: str | None = None
) -> None:
  try:
    # gin reports every place where an included file is not.
    logging.disable(logging.CRITICAL)
    parse()
  except _MISTAKES as error:
    raise UserError(_explain(where, error, binding)) from error
  finally:
    logging.disable(logging.NOTSET)


def _check_it_counts(
  binding: str, overridden: Mapping[str, Sequence[str]]
) -> None:
  match = _BINDING.match(binding)
  for name in overridden.get(match[1], ()) if match else ():
    if match[2] in gin.get_bindings(name, resolve_references=False):
      raise UserError(
        f'{name}.{match[2]} is bound too, and counts before '
        f'{match[1]}.{match[2]}: bind {name}.{match[2]} instead.'
      )


def unread_bindings() -> set[str]:
  """Returns the bindings that nothing has read, as `scope/Class.parameter`."""
  read = _parameters(gin.operative_config_str())
  return {
    f'{scope}/{name}' if scope else name
    for scope, name in _parameters(gin.config_str())
    if not any(
      name == other and f'{inner}/'.startswith(f'{scope}/' if scope else '')
      for inner, other in read
    )
  }


def check_every_binding_was_read() -> None:
  """Refuses bindings that nothing reads, once everything is built.

  Raises:
    UserError: naming the first one, and the nearest that is read.
  """
  for name in sorted(unread_bindings()):
    raise _unread(name)


def check_bindings_were_read(
  bindings: Sequence[str], read: Collection[str]
) -> None:
  """Refuses bindings that nothing reads, among those that a user gives.

  Args:
    bindings: such as `create_teacher.vmax=5`.
    read: names of what was asked of gin without a call, such as
      `create_teacher`, or `create_teacher.vmax` alone.

  Raises:
    UserError: naming the first one, and the nearest that is read.
  """
  unread = {_last_names(name): name for name in unread_bindings()}
  for binding in bindings:
    for match in _BINDING.finditer(binding):
      name = f'{match[1]}.{match[2]}'
      if name in unread and not {match[1], name} & set(read):
        raise _unread(name)


def _last_names(name: str) -> str:
  """Returns `Class.parameter`, without a scope and the class's modules."""
  return '.'.join(name.split('/')[-1].split('.')[-2:])


def _unread(name: str) -> UserError:
  read = {other for _, other in _parameters(gin.operative_config_str())}
  return UserError(
    f'The binding {name} is read by nothing in this run.'
    f'{did_you_mean(name, sorted(read), cutoff=0.5)}'
  )


def _parameters(config: str) -> set[tuple[str, str]]:
  """Returns the scope and `Class.parameter` of each binding."""
  found = set()
  for match in _PARAMETER.finditer(config):
    scope, _, name = match[1].rpartition('/')
    found.add((scope, f'{name}.{match[2]}'))
  return found


def _explain(where: str, error: Exception, binding: str | None) -> str:
  """Turns gin's report into one line that names the setting or the file."""
  if not isinstance(error, SyntaxError | tokenize.TokenError):
    return f'In {where}: {_nearest(first_line(error))}'
  text, place = binding, where
  if binding is None and isinstance(error, SyntaxError):
    text, place = error.text, f'{error.filename or where}, line {error.lineno}'
  refused = _ASSIGNMENT.match((text or '').strip())
  if refused and isinstance(error, SyntaxError):
    told = gin_values.refuse_text(refused[1], refused[2])
    return f'In {place}: {told}' if binding is None else told
  return (
    f'In {place}: write SETTING = VALUE, in one line or within brackets, and '
    'close each bracket and each quote.'
  )


def _nearest(first: str) -> str:
  """Adds the nearest right name to gin's report."""
  unknown = re.search(r"No configurable matching '([^']+)'", first)
  parameter = re.search(
    r"Configurable '([^']+)' doesn't have a parameter named '([^']+)'", first
  )
  macro = re.search(r"No bindings specified for '(\w+)/gin.macro'", first)
  if macro:
    return (
      f'{macro[1]} has no value. Files of a student, a method and a game give '
      f'it one together (docs/configurations.md); or bind {macro[1]}.'
    )
  hint = ''
  missing = re.search(r"No module named '([\w.]+)'", first)
  if missing:
    package = _PACKAGES.get(missing[1], missing[1])
    hint = f' Install {package}, or put it on PYTHONPATH.'
  elif unknown:
    hint = did_you_mean(unknown[1], _configurables())
  elif parameter:
    hint = _near_parameter(*parameter.groups())
  return f'{first.rstrip(".:")}.{hint}'


def _near_parameter(configurable: str, parameter: str) -> str:
  target = gin.get_configurable(configurable)
  names = list(inspect.signature(target).parameters)
  near = nearest(parameter, names)
  return f' Did you mean {configurable.split(".")[-1]}.{near}?' if near else ''


def _configurables() -> list[str]:
  # gin has no public list of what is registered.
  names = gin.config._REGISTRY  # pylint: disable=protected-access
  return [name.split('.')[-1] for name in dict(names.items())]
