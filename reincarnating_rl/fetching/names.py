"""Names that others gave their files, used as paths inside a folder."""

import posixpath
import unicodedata
from collections.abc import Iterable

from reincarnating_rl.fetching.errors import UnsafeNameError

PART = '.part'
RECORD = '.part.json'
# While a record is replaced; see `files.write_atomically`.
_RESERVED = (PART, RECORD, f'{RECORD}.tmp')
# File systems take 255 bytes; the longest reserved ending needs some of them.
_LONGEST = 255 - len(_RESERVED[-1])


def check(names: Iterable[str]) -> None:
  """Checks that every name is a file of its own, below one folder.

  Args:
    names: relative paths with slashes, from a listing, or hostile.

  Raises:
    UnsafeNameError: a name is absolute, climbs, has a part that no file can
      have or that ends like our unfinished files; or two names are the same
      file, or one is the folder of another, where case does not matter.
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
  """Says what is wrong with one name; None if nothing is."""
  parts = name.split('/')
  if name.startswith('/') or any(part in ('', '.', '..') for part in parts):
    return 'could lead out of the folder'
  if '\\' in name or any(unicodedata.category(c)[0] == 'C' for c in name):
    return 'has a backslash or a control character'
  if any(len(part.encode()) > _LONGEST for part in parts):
    return 'is too long'
  if any(part.casefold().endswith(_RESERVED) for part in parts):
    return 'ends as unfinished downloads do'
  return None


def _folded(name: str) -> str:
  """Returns the same for names that some file systems do not tell apart."""
  return unicodedata.normalize('NFC', name).casefold()


def _collision(one: str, other: str) -> UnsafeNameError:
  return UnsafeNameError(
    f'The files {one!r} and {other!r} would overwrite each other: nothing was '
    'fetched.'
  )
