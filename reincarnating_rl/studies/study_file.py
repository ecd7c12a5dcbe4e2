"""Finds and reads a study file; docs/studies.md describes it."""

import pathlib
from collections.abc import Collection, Mapping
from typing import Any

from reincarnating_rl.studies import values, yaml_file
from reincarnating_rl.studies.entries import Entries
from reincarnating_rl.studies.fields import Fields
from reincarnating_rl.studies.study import Study, Table, Variant
from reincarnating_rl.support import shipped
from reincarnating_rl.support.errors import UserError, did_you_mean

FOLDER = shipped.FOLDER / 'studies'
_SUFFIX = '.yaml'
_BASE = 'base'
# What a study compares is its own; of its base it has the rest.
_OWN = {'title', 'variants', 'grid', 'tables'}
_RETRIES = 3
_TEXT = 'a text of one line'
_TEXTS = 'a text, or a list of different texts'


def shipped_names() -> list[str]:
  """Returns the names of the shipped studies."""
  return sorted(path.stem for path in FOLDER.glob(f'*{_SUFFIX}'))


def find(name: str) -> pathlib.Path:
  """Finds a study file.

  Args:
    name: a path, or a shipped study's name, as in `configs/studies/NAME.yaml`.

  Raises:
    UserError: there is none, with the nearest name among the shipped ones.
  """
  path = pathlib.Path(name).expanduser()
  if path.is_file():
    return path
  short = path.as_posix()
  for prefix in (*shipped.PREFIXES, 'studies/'):
    short = short.removeprefix(prefix)
  short = short.removesuffix(_SUFFIX)
  if short in shipped_names():
    return FOLDER / f'{short}{_SUFFIX}'
  raise UserError(
    f'There is no study file {name}, here or among the shipped ones '
    f'({", ".join(shipped_names())}).'
    f'{did_you_mean(path.stem, shipped_names(), cutoff=0.4)}'
  )


def read(path: pathlib.Path) -> Study:
  """Reads and checks a file.

  Raises:
    UserError: it says something that is not understood; the message has the
      file, the key and the nearest right one.
  """
  file = _with_base(Fields(str(path), '', yaml_file.read(path)))
  title = file.get('title', values.text, _TEXT)
  games = file.get('games', values.some_texts, _TEXTS)
  entries = Entries(file, games)
  teachers = entries.teachers()
  variants = entries.variants(teachers)
  study = Study(
    games=games,
    game_setting=file.get('game_setting', values.text, _TEXT),
    seeds=file.get(
      'seeds',
      values.seeds,
      'how many there are, at most 1000, or a list of different numbers',
    ),
    teachers=teachers,
    variants=variants,
    tables=_tables(file, title, variants),
    retries=file.get(
      'retries', values.number(0, 1000), 'a whole number of 0 or more', _RETRIES
    ),
  )
  file.check()
  return study


def _with_base(file: Fields) -> Fields:
  """Returns a file's keys, and those of its base that it does not have.

  Teachers of both are there, the base's first: runs of the first teacher have
  the folders that studies share.
  """
  name = file.get(_BASE, values.text, _TEXT, None)
  if name is None:
    return file
  beside = pathlib.Path(file.file).parent / name
  path = beside if beside.is_file() else find(name)
  base = Fields(str(path), '', yaml_file.read(path))
  if _BASE in base:
    file.refuse(_BASE, name, 'a study without a base of its own')
  whole = read(path)  # A mistake of the base's is told as such.
  games = file.get('games', values.some_texts, _TEXTS, whole.games)
  teachers = {
    name: _of_games(entry, games)
    for name, entry in base.inner('teachers').items()
  }
  merged = {key: value for key, value in base.items() if key not in _OWN}
  merged |= file.items()
  merged['teachers'] = teachers | dict(file.one('teachers').items())
  del merged[_BASE]
  return Fields(f'{file.file} (with {path})', '', merged)


def _of_games(teacher: Fields, games: Collection[str]) -> dict[str, Any]:
  """Returns a teacher's keys without what they say of other games."""
  found = dict(teacher.items())
  for key in {'per_game', 'folders'} & set(found):
    found[key] = {g: v for g, v in teacher.one(key).items() if g in games}
  return found


def _tables(
  file: Fields, title: str, variants: Mapping[str, Variant]
) -> dict[str, Table]:
  found = {}
  for name, entry in file.inner('tables').items():
    if not name.replace('_', '').replace('-', '').isalnum():
      entry.refuse('', name, 'a name of letters, digits, - and _')
    table = Table(
      entry.get('title', values.text, _TEXT, title),
      entry.get('variants', values.some_texts, _TEXTS, tuple(variants)),
      entry.get('scale_of', values.text, 'the name of a variant', None),
    )
    entry.check()
    for variant in table.variants:
      entry.choose('variants', variant, variants)
    if table.scale_of is not None:
      entry.choose('scale_of', table.scale_of, table.variants)
    found[name] = table
  return found or {'all': Table(title, tuple(variants))}
