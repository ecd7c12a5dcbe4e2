"""What all commands share: the parser, the form of help, errors in one line."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from reincarnating_rl.cli.help_text import HelpFormatter
from reincarnating_rl.support.errors import UserError, did_you_mean, first_line

_INTERRUPTED = 130  # What shells say of a command that Ctrl-C ended.


class FlagError(UserError):
  """A flag that does not exist, or a value that it cannot have."""


class Subcommand(NamedTuple):
  """A command of a program that has several.

  Attributes:
    summary: one sentence: what it does.
    examples: command lines, without the program and the command's name.
    add_flags: adds the flags to the command's parser.
    details: more sentences, in lines of 80 columns.
  """

  summary: str
  examples: Sequence[str]
  add_flags: Callable[['Parser'], None]
  details: str = ''


class Parser(argparse.ArgumentParser):
  """Parses flags; reports a mistake in one line, with the nearest right name.

  Abbreviations are errors. Help has, in this order: usage, a sentence of
  summary, details, examples, arguments and flags. Each flag's help is one or
  more sentences; that it is required or repeatable, and its default, are added.
  """

  def __init__(
    self,
    prog: str,
    *,
    summary: str,
    examples: Sequence[str],
    details: str = '',
    **settings: Any,
  ) -> None:
    """Makes a parser that has no flag but `--help`.

    Args:
      prog: what a user types before the flags.
      summary: one sentence: what the command does.
      examples: command lines, without the program.
      details: more sentences, in lines of 80 columns.
      **settings: of `argparse.ArgumentParser`.
    """
    shown = '\n'.join(f'  {prog} {example}' for example in examples)
    parts = (summary, details.strip(), f'examples:\n{shown}')
    super().__init__(
      prog=prog,
      description='\n\n'.join(part for part in parts if part),
      allow_abbrev=False,
      add_help=False,
      formatter_class=HelpFormatter,
      **settings,
    )
    self._positionals.title, self._optionals.title = 'arguments', 'flags'
    self.add_argument(
      '-h', '--help', action='help', help='Print this text and exit.'
    )

  def add_subcommands(self, subcommands: Mapping[str, Subcommand]) -> None:
    """Adds commands, of which a user names one; `command` is its name."""
    group = self.add_subparsers(
      title='commands',
      description='COMMAND --help shows the flags of a command.',
      dest='command',
      metavar='COMMAND',
      required=True,
    )
    for name, subcommand in subcommands.items():
      shape = subcommand._asdict()
      add_flags = shape.pop('add_flags')
      add_flags(group.add_parser(name, help=subcommand.summary, **shape))

  def parse_args(
    self, args: Sequence[str] | None = None, namespace: Any = None
  ) -> argparse.Namespace:
    """Parses a command line.

    Args:
      args: without the program; None for those of the process.
      namespace: see argparse.

    Returns:
      The flags; `words` are all of `args`, as they were given.

    Raises:
      FlagError: a flag or a value is wrong, missing or left over.
      SystemExit: help was asked for.
    """
    words = sys.argv[1:] if args is None else list(args)
    parsed = super().parse_args(words, namespace)
    parsed.words = words
    return parsed

  def parse_known_args(
    self, args: Sequence[str] | None = None, namespace: Any = None
  ) -> tuple[argparse.Namespace, list[str]]:
    """Does what argparse does, but refuses what it would leave over.

    Raises:
      FlagError: a flag or a value is wrong, missing or left over.
    """
    args = list(args or ())
    # Before argparse, which reports what is missing first, and which takes
    # `--titel=two words` for a positional argument.
    self._check_names(args)
    parsed, left = super().parse_known_args(args, namespace)
    if left:
      self.error(f'there is no use for the argument {left[0]!r}')
    return parsed, left

  def _check_names(self, args: Sequence[str]) -> None:
    known = [f for f in self._option_string_actions if f.startswith('--')]
    for word in args:
      name = word.partition('=')[0]
      if word == '--' or (self._subparsers and not word.startswith('-')):
        return  # The rest are no flags, or are those of the named command.
      if name.startswith('--') and ' ' not in name and name not in known:
        self.error(f'there is no flag {name}.{did_you_mean(name, known)}')

  def _check_value(self, action: argparse.Action, value: Any) -> None:
    if action.choices is not None and value not in action.choices:
      raise argparse.ArgumentError(
        action,
        f'{value!r} is not one of {", ".join(action.choices)}.'
        f'{did_you_mean(value, action.choices)}',
      )

  def error(self, message: str) -> NoReturn:
    """Raises what argparse would print.

    Raises:
      FlagError: always.
    """
    text = message[0].upper() + message[1:]
    end = '' if text[-1] in '.?' else '.'
    raise FlagError(f'{text}{end} See {self.prog} --help.')


def named_command(package: str) -> Callable[[argparse.Namespace], None]:
  """Returns what runs `PACKAGE.NAME_command.run(args)`.

  Args:
    package: of the commands, one module each. NAME is `args.command`; its
      module is imported after the flags were read.
  """

  def command(args: argparse.Namespace) -> None:
    importlib.import_module(f'{package}.{args.command}_command').run(args)

  return command


def main(
  create_parser: Callable[[str], Parser],
  command: Callable[[argparse.Namespace], None],
  argv: Sequence[str] | None,
  program: str,
) -> int:
  """Reads the flags, then runs a command.

  Args:
    create_parser: makes the command's parser, called with `program`.
    command: called with the flags; imports what is slow to import.
    argv: the flags; None for those of the process.
    program: what the user typed before the flags.

  Returns:
    See `run`.

  Raises:
    SystemExit: help was asked for.
  """
  return run(lambda: command(create_parser(program).parse_args(argv)))


def run(command: Callable[[], None]) -> int:
  """Runs a command; a user's mistake is one line on stderr.

  Args:
    command: it may raise `KeyboardInterrupt` with a message for the user.

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
  except KeyboardInterrupt as stop:
    print(str(stop) or 'Stopped.', file=sys.stderr)
    return _INTERRUPTED
  except BrokenPipeError:
    # The reader of our output has left; there is nothing to flush to.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
  except OSError as error:
    print(f'error: {error}: check that file or folder.', file=sys.stderr)
    return 1
  return 0
