"""The shipped configurations: files, and names that are composed of files.

`minatar/jsrl_dqn.gin` need not be a file: its name says which student, method
and game it includes (docs/configurations.md). Real files come first.
"""

import functools
import itertools
import os
import re
from pathlib import Path

from reincarnating_rl.envs.games import DEFAULT, GAMES
from reincarnating_rl.methods.settings import NoSettings
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.students import STUDENTS
from reincarnating_rl.support import shipped
from reincarnating_rl.support.errors import UserError, nearest

SHIPPED = shipped.FOLDER
_PARTS = ('students', 'methods', 'games')
PATTERN = '[FAMILY/][METHOD_]STUDENT.gin'


@functools.cache
def files() -> frozenset[str]:
  """Returns the names of the real files, such as `games/atari.gin`."""
  return frozenset(
    path.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob('*.gin')
  )


@functools.cache
def macros() -> frozenset[str]:
  """Returns the macros that the real files bind, such as `DECAY_PERIOD`."""
  texts = ((SHIPPED / name).read_text(encoding='utf-8') for name in files())
  return frozenset(re.findall(r'^(\w+) =', '\n'.join(texts), re.MULTILINE))


@functools.cache
def composed() -> dict[str, tuple[str, ...]]:
  """Returns what each composed name includes, in the order of inclusion.

  Returns:
    Names of real files, by `[FAMILY/][METHOD_]STUDENT.gin`. Those of Atari are
    there with its name and without.
  """
  found = {}
  for family, method, student in itertools.product(GAMES, METHODS, STUDENTS):
    if not _fit(family, method, student):
      continue
    parts = _parts(family, method, student)
    if not files().issuperset(parts):
      continue  # An entry of a table that has no file yet.
    name = f'{method}_{student}.gin'.removeprefix('_')
    found[f'{family}/{name}'] = parts
    if family == DEFAULT:
      found[name] = parts
  return found


def _fit(family: str, method: str, student: str) -> bool:
  actions = STUDENTS[student].actions
  return all(actions in x.actions for x in (GAMES[family], METHODS[method]))


def _parts(family: str, method: str, student: str) -> tuple[str, ...]:
  """Returns the files of a student, a method and a game; special ones last."""
  special = (STUDENTS[student].actions, student, *_relatives(method))
  optional = [f'games/{family}/{name}.gin' for name in special]
  return (
    f'students/{student}.gin',
    f'methods/{_file_of(method)}.gin',
    f'games/{family}.gin',
    *(name for name in optional if name in files()),
  )


def _relatives(method: str) -> tuple[str, ...]:
  """Returns the first method with the same settings, and the method."""
  settings = METHODS[method].settings
  if settings is NoSettings:
    return (_file_of(method),)
  first = next(name for name, m in METHODS.items() if m.settings is settings)
  return tuple(dict.fromkeys((_file_of(first), _file_of(method))))


def _file_of(method: str) -> str:
  return method or 'tabula_rasa'


def _official_students() -> tuple[str, ...]:
  return tuple(n for n, kind in STUDENTS.items() if not kind.is_continuous)


@functools.cache
def _old_names() -> dict[str, tuple[str, ...]]:
  """Returns what the names of the former `base/` include."""
  students = {
    name: (f'students/{name}.gin', f'games/{DEFAULT}.gin')
    for name in (*_official_students(), 'common')
  }
  games = {name: (f'games/{name}.gin',) for name in GAMES}
  found = students | games | {'qdagger': ('methods/qdagger.gin',)}
  found['student'] = found.pop('common')
  return {f'base/{name}.gin': parts for name, parts in found.items()}


def _key(name: str) -> str:
  """Returns a name as `files` and `composed` have it."""
  name = Path(name).as_posix()
  for prefix in shipped.PREFIXES:
    name = name.removeprefix(prefix)
  return name


def is_shipped(name: str) -> bool:
  """Says whether a name is that of a shipped file, or is composed of some.

  Args:
    name: with or without `configs/` or `reincarnating_rl/configs/`, or
      `SHIPPED`, before it.
  """
  key = _key(name)
  return any(key in names for names in (files(), composed(), _old_names()))


def read(name: str) -> str:
  """Returns the text of a shipped file, or of a composed one.

  Args:
    name: for which `is_shipped` holds.
  """
  key = _key(name)
  if key in files():
    return (SHIPPED / key).read_text(encoding='utf-8')
  parts = composed().get(key) or _old_names()[key]
  paths = (f'{SHIPPED.as_posix()}/{part}' for part in parts)
  return ''.join(f'include {path!r}\n' for path in paths)


def find(name: str) -> str:
  """Finds a configuration.

  Args:
    name: a path, or a name such as `qdagger_dqn.gin`, or `configs/` and that;
      the official code's `reincarnating_rl/configs/` is understood.

  Returns:
    A path. One that is no file is composed: see `read`.

  Raises:
    UserError: there is none, with the nearest name among the shipped ones.
  """
  if Path(name).is_file():
    return os.fspath(Path(name))
  if is_shipped(name):
    return f'{SHIPPED.as_posix()}/{_key(name)}'
  recipes = sorted(n for n in files() if n.split('/')[0] not in _PARTS)
  near = nearest(_wanted(name), [*composed(), *files()], cutoff=0.3)
  hint = f' Did you mean configs/{near}?' if near else ''
  raise UserError(
    f'There is no gin file {name}, here or among the shipped ones '
    f'({PATTERN}, {", ".join(recipes)}).{hint}'
  )


def _wanted(name: str) -> str:
  """Returns the end of a wrong name that shipped names are compared with."""
  path = Path(name)
  folders = {Path(n).parent.name for n in (*composed(), *files())} - {''}
  is_folder = path.parent.name in folders
  return f'{path.parent.name}/{path.name}' if is_folder else path.name
