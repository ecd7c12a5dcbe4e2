"""Macros that nothing reads: gin takes them without a word."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import gin

from reincarnating_rl.settings import shipped_configs
from reincarnating_rl.settings.gin_types import Config, macro_name
from reincarnating_rl.support.errors import UserError, did_you_mean

_KIND = 'gin.macro'
_BOUND = re.compile(r'^\s*([\w/]+)\s*=(?!=)', re.MULTILINE)


def check(config: Config, bindings: Sequence[str]) -> None:
  """Refuses macros that nothing reads.

  A binding is for this run, and some setting has to read it. A file may be for
  several runs, as a budget of many methods is: its macros are those of shipped
  files, or lead to what is read.

  Args:
    config: all bindings; every macro in it is bound.
    bindings: those of the command line, as text. One of several lines is a
      configuration, as of a run that is resumed, and counts as a file.

  Raises:
    UserError: naming the first one, and the nearest that is read.
  """
  macros = {name: v for (name, kind), v in config.items() if kind == _KIND}
  settings = [v for (_, kind), v in config.items() if kind != _KIND]
  read = _reached(settings, macros)
  known = shipped_configs.macros() & macros.keys()
  elsewhere = known | _reached([macros[name] for name in known], macros)
  found = [_BOUND.findall(text) for text in bindings]
  given = {names[0] for names in found if len(names) == 1}
  for name in sorted(macros.keys() - read):
    if name in given or name not in elsewhere:
      near = did_you_mean(name, sorted(read), cutoff=0.5)
      raise UserError(f'The macro {name} is read by nothing in this run.{near}')


def _reached(values: Iterable[Any], macros: dict[str, Any]) -> set[str]:
  """Returns the macros that values refer to, through others too."""
  found: set[str] = set()
  new = _used(values)
  while new:
    found |= new
    new = _used([macros[name] for name in new]) - found
  return found


def _used(values: Iterable[Any]) -> set[str]:
  names = map(macro_name, gin.config.iterate_references(values))
  return {name for name in names if name is not None}
