"""The spellings of absl, which the official commands use, for our parser."""

import argparse
from collections.abc import Sequence
from typing import Any

from reincarnating_rl.cli.command_line import Parser

# Further names that absl gives to flags of its own.
_OTHER_NAMES = {'--helpfull': '--help', '--helpshort': '--help', '--v': '-v'}
_TRUE, _FALSE = ('true', 't', '1'), ('false', 'f', '0')


class Switch(argparse.Action):
  """A flag that is on as `--name` and off as `--noname`; off by default."""

  def __init__(
    self, option_strings: Sequence[str], dest: str, help: str
  ) -> None:
    """Takes one name, such as `--disable_jit`; called by argparse."""
    (name,) = option_strings
    super().__init__(
      [name, f'--no{name[2:]}'], dest, nargs=0, default=False, help=help
    )

  def __call__(
    self,
    parser: argparse.ArgumentParser,
    namespace: argparse.Namespace,
    values: Any,
    option_string: str | None = None,
  ) -> None:
    """Sets the flag; called by argparse."""
    setattr(namespace, self.dest, option_string == self.option_strings[0])

  def spelled(self, value: str) -> str:
    """Returns how argparse reads `--name=value`.

    Args:
      value: true or false, t or f, 1 or 0.

    Raises:
      ArgumentError: it is none of these.
    """
    if value.lower() not in _TRUE + _FALSE:
      raise argparse.ArgumentError(self, f'{value!r} is not true or false')
    return self.option_strings[value.lower() in _FALSE]


class AbslParser(Parser):
  """Understands `-name`, `--switch=false` and absl's names for help as well."""

  def parse_known_args(
    self, args: Sequence[str] | None = None, namespace: Any = None
  ) -> tuple[argparse.Namespace, list[str]]:
    """Does what `Parser` does, for either spelling.

    Raises:
      FlagError: a flag or a value is wrong, missing or left over.
    """
    try:
      words = [self._respelled(word) for word in args or ()]
    except argparse.ArgumentError as error:
      self.error(str(error))
    return super().parse_known_args(words, namespace)

  def _respelled(self, word: str) -> str:
    flags = self._option_string_actions
    name, equals, value = word.partition('=')
    if name.startswith('-') and name not in flags and f'-{name}' in flags:
      name = f'-{name}'
    name = _OTHER_NAMES.get(name, name)
    switch = flags.get(name)
    is_switch = isinstance(switch, Switch) and name == switch.option_strings[0]
    if equals and is_switch:
      return switch.spelled(value)
    return f'{name}{equals}{value}'
