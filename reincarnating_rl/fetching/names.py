"""Checks file names from listings before they become paths."""

import posixpath
import unicodedata
from collections.abc import Iterable

from reincarnating_rl.fetching.errors import UnsafeNameError

PART = '.part'
RECORD = '.part.json'
# The last one exists while a record is written; see `write_atomically`.
_RESERVED = (PART, RECORD, f'{RECORD}.tmp')
# File systems allow 255 bytes, including the longest reserved ending.
_LONGEST = 255 - len(_RESERVED[-1])


def check(names: Iterable[str]) -> None:
  """Checks that every name is a distinct file below one folder.

  Args:
    names: relative paths with slashes, from an untrusted listing.

  Raises:
    UnsafeNameError: a name is absolute, leads out of the folder, has an
      invalid part, or ends like our partial files; or, ignoring case, two
      names are the same file or one is the folder of another.
  """
  files: dict[str, str] = {}
  for name in names:
    fault = _fault(name)
    if fault:
      raise UnsafeNameError(
        f'The file name {name!r} {fault}: nothing was fetched.'
      )
    other = files.setdefault(_folded(name), name)
    if other != name:
      raise _collision(other, name)
  for folded, name in files.items():
    while folded := posixpath.dirname(folded):
      if folded in files:
        raise _collision(files[folded], name)


def _fault(name: str) -> str | None:
  """Returns what is wrong with a name; None if nothing is."""
  parts = name.split('/')
  if name.startswith('/') or any(part in ('', '.', '..') for part in parts):
    return 'could lead out of the folder'
  if '\\' in name or any(unicodedata.category(c)[0] == 'C' for c in name):
    return 'has a backslash or a control character'
  if any(len(part.encode()) > _LONGEST for part in parts):
    return 'is too long'
  if any(part.casefold().endswith(_RESERVED) for part in parts):
    return 'ends like a partial download'
  return None


def _folded(name: str) -> str:
  """Returns the same text for names that some file systems confuse."""
  return unicodedata.normalize('NFC', name).casefold()


def _collision(one: str, other: str) -> UnsafeNameError:
  return UnsafeNameError(
    f'The files {one!r} and {other!r} would overwrite each other: nothing was '
    'fetched.'
  )
