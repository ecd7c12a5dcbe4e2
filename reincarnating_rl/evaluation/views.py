"""Views of an analysis, as tables of a document."""

import itertools
import statistics
from collections.abc import Callable, Sequence

from reincarnating_rl.evaluation import tables, text
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.run import (
  OFFLINE,
  ONLINE,
  Evaluation,
  Run,
  Score,
)
from reincarnating_rl.evaluation.scales import Scale
from reincarnating_rl.evaluation.tables import Table
from reincarnating_rl.support.errors import UserError

_ROUNDED = 1000  # Runs overshoot their steps by less.
_LAST = 4  # Evaluations that tell where a student ends.
_DIAGNOSES = {
  'value of the best action': 'GreedyValue',
  'return that followed': 'DiscountedReturn',
  'TD error': 'TDError',
  'agrees with the teacher': 'TeacherAgreement',
  'KL from the teacher': 'TeacherKL',
  'action gap': 'ActionGap',
}


def markdown(table: Table) -> str:
  """Formats a table; its first column is to the left, numbers too."""
  names, rows = table
  lines = [names, ['---'] * len(names), *rows]
  return ''.join(
    f'| {" | ".join(text.one_line(x).replace("|", "/") for x in line)} |\n'
    for line in lines
  )


def evaluations(numbers: Analysis) -> Table:
  """Returns all evaluations of one method in one game, a column a seed.

  Raises:
    UserError: there are several methods or games.
  """
  runs = _of_one_method(numbers, 'evaluations')
  rows, named = [], ()
  if any(run.teacher for run in runs):
    named = ('λ until then',)
    random = (_plain(run.random) for run in runs)
    rows.append((f'random, {runs[0].random_source}', '', *random))
    rows.append(('teacher', '', *(_score(run.teacher) for run in runs)))
  every = list(itertools.zip_longest(*(run.evaluations for run in runs)))
  after = _after([[each for each in found if each] for found in every])
  for i, found in enumerate(every):
    scores = [_score(each and each.score) for each in found]
    told = (_coefficient(runs, i),) if named else ()
    rows.append((after[i], *told, *scores))
  seeds = (f'seed {run.seed}' for run in runs)
  return ('return after', *named, *seeds), rows


def games(numbers: Analysis) -> Table:
  """Returns the mean return of each method, a row a game."""
  rows = []
  for game in numbers.runs.games:
    scale = numbers.runs.scales.get(game)
    ends = (scale.random, scale.teacher) if scale else (None, None)
    row = [game, *map(_plain, ends)]
    for method in numbers.methods:
      runs = numbers.runs.of(method, game)
      scores = [tables.compared(numbers, run).score.mean for run in runs]
      row.append(_plain(sum(scores) / len(scores) if scores else None))
    rows.append(row)
  return ('game', 'random', 'teacher', *numbers.methods), rows


def runs(numbers: Analysis) -> Table:
  """Returns what each run came to."""
  rows = []
  for run in numbers.runs.runs:
    offline, last = run.of_phase(OFFLINE), run.evaluations[-1]
    rows.append(
      (
        *(run.game, run.method, run.seed, _score(run.teacher)),
        *(_score(offline[-1].score if offline else None), _score(last.score)),
        _after([[each] for each in run.evaluations])[-1],
      )
    )
  names = ('game', 'method', 'seed', 'teacher', 'offline', 'last', 'after')
  return names, rows


def stages(numbers: Analysis) -> Table:
  """Returns normalised scores by stage, the best end first.

  The stages are the end of the offline phase, the lowest evaluation online, and
  the last four evaluations. Each is a mean over seeds; the ends have the
  standard error of that mean, and the first column is their mean over the games
  that all methods have.

  Raises:
    UserError: a game has no teacher, a run was not evaluated online, or there
      is no game that all methods have.
  """
  methods, games = numbers.runs.methods, numbers.runs.games
  common = [g for g in games if all(numbers.runs.of(m, g) for m in methods)]
  if not common:
    raise UserError('stages need a game that all methods have')
  rows = []
  for method in methods:
    cells, ends = [], []
    for game in games:
      runs, scale = numbers.runs.of(method, game), numbers.runs.scales.get(game)
      if not scale or not all(run.of_phase(ONLINE) for run in runs):
        raise UserError(f'stages need a teacher and online steps in {game}')
      offline = [_normalized(run.of_phase(OFFLINE)[-1:], scale) for run in runs]
      online = [_normalized(run.of_phase(ONLINE), scale) for run in runs]
      last = [statistics.fmean(scores[-_LAST:]) for scores in online]
      lowest = [min(scores) for scores in online]
      cells += [
        _mean([x for scores in offline for x in scores]),
        _mean(lowest),
        _mean(last) + _stderr(last),
      ]
      ends += [statistics.fmean(last)] if game in common else []
    rows.append((statistics.fmean(ends), (method, _mean(ends), *cells)))
  names = (
    f'{game}, {stage}'
    for game in games
    for stage in ('offline', 'lowest', 'end')
  )
  ordered = sorted(rows, key=lambda row: -row[0])
  end = 'end' if len(common) == len(games) else f'end in {", ".join(common)}'
  return ('method', end, *names), [row for _, row in ordered]


def diagnoses(numbers: Analysis) -> Table:
  """Returns what one method's values were worth in one game, over its seeds.

  Raises:
    UserError: there are several methods or games, or a run has no diagnoses.
  """
  runs = _of_one_method(numbers, 'diagnoses')
  scale = numbers.runs.scales.get(runs[0].game)
  rows = []
  every = list(zip(*(run.evaluations for run in runs), strict=False))
  after = _after(every)
  for i, made in enumerate(every):
    found = [run.summary['rows'][i].get('diagnosis') for run in runs]
    if not scale or not all(found):
      raise UserError(
        'diagnoses need runs with a teacher and '
        'RunnerWithTeacher.diagnoses = True'
      )
    cells = (
      _mean([each[key] for each in found if key in each])
      for key in _DIAGNOSES.values()
    )
    rows.append((after[i], _mean(_normalized(made, scale)), *cells))
  return ('after', 'normalised', *_DIAGNOSES), rows


VIEWS: dict[str, Callable[[Analysis], Table]] = {
  'aggregates': tables.headline,
  'costs': tables.costs,
  'diagnoses': diagnoses,
  'evaluations': evaluations,
  'games': games,
  'runs': runs,
  'stages': stages,
}
WITH_INTERVALS = (tables.headline,)


def _of_one_method(numbers: Analysis, what: str) -> tuple[Run, ...]:
  """Returns the runs of the only method in the only game."""
  methods, games = numbers.runs.methods, numbers.runs.games
  if len(methods) > 1 or len(games) > 1:
    raise UserError(
      f'{what} are shown of one method in one game: choose by method= '
      f'of {", ".join(methods)} and game= of {", ".join(games)}'
    )
  return numbers.runs.of(methods[0], games[0])


def _normalized(made: Sequence[Evaluation], scale: Scale) -> list[float]:
  return [scale.normalize(evaluation.score.mean) for evaluation in made]


def _mean(values: Sequence[float]) -> str:
  return f'{statistics.fmean(values):.2f}' if values else ''


def _stderr(values: Sequence[float]) -> str:
  if len(values) < 2:
    return ''
  return f' ± {statistics.stdev(values) / len(values) ** 0.5:.2f}'


def _after(every: Sequence[Sequence[Evaluation]]) -> list[str]:
  """Returns when evaluations were made, of which each row has one a seed."""
  steps = [
    statistics.fmean(each.steps for each in made)
    for made in every
    if made[0].phase == ONLINE
  ]
  unit = _ROUNDED
  if len({0, *(round(x / unit) for x in steps)}) <= len(steps):
    unit = 1  # Rows would be alike, or after nothing.
  words = iter(f'{round(x / unit) * unit:,} online steps' for x in steps)
  return [
    next(words)
    if made[0].phase == ONLINE
    else f'{made[0].updates:,} offline updates'
    for made in every
  ]


def _coefficient(runs: tuple[Run, ...], i: int) -> str:
  """Returns λ before an evaluation, of all runs."""
  rows = [run.summary['rows'] for run in runs]
  found = [row[i].get('distill_coefficient') for row in rows if i < len(row)]
  values = [x for x in found if isinstance(x, int | float)]
  if not values:
    return ''
  ends = [
    f'{x:.2f}'.rstrip('0').rstrip('.') for x in (min(values), max(values))
  ]
  return ends[0] if ends[0] == ends[1] else ' to '.join(ends)


def _score(score: Score | None) -> str:
  return '' if score is None else text.score(score)


def _plain(value: float | None) -> str:
  return '' if value is None else f'{value:,.1f}'
