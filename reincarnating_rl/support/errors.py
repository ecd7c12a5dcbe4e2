"""Errors that are a user's to mend."""

from collections.abc import Mapping
from typing import Any, TypeVar

_T = TypeVar('_T')


class UserError(Exception):
  """A user's mistake: the command line prints it as one line, no traceback.

  The message names the file or value that is wrong, and the fix.
  """


class MissingFileError(UserError):
  """There is no such file or directory, or not what it should hold."""


class DamagedFileError(UserError):
  """A file is cut short, altered, or not of the kind that it should be."""


class UnknownNameError(UserError):
  """Something is named that does not exist."""


class UnsafeFileError(UserError):
  """A file asks for something that could run code."""


def damaged_replay(path: object, what: str) -> DamagedFileError:
  """Returns the error that a replay's file is not what it should be."""
  return DamagedFileError(
    f'Replay file {path} {what}: copy it again from where it came.'
  )


def pick(kind: str, options: Mapping[str, _T], name: str) -> _T:
  """Returns what has a name.

  Raises:
    UnknownNameError: nothing has; the message names all that do.
  """
  if name not in options:
    raise UnknownNameError(
      f'Unknown {kind} {name!r}: choose one of {", ".join(options)}.'
    )
  return options[name]


def first_line(error: Exception) -> str:
  """Returns what an error says first; the name of its type if nothing."""
  return (str(error).strip() or type(error).__name__).splitlines()[0]


def name_of(factory: Any) -> str:
  """Returns what a user calls a class, a function or a partial of either."""
  factory = getattr(factory, 'func', factory)
  return getattr(factory, '__name__', type(factory).__name__)
