"""Views of an analysis, as tables of a document."""

from collections.abc import Callable

from reincarnating_rl.evaluation import tables, text
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.run import OFFLINE, Evaluation, Run, Score
from reincarnating_rl.evaluation.tables import Table
from reincarnating_rl.support.errors import UserError

_ROUNDED = 1000  # Runs overshoot their steps by less.


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
  methods, games = numbers.runs.methods, numbers.runs.games
  if len(methods) > 1 or len(games) > 1:
    raise UserError(
      'evaluations are shown of one method in one game: choose by method= '
      f'of {", ".join(methods)} and game= of {", ".join(games)}'
    )
  runs = numbers.runs.of(methods[0], games[0])
  rows, named = [], ()
  if any(run.teacher for run in runs):
    named = ('λ until then',)
    random = (_plain(run.random) for run in runs)
    rows.append((f'random, {runs[0].random_source}', '', *random))
    rows.append(('teacher', '', *(_score(run.teacher) for run in runs)))
  for i in range(max(len(run.evaluations) for run in runs)):
    found = [dict(enumerate(run.evaluations)).get(i) for run in runs]
    made = [evaluation for evaluation in found if evaluation]
    scores = [_score(each and each.score) for each in found]
    told = (_coefficient(runs, i),) if named else ()
    rows.append((_after(made), *told, *scores))
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
        _after([last]),
      )
    )
  names = ('game', 'method', 'seed', 'teacher', 'offline', 'last', 'after')
  return names, rows


VIEWS: dict[str, Callable[[Analysis], Table]] = {
  'aggregates': tables.headline,
  'costs': tables.costs,
  'evaluations': evaluations,
  'games': games,
  'runs': runs,
}
WITH_INTERVALS = (tables.headline,)


def _after(made: list[Evaluation]) -> str:
  """Returns when evaluations were made, which are one of each seed."""
  first = made[0]
  if first.phase == OFFLINE:
    return f'{first.updates:,} offline updates'
  steps = sum(each.steps for each in made) / len(made)
  return f'{round(steps / _ROUNDED) * _ROUNDED:,} online steps'


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
