"""Each run on the page: where its student comes from, and how to repeat it."""

from reincarnating_rl.evaluation import text
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.lineage_tree import (
  Ancestor,
  ancestors,
)
from reincarnating_rl.evaluation.markup import (
  Markup,
  element,
  join,
)
from reincarnating_rl.evaluation.run import Run


def sections(analysis: Analysis) -> Markup:
  """Makes a section a method, and in it one a run; all are closed."""
  return join(
    element(
      'details',
      element('summary', element('b', method), f' – {_count(runs)}'),
      *(_run(analysis, run) for run in runs),
    )
    for method in analysis.ranking or analysis.runs.methods
    if (runs := _runs(analysis, method))
  )


def _runs(analysis: Analysis, method: str) -> list[Run]:
  return [
    run
    for game in analysis.runs.games
    for run in analysis.runs.of(method, game)
  ]


def _count(runs: list[Run]) -> str:
  return text.count(len(runs), 'run')


def _run(analysis: Analysis, run: Run) -> Markup:
  last = run.evaluations[-1]
  scale = analysis.runs.scales.get(run.game)
  normalized = ''
  if scale is not None:
    normalized = f', {scale.normalize(last.score.mean):.2f} of the teacher'
  seconds = sum(run.seconds.values())
  return element(
    'details',
    element(
      'summary',
      f'{run.game}, seed {run.seed} ',
      element(
        'span',
        f'ends with {text.score(last.score)}{normalized}, '
        f'{text.duration(seconds)}',
        class_='muted',
      ),
    ),
    _tree(ancestors(run.lineage)),
    *_reproduction(run),
    element('p', f'Read from {run.path}', class_='caption'),
  )


def _tree(line: tuple[Ancestor, ...]) -> Markup:
  """Nests the ancestors, the student first."""
  nested = Markup('')
  for ancestor in reversed(line):
    facts = (element('li', fact, class_='muted') for fact in ancestor.facts)
    inside = join((*facts, nested))
    nested = element(
      'li',
      element('b', ancestor.title),
      *([element('ul', inside)] if inside else []),
    )
  return element('ul', nested, class_='tree')


def _reproduction(run: Run) -> list[Markup]:
  lineage = run.lineage
  started = lineage.get('started_as')
  parts = []
  if isinstance(started, dict) and started.get('command'):
    parts.append(element('pre', started['command'], class_='command'))
  else:
    parts.append(
      element('p', 'Its command was not recorded.', class_='caption')
    )
  versions = lineage.get('versions')
  if isinstance(versions, dict):
    shown = [f'{name} {v}' for name, v in versions.items() if v]
    shown.append(f'python {lineage.get("python", "?")}')
    shown.append(f'on {lineage.get("backend", "?")}')
    parts.append(element('p', ', '.join(shown), class_='caption'))
  if lineage.get('gin'):
    parts.append(
      element(
        'details',
        element('summary', 'All settings'),
        element('pre', lineage['gin']),
      )
    )
  return parts
