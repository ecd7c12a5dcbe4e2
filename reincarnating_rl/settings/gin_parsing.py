"""gin: files and bindings in, one-line errors out."""

import difflib
import inspect
import logging
import re
from collections.abc import Callable, Sequence

import gin

from reincarnating_rl.settings import shipped_configs
from reincarnating_rl.support.errors import (
  UserError,
  first_line,
)

# `import my_networks` in a configuration may fail, too.
_MISTAKES = (ValueError, SyntaxError, OSError, AttributeError, ImportError)
_PARAMETER = re.compile(r'^([\w./]+)\.(\w+) =', re.MULTILINE)


def load(
  gin_files: Sequence[str],
  gin_bindings: Sequence[str],
  *,
  network_parameter: str,
) -> None:
  """Parses configuration files, then bindings that override them.

  Args:
    gin_files: paths, or names of shipped files.
    gin_bindings: such as `Runner.num_iterations=5`; a reference alone, such as
      `@reincarnation_networks.ImpalaRainbowNetwork`, is the student's network.
    network_parameter: what such a reference is bound to.

  Raises:
    UserError: naming the file or binding, and the nearest right name.
  """
  gin.add_config_file_search_path(str(shipped_configs.SHIPPED))
  with gin.config.interactive_mode():
    gin.clear_config()
  for name in gin_files:
    path = shipped_configs.find(name)
    _parse(name, lambda path=path: gin.parse_config_file(path))
  for binding in gin_bindings:
    text = binding.strip()
    if text.startswith('@'):
      text = f'{network_parameter} = {text}'
    _parse(f'{binding!r}', lambda text=text: gin.parse_config(text))
  _parse('the configuration', gin.finalize)


def _parse(where: str, parse: Callable[[], object]) -> None:
  try:
    # gin reports every place where an included file is not.
    logging.disable(logging.CRITICAL)
    parse()
  except _MISTAKES as error:
    raise UserError(f'In {where}: {_explain(first_line(error))}') from error
  finally:
    logging.disable(logging.NOTSET)


def check_every_binding_was_read() -> None:
  """Refuses bindings that nothing reads, once everything is built.

  Raises:
    UserError: naming the first one, and the nearest that is read.
  """
  bound = _parameters(gin.config_str())
  read = _parameters(gin.operative_config_str())
  for name in sorted(bound - read):
    near = difflib.get_close_matches(name, sorted(read), n=1, cutoff=0.5)
    hint = f'; did you mean {near[0]}?' if near else '.'
    raise UserError(f'The binding {name} is read by nothing in this run{hint}')


def _parameters(config: str) -> set[str]:
  return {f'{m[1].split("/")[-1]}.{m[2]}' for m in _PARAMETER.finditer(config)}


def _explain(first: str) -> str:
  """Turns gin's report into one line with the nearest right name."""
  unknown = re.search(r"No configurable matching '([^']+)'", first)
  parameter = re.search(
    r"Configurable '([^']+)' doesn't have a parameter named '([^']+)'", first
  )
  hint = ''
  if unknown:
    near = difflib.get_close_matches(unknown[1], _configurables(), n=1)
    hint = f' Did you mean {near[0]}?' if near else ''
  elif parameter:
    hint = _near_parameter(*parameter.groups())
  return f'{first.rstrip(".:")}.{hint}'


def _near_parameter(configurable: str, parameter: str) -> str:
  target = gin.get_configurable(configurable)
  names = list(inspect.signature(target).parameters)
  near = difflib.get_close_matches(parameter, names, n=1)
  return (
    f' Did you mean {configurable.split(".")[-1]}.{near[0]}?' if near else ''
  )


def _configurables() -> list[str]:
  # gin has no public list of what is registered.
  names = gin.config._REGISTRY  # pylint: disable=protected-access
  return [name.split('.')[-1] for name in dict(names.items())]
