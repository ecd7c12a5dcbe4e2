"""What commands have in common: how flags are read and errors are told."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from reincarnating_rl.support.errors import (
  UserError,
  first_line,
)

_INTERRUPTED = 130  # What shells say of a command that Ctrl-C ended.


class FlagError(UserError):
  """A flag that there is not, or a value that it cannot have."""


class Parser(argparse.ArgumentParser):
  """Says what is wrong in one line; abbreviations are not understood."""

  def __init__(self, **settings: Any) -> None:
    super().__init__(
      allow_abbrev=False,
      formatter_class=argparse.RawDescriptionHelpFormatter,
      **settings,
    )

  def error(self, message: str) -> NoReturn:
    """Raises what argparse would print.

    Raises:
      FlagError: always.
    """
    raise FlagError(f'{message}; see {self.prog} --help.')


def number(
  kind: Callable[[str], Any], least: float, most: float = float('inf')
) -> Callable[[str], Any]:
  """Makes a flag's type.

  Args:
    kind: int or float.
    least: that it may be.
    most: that it may be.

  Returns:
    What argparse takes for a type.
  """

  def read(text: str) -> Any:
    try:
      value = kind(text)
    except ValueError:
      value = None
    if value is None or not least <= value <= most:
      bounds = f'from {least:g}' + (
        f' to {most:.10g}' if most < float('inf') else ''
      )
      raise argparse.ArgumentTypeError(f'{text!r} is no number {bounds}')
    return value

  return read


def run_named(
  package: str,
  parse: Callable[[Sequence[str]], argparse.Namespace],
  argv: Sequence[str] | None = None,
) -> int:
  """Runs `PACKAGE.NAME_command.run(args)`, where NAME is `args.command`.

  What is slow to import waits until the flags have been read.

  Args:
    package: of the commands, a module each.
    parse: reads the command and its flags.
    argv: both; None for those of the process.

  Returns:
    See `run`.
  """

  def command() -> None:
    args = parse(sys.argv[1:] if argv is None else argv)
    importlib.import_module(f'{package}.{args.command}_command').run(args)

  return run(command)


def run(command: Callable[[], None]) -> int:
  """Runs a command; a user's mistake is one line on stderr.

  Args:
    command: with its flags.

  Returns:
    The exit status: 0, 1 after a mistake, 130 after Ctrl-C.
  """
  try:
    command()
    sys.stdout.flush()
  except UserError as error:
    # gin adds lines on where it was.
    print(f'error: {first_line(error)}', file=sys.stderr)
    return 1
  except KeyboardInterrupt:
    print('Stopped.', file=sys.stderr)
    return _INTERRUPTED
  except BrokenPipeError:
    # Whoever read our output has seen enough; nothing is left to be flushed.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
  except OSError as error:
    print(f'error: {error}: check that file or folder.', file=sys.stderr)
    return 1
  return 0
