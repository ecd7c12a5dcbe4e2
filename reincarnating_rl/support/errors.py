"""Errors that a user can fix."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

_T = TypeVar('_T')
_MOST_FILES = 3  # That one line names.


class UserError(Exception):
  """A user's mistake: the command line prints it as one line, no traceback.

  The message names the file or value that is wrong, and the fix.
  """


class MissingFileError(UserError):
  """A file or directory is missing, or lacks the expected content."""


class EmptyReplayError(MissingFileError):
  """A replay is whole and holds no step, as of an agent who has not played."""


class DamagedFileError(UserError):
  """A file is cut short, altered, or of another kind than expected."""


class UnknownNameError(UserError):
  """A name does not exist."""


class UnsafeFileError(UserError):
  """A file could run code."""


class NotFiniteError(UserError, ValueError):
  """A number is infinite or none, and nothing can be learnt from it."""


class DivergedError(NotFiniteError):
  """Training has gone astray: its numbers are none that can be used."""


class GameError(NotFiniteError):
  """A game answers with what is no finite number."""


def damaged_replay(path: object, what: str) -> DamagedFileError:
  """Returns the error for a damaged file of a replay."""
  return DamagedFileError(
    f'Replay file {path} {what}: copy it again from its source.'
  )


def incomplete_replay(missing: Sequence[str]) -> MissingFileError:
  """Returns the error for a replay that lacks files.

  Args:
    missing: their paths; at least one.
  """
  return MissingFileError(
    f'The replay lacks the file {", ".join(missing[:_MOST_FILES])}'
    f'{" and others" if len(missing) > _MOST_FILES else ""}: copy it from its '
    'source.'
  )


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
  """Returns the name that is most like another; case does not matter.

  Args:
    name: as a user wrote it.
    names: that exist.
    cutoff: how alike the two must be, from 0 (not at all) to 1 (equal).

  Returns:
    One of `names`; None where none is alike.
  """
  folded = {known.lower(): known for known in names}
  near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=cutoff)
  return folded[near[0]] if near else None


def did_you_mean(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
  """Returns the end of an error's line: ' Did you mean X?', or ''.

  Args:
    name: see `nearest`.
    names: see `nearest`.
    cutoff: see `nearest`.
  """
  near = nearest(name, names, cutoff)
  return f' Did you mean {near}?' if near else ''


def pick(kind: str, options: Mapping[str, _T], name: str) -> _T:
  """Returns the option that has a name.

  Args:
    kind: what the options are, for the message.
    options: by name.
    name: of the wanted option.

  Raises:
    UnknownNameError: there is no such option; the message lists all names.
  """
  if name not in options:
    raise UnknownNameError(
      f'Unknown {kind} {name!r}: choose one of {", ".join(options)}.'
      f'{did_you_mean(name, options)}'
    )
  return options[name]


def check_choice(setting: str, value: object, choices: Iterable[str]) -> None:
  """Refuses a setting that is none of its choices.

  Args:
    setting: as gin binds it, for the message.
    value: that it has.
    choices: in the order of the message.

  Raises:
    UserError: naming the setting, its value and the choices.
  """
  choices = tuple(choices)
  if value not in choices:
    raise UserError(
      f'{setting} is {value!r}: choose one of {", ".join(choices)}.'
    )


def first_line(error: Exception) -> str:
  """Returns the first line of an error's message, or its type's name."""
  return (str(error).strip() or type(error).__name__).splitlines()[0]


def name_of(factory: Any) -> str:
  """Returns the name of a class, a function or a partial of either."""
  factory = getattr(factory, 'func', factory)
  return getattr(factory, '__name__', type(factory).__name__)
