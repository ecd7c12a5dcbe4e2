"""What trains in a study: the teachers, the variants, and grids of them."""

import itertools
from collections.abc import Mapping
from typing import Any

from reincarnating_rl.studies import values
from reincarnating_rl.studies.fields import Fields
from reincarnating_rl.studies.study import Resources, Stored, Variant
from reincarnating_rl.support.setting_types import MOST_SEED

_NO_METHOD = 'none'
_TEXT = 'a text of one line'
_TEXTS = 'a text, or a list of different texts'
_BINDINGS = 'a gin binding `NAME = VALUE`, or a list of different ones'
_FOLDER = 'the name of a folder: letters, digits, and _ . + - /'
_NUMBER = 'a whole number of 0 or more'
_TRUTH = 'true or false'


class Entries:
  """Reads teachers and variants, which share defaults."""

  def __init__(self, file: Fields, games: tuple[str, ...]) -> None:
    """Reads the defaults.

    Args:
      file: the whole file.
      games: of the study.
    """
    self._file, self._games = file, games
    self._resources = _resources(file.one('resources'), Resources())
    self._family = file.get('family', values.text, _TEXT, '')
    self._budget = file.get('budget', values.texts, _TEXTS, ())
    self._runs = file.get('runs', values.folder, _FOLDER, 'students')
    self._one_program = file.get('one_program', values.truth, _TRUTH, False)

  def teachers(self) -> dict[str, Variant | Stored]:
    """Reads the teachers; each comes after the one that it learns from."""
    entries = self._file.inner('teachers')
    found = {name: self._teacher(name, e) for name, e in entries.items()}
    for name, teacher in found.items():
      if (own := _own(teacher)) is not None:
        entries[name].choose('teacher', own, found)
    return self._sorted(found)

  def variants(
    self, teachers: Mapping[str, Variant | Stored]
  ) -> dict[str, Variant]:
    """Reads the variants that are written out, and those of the grid."""
    first = next(iter(teachers), None)
    found = {}
    written, grid = self._file.inner('variants'), _grid(self._file)
    for name in written:
      if name in grid:
        grid[name].refuse('', name, 'a name that no variant has')
    for name, entry in (written | grid).items():
      if set('=\n,') & set(name) or not name.strip():
        entry.refuse('', name, 'a name without = and , and line breaks')
      one_program = entry.get(
        'one_program', values.truth, _TRUTH, self._one_program
      )
      variant = self._variant(entry, self._runs, self._budget, first)._replace(
        one_program=one_program
      )
      if variant.teacher is not None:
        entry.choose('teacher', variant.teacher, teachers)
      found[name] = variant
    if not found:
      self._file.refuse('variants', {}, 'at least one variant, or a grid')
    return found

  def _teacher(self, name: str, entry: Fields) -> Variant | Stored:
    if 'folders' in entry:
      folders = self._by_game(entry, 'folders', values.text, 'a folder')
      for game in self._games:
        if game not in folders:
          entry.refuse('folders', folders, f'a folder for {game}, too')
      agent = entry.get('teacher_agent', values.text, _TEXT, None)
      entry.check()
      return Stored(folders, agent)
    seed = entry.get('seed', values.number(0, MOST_SEED), _NUMBER, 0)
    return self._variant(entry, f'teachers/{name}', (), None)._replace(
      seed=seed
    )

  def _variant(
    self,
    entry: Fields,
    runs: str,
    budget: tuple[str, ...],
    teacher: str | None,
  ) -> Variant:
    agent = _agent(entry)
    composed = (f'{self._family}/{agent}.gin'.removeprefix('/'),)
    found = Variant(
      runs=entry.get('runs', values.folder, _FOLDER, runs),
      agent=agent,
      gin_files=entry.get('gin_files', values.texts, _TEXTS, composed)
      + entry.get('budget', values.texts, _TEXTS, budget),
      bindings=entry.get('bindings', values.bindings, _BINDINGS, ()),
      per_game=self._by_game(entry, 'per_game', values.bindings, _BINDINGS),
      teacher=entry.get('teacher', values.optional, _TEXT, teacher),
      teacher_checkpoint=entry.get(
        'checkpoint', values.number(0), _NUMBER, None
      ),
      resources=_resources(entry.one('resources'), self._resources),
    )
    entry.check()
    return found

  def _by_game(
    self, entry: Fields, key: str, read: Any, wanted: str
  ) -> dict[str, Any]:
    inner = entry.one(key)
    for game, _ in inner.items():
      entry.choose(key, game, self._games)
    return {game: inner.get(game, read, wanted) for game, _ in inner.items()}

  def _sorted(
    self, teachers: Mapping[str, Variant | Stored]
  ) -> dict[str, Variant | Stored]:
    found: dict[str, Variant | Stored] = {}
    waiting = dict(teachers)
    while waiting:
      ready = [n for n, t in waiting.items() if _own(t) not in waiting]
      if not ready:
        self._file.refuse(
          'teachers',
          list(waiting),
          'teachers of whom one learns without a teacher',
        )
      found |= {name: waiting.pop(name) for name in ready}
    return found


def _own(teacher: Variant | Stored) -> str | None:
  return teacher.teacher if isinstance(teacher, Variant) else None


def _agent(entry: Fields) -> str:
  """Returns the agent that an entry names, whole or by method and student."""
  if 'method' not in entry and 'student' not in entry:
    return entry.get('agent', values.text, 'an agent, such as qdagger_dqn')
  method = entry.get('method', values.text, 'a method, or none')
  student = entry.get('student', values.text, 'a student, such as dqn')
  return student if method == _NO_METHOD else f'{method}_{student}'


def _grid(file: Fields) -> dict[str, Fields]:
  """Returns every combination of one value of each axis, by a joint name."""
  axes = []
  for axis, points in file.one('grid').items():
    if isinstance(points, list) and points:
      axes.append([(str(point), {axis: point}) for point in points])
    elif isinstance(points, dict) and points:
      axes.append([(str(label), point) for label, point in points.items()])
    else:
      file.refuse(f'grid.{axis}', points, 'a list of values, or a mapping')
  found = {}
  for chosen in itertools.product(*axes) if axes else ():
    # What all have in common tells nothing.
    labels = [
      label
      for (label, _), axis in zip(chosen, axes, strict=True)
      if len(axis) > 1 or len(axes) == 1
    ]
    name = ' '.join(labels) or chosen[0][0]
    if name in found:
      file.refuse('grid', name, 'axes whose labels tell all their points apart')
    found[name] = _merged(file, f'grid.{name}', [part for _, part in chosen])
  return found


def _merged(file: Fields, where: str, parts: list[Any]) -> Fields:
  """Returns what the values of a combination say; bindings add up."""
  merged: dict[str, Any] = {}
  for part in parts:
    for key, value in Fields(file.file, where, part).items():
      if key == 'bindings':
        value = [*merged.get(key, ()), *_list(value)]
      elif key == 'per_game':
        earlier, more = merged.get(key, {}), Fields(file.file, where, value)
        value = earlier | {
          game: [*earlier.get(game, ()), *_list(bindings)]
          for game, bindings in more.items()
        }
      elif key in merged:
        file.refuse(f'{where}.{key}', value, 'set by one axis alone')
      merged[key] = value
  return Fields(file.file, where, merged)


def _list(bindings: Any) -> list[Any]:
  return bindings if isinstance(bindings, list) else [bindings]


def _resources(entry: Fields, default: Resources) -> Resources:
  whole = 'a whole number of 1 or more'
  fraction = 'a number from 0.01 to 1'
  found = Resources(
    entry.get('cpus', values.number(1), whole, default.cpus),
    entry.get(
      'gpus', values.gpus, 'a fraction or a whole number', default.gpus
    ),
    entry.get('memory', values.size, 'such as 4 GB', default.memory),
    entry.get(
      'gpu_memory_fraction',
      values.number(0.01, 1, float),
      fraction,
      default.gpu_memory_fraction,
    ),
  )
  entry.check()
  return found
