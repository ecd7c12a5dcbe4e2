"""The card of a student, `README.md`: what the hub shows, and understands."""

import itertools
import pathlib
import re
import shlex
from typing import Any, NamedTuple

from reincarnating_rl.evaluation import provenance, summary, views
from reincarnating_rl.evaluation.text import one_line, printable
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.publishing.source import Source
from reincarnating_rl.students import STUDENTS

LIBRARY = 'reincarnating_rl'
_TASK = 'reinforcement-learning'  # As the hub calls it.
_TEMPLATE = pathlib.Path(__file__).parent / 'templates' / 'card.md'
_COLUMNS = ('policy', 'return', 'episodes', 'normalised', 'steps', 'updates')
# A folder into which `fetch` has put a repository of the hub.
_FETCHED = re.compile(r'(?:^|[\\/])(\w[\w.]*(?:-[\w.]+)*)--(\w[\w.-]*)[\\/]')


class Names(NamedTuple):
  """How papers write what learnt, and how; None where nothing tells."""

  method: str | None
  student: str | None

  def __str__(self) -> str:
    return ' '.join(filter(None, self)) or 'agent'


def names(agent: str) -> Names:
  """Returns the method and the student of an agent.

  Args:
    agent: as `--agent` takes it; of older runs, the name of its class.
  """
  for method, student in itertools.product(METHODS, STUDENTS):
    if agent == f'{method}_{student}'.removeprefix('_'):
      title = METHODS[method].title if method else None
      return Names(title, STUDENTS[student].title)
  return Names(None, None if agent == 'unknown' else one_line(agent, 60))


def make(
  source: Source, repository: str, *, license_name: str, video: str | None
) -> str:
  """Makes the card.

  Args:
    source: the run, without private paths.
    repository: `<owner>/<name>`.
    license_name: of the parameters, as the hub spells it.
    video: name of the video's file; None if there is none.

  Returns:
    Markdown, behind the YAML that the hub reads.
  """
  from huggingface_hub import ModelCard

  run, lineage = source.run, source.run.lineage
  stretches = provenance.stretches(lineage)
  student, *teachers = provenance.ancestors(lineage)
  title = str(_names(source))
  game = ':'.join(filter(None, (source.module, source.game)))
  card = ModelCard.from_template(
    _data(source, repository, license_name),
    template_path=str(_TEMPLATE),
    title=f'{title} of {source.game}' if source.game else title,
    agent=_code(run.method) if run.method != 'unknown' else None,
    game=source.game and _code(game),
    quoted_game=_code(shlex.quote(game)),
    module=source.module and _code(source.module),
    repository=repository,
    folder=repository.replace('/', '--'),
    scores=_scores(run.summary),
    is_measured=source.is_measured,
    facts=_list(student.facts),
    teachers=[(_word(t.title), _list(t.facts)) for t in teachers],
    origin=_origin(lineage.get('teacher')),
    converted=_converted(source),
    has_network=source.checkpoint.description is not None,
    commands=_fenced([s.command for s in stretches if s.command]),
    versions=_word(stretches[-1].versions),
    settings=_fenced([stretches[-1].settings.strip()]),
    license=license_name,
    video=video,
  )
  return str(card)


def _names(source: Source) -> Names:
  """Names what learnt; of a converted teacher, its kind at least."""
  found = names(source.run.method)
  told = source.checkpoint.description
  if found == (None, None) and told is not None:
    kind = STUDENTS.get(told.kind)
    return Names(None, kind.title if kind else told.kind.upper())
  return found


def _data(source: Source, repository: str, license_name: str) -> Any:
  """Returns what the hub reads of a card."""
  from huggingface_hub import ModelCardData

  told = _names(source)
  tags = (
    *(_TASK, 'deep-reinforcement-learning', 'reincarnating-rl'),
    *(_tag(name) for name in (*told, source.game) if name),
  )
  results = _results(source)
  return ModelCardData(
    library_name=LIBRARY,
    pipeline_tag=_TASK,
    license=license_name,
    tags=list(tags),
    model_name=repository.partition('/')[2] if results else None,
    eval_results=results or None,
  )


def _tag(name: str) -> str:
  return name if '/' in name else name.lower().replace(' ', '-')


def _results(source: Source) -> list[Any]:
  """Returns the last evaluation, if it is of these parameters.

  On the hub a mean reward goes with the standard deviation of the returns, by
  which its leaderboards rank.
  """
  from huggingface_hub import EvalResult

  if not source.is_measured or not source.game:
    return []
  row = source.run.summary['rows'][-1]
  score, normalized = row['score'], row.get('normalized')
  spread = score.get('std')
  value = f'{score["mean"]:.2f}'
  metrics = [
    (
      'mean_reward',
      value if spread is None else f'{value} +/- {spread:.2f}',
    )
  ]
  if normalized is not None:
    metrics.append(('teacher_normalized_score', round(normalized, 4)))
  return [
    EvalResult(
      task_type=_TASK,
      task_name=_TASK,
      dataset_type=source.game,
      dataset_name=source.game,
      metric_type=name,
      metric_name=name,
      metric_value=value,
    )
    for name, value in metrics
  ]


def _scores(scores: dict[str, Any]) -> str:
  rows = [row[: len(_COLUMNS)] for row in summary.table_rows(scores)]
  return views.markdown((_COLUMNS, rows)) if rows else ''


def _origin(teacher: Any) -> str | None:
  """Returns the repository from which a teacher was fetched."""
  told = teacher.get('checkpoint') if isinstance(teacher, dict) else None
  found = _FETCHED.search(told) if isinstance(told, str) else None
  return found and f'{found[1]}/{found[2]}'


def _converted(source: Source) -> str | None:
  """Returns what a teacher was converted from, if no run of ours made it."""
  if source.run.method != 'unknown':
    return None
  told = source.checkpoint.metadata.get('teacher')
  if not isinstance(told, dict) or not told.get('source'):
    return None
  return _word(told['source'])


def _word(value: Any) -> str:
  """Formats an untrusted value as a line that Markdown takes for text."""
  return re.sub(r'([\\`*_<>\[\]|])', r'\\\1', one_line(value, 300))


def _code(value: str) -> str:
  """Formats an untrusted value as a line for a span of code."""
  return one_line(value).replace('`', '?')


def _list(facts: tuple[str, ...]) -> str:
  return '; '.join(map(_word, facts))


def _fenced(texts: list[str]) -> str:
  """Returns code between fences that are longer than any in it."""
  text = printable('\n'.join(texts), keep='\n')
  if not text.strip():
    return ''
  longest = max(map(len, re.findall('`+', text)), default=0)
  fence = '`' * max(3, longest + 1)
  return f'{fence}\n{text}\n{fence}'
