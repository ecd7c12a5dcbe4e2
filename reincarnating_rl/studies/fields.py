"""The values of a study file: each is read by what it must be."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, NoReturn, TypeVar

from reincarnating_rl.support.errors import UserError, did_you_mean, nearest

_T = TypeVar('_T')


class Fields:
  """A mapping of the file, each of whose keys must be known."""

  def __init__(self, file: str, where: str, value: Any) -> None:
    """Takes what YAML gave; `file` stays for messages.

    Args:
      file: its path, for messages.
      where: the mapping is in the file; '' for the whole.
      value: what should be a mapping.

    Raises:
      UserError: it is none, or a key of it is no text.
    """
    self.file, self._where = file, where
    self._values = value
    self._read: set[str] = set()
    if not isinstance(value, dict):
      self.refuse('', value, 'keys and values, as in `title: My study`')
    for key in value:
      if not isinstance(key, str):
        self.refuse('', key, "text; write it in quotes: '...'")

  def __contains__(self, key: str) -> bool:
    return key in self._values

  def refuse(self, key: str, value: Any, wanted: str) -> NoReturn:
    """Raises the error of a value.

    Raises:
      UserError: naming file, key, value, and what is wanted.
    """
    name = '.'.join(part for part in (self._where, key) if part)
    raise UserError(
      f'{self.file}: {name or "this file"} is {_shown(value)}: it must be '
      f'{wanted}.'
    )

  def get(
    self, key: str, read: Callable[[Any], _T], wanted: str, *default: _T
  ) -> _T:
    """Reads a value.

    Args:
      key: in this mapping.
      read: makes something of the value, or raises ValueError.
      wanted: what the value must be, for messages.
      *default: where there is no such key; without it, that is an error.

    Raises:
      UserError: the value is missing, or not what is wanted.
    """
    self._read.add(key)
    if key not in self._values:
      if default:
        return default[0]
      where = f' in {self._where}' if self._where else ''
      near = nearest(key, self._values)
      found = f' Is {near} a slip?' if near else ''
      raise UserError(
        f'{self.file}: {key} is missing{where}: it must be {wanted}.{found}'
      )
    value = self._values[key]
    try:
      return read(value)
    except ValueError:
      self.refuse(key, value, wanted)

  def inner(self, key: str) -> dict[str, 'Fields']:
    """Returns the mappings in a mapping, by name; empty where it is missing."""
    self._read.add(key)
    outer = self._at(key, self._values.get(key, {}))
    return {n: outer._at(n, value) for n, value in outer._values.items()}

  def one(self, key: str) -> 'Fields':
    """Returns a mapping in this one; empty where it is missing."""
    self._read.add(key)
    return self._at(key, self._values.get(key, {}))

  def items(self) -> Iterable[tuple[str, Any]]:
    """Returns keys and values, all of which count as read."""
    self._read |= set(self._values)
    return self._values.items()

  def choose(self, key: str, name: str, known: Collection[str]) -> str:
    """Returns a name that is one of those that are known.

    Raises:
      UserError: it is not; the message has the nearest.
    """
    if name not in known:
      where = '.'.join(part for part in (self._where, key) if part)
      raise UserError(
        f'{self.file}: {where} is {_shown(name)}: choose among '
        f'{", ".join(known) or "none"}.{did_you_mean(name, known)}'
      )
    return name

  def check(self) -> None:
    """Refuses keys that nothing has asked for.

    Raises:
      UserError: there is one; the message has the nearest that was asked for.
    """
    for key in self._values:
      if key not in self._read:
        where = f' of {self._where}' if self._where else ''
        raise UserError(
          f'{self.file}: there is no key {key!r}{where}: choose among '
          f'{", ".join(sorted(self._read))}.{did_you_mean(key, self._read)}'
        )

  def _at(self, key: str, value: Any) -> 'Fields':
    where = '.'.join(part for part in (self._where, key) if part)
    return Fields(self.file, where, value)


def _shown(value: Any) -> str:
  text = ascii(value)
  return text if len(text) <= 80 else f'{text[:77]}...'
