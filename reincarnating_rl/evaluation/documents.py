"""Documents whose tables and pictures are made from logs.

What is made stands between two comments, of which the first says how:

  <!-- table: LOG.jsonl ... VIEW OPTION=VALUE ... -->
  <!-- end -->

  <!-- picture: LOG.jsonl ... NAME FILE.png OPTION=VALUE ... -->
  <!-- end -->

A VIEW is one of `views.VIEWS`, a NAME one of `pictures.BY_NAME`, an OPTION one
of `Options`. LABEL=LOG.jsonl names the method. A log's path begins in the
document's folder or in one above it, the path of a picture in the document's.
"""

import dataclasses
import pathlib
import re
import shlex
from typing import Any, NamedTuple

from reincarnating_rl.evaluation import (
  analysis,
  finding,
  pictures,
  results,
  views,
)
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import (
  MissingFileError,
  UserError,
  did_you_mean,
  pick,
)

_FEW = 2  # Draws, where nothing is shown of them.
_PART = re.compile(
  r'^<!-- (?P<kind>table|picture): (?P<mark>.*?) -->(?:\n|\Z)'
  r'(?P<old>(?:(?!<!-- ).*\n)*)'
  r'(?P<end><!-- end -->(?:\n|\Z))?',
  re.MULTILINE,
)


@dataclasses.dataclass(frozen=True)
class Options:
  """What a mark may say beside what it shows.

  Attributes:
    method: the methods that are shown, with commas between; None for all.
    game: the games that are shown, the same.
    at: online steps at which methods are compared; None as in a report.
    scale_of: see `results.load_runs`.
    seed: of the bootstrap.
    reps: draws for each interval.
  """

  method: str | None = None
  game: str | None = None
  at: float | None = None
  scale_of: str | None = None
  seed: int = 0
  reps: int = 2000


class Made(NamedTuple):
  """A document as its logs make it."""

  text: str
  pictures: dict[pathlib.Path, bytes]
  num_tables: int


def make(path: pathlib.Path, *, draws: bool = True) -> Made:
  """Makes the tables and pictures of a document; writes nothing.

  Args:
    path: of the document.
    draws: whether pictures are drawn, too.

  Raises:
    UserError: there is no such document or log, or a mark makes no sense.
  """
  if not path.is_file():
    raise MissingFileError(f'There is no document {path}.')
  maker = _Maker(path, draws)
  text = path.read_text(encoding='utf-8')
  return Made(_PART.sub(maker.part, text), maker.pictures, maker.num_tables)


def write(path: pathlib.Path) -> Made:
  """Makes a document and writes it, and its pictures.

  Raises:
    UserError: see `make`; or a file cannot be written.
  """
  made = make(path)
  for place, data in made.pictures.items():
    files.write_for_user(str(place), data)
  files.write_for_user(str(path), made.text.encode())
  return made


class _Maker:
  """Makes the parts of one document."""

  def __init__(self, path: pathlib.Path, draws: bool) -> None:
    self._path, self._draws = path, draws
    self._analyses: dict[Any, Analysis] = {}
    self.pictures: dict[pathlib.Path, bytes] = {}
    self.num_tables = 0

  def part(self, match: re.Match[str]) -> str:
    """Returns a part with both of its comments."""
    line = match.string.count('\n', 0, match.start()) + 1
    place = f'{self._path}:{line}'
    try:
      if match['end'] is None:
        raise UserError('its <!-- end --> is missing')
      made = self._made(match['kind'], shlex.split(match['mark']))
    except (UserError, ValueError) as error:
      raise UserError(f'{place}: {error}') from error
    # Some readers of Markdown want tables to stand alone.
    mark = f'<!-- {match["kind"]}: {match["mark"]} -->'
    return f'{mark}\n\n{made}\n{match["end"]}'

  def _made(self, kind: str, words: list[str]) -> str:
    logs = [word for word in words if word.endswith(finding.LOG_ENDING)]
    shown = [w for w in words if w not in logs and '=' not in w]
    options = _options([w for w in words if w not in logs and '=' in w])
    wanted = {'table': 'VIEW', 'picture': 'NAME FILE.png'}[kind]
    if not logs or len(shown) != len(wanted.split()):
      raise UserError(f'a {kind} is LOG.jsonl {wanted} OPTION=VALUE')
    if kind == 'table':
      self.num_tables += 1
      view = pick('view', views.VIEWS, shown[0])
      if view not in views.WITH_INTERVALS:
        options = dataclasses.replace(options, reps=_FEW)
      return views.markdown(view(self._numbers(logs, options)))
    picture = pick('picture', pictures.BY_NAME, shown[0])
    if self._draws:
      data = pictures.light(self._numbers(logs, options), picture)
      self.pictures[self._path.parent / shown[1]] = data
    return f'![{picture.title}]({shown[1]})\n'

  def _numbers(self, logs: list[str], options: Options) -> Analysis:
    key = (*logs, options)
    if key not in self._analyses:
      runs = results.load_runs(
        [self._found(log) for log in logs], scale_of=options.scale_of
      )
      _only(runs, 'method', options.scale_of)  # It is there.
      for field in ('method', 'game'):
        runs = _only(runs, field, getattr(options, field))
      self._analyses[key] = analysis.analyse(
        runs, at=options.at, seed=options.seed, reps=options.reps
      )
    return self._analyses[key]

  def _found(self, log: str) -> str:
    label, path = finding.split(log)
    for folder in self._path.absolute().parents:
      if (folder / path).is_file():
        found = str(folder / path)
        return found if label is None else f'{label}={found}'
    raise MissingFileError(f'there is no log {path}: make it, by report --log')


def _only(runs: results.Runs, field: str, names: str | None) -> results.Runs:
  """Returns the runs of some methods or games."""
  if names is None:
    return runs
  wanted = names.split(',')
  known = {getattr(run, field) for run in runs.runs}
  for name in wanted:
    if name not in known:
      raise UserError(
        f'no run has the {field} {name!r}.{did_you_mean(name, known)}'
      )
  kept = [run for run in runs.runs if getattr(run, field) in wanted]
  return runs._replace(runs=tuple(kept))


def _options(words: list[str]) -> Options:
  kinds = {'at': float, 'seed': int, 'reps': int}
  given = {}
  for word in words:
    name, _, value = word.partition('=')
    pick('option', Options.__dataclass_fields__, name)
    given[name] = kinds.get(name, str)(value)
  if given.get('reps', 1) < 1:
    raise UserError('reps is less than 1: nothing would be drawn')
  return Options(**given)
