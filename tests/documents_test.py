"""The documents: their tables are the package's, and their links resolve."""

import ast
import dataclasses
import inspect
import pathlib
import re
import shlex

import pytest

import reincarnating_rl as rrl
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.games import GAMES
from reincarnating_rl.evaluation.pictures import BY_NAME
from reincarnating_rl.evaluation.views import VIEWS
from reincarnating_rl.learner.terms import DISTILLATIONS
from reincarnating_rl.learner.weaning import SCHEDULES
from reincarnating_rl.methods.method import Offline
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.students import STUDENTS
from tests.cli.commands_test import PROGRAMS

ROOT = pathlib.Path(__file__).parents[1]
README = ROOT / 'README.md'
METHODS_PAGE = ROOT / 'docs' / 'methods.md'
CHOOSING = ROOT / 'docs' / 'which_method.md'
DOCUMENTS = [
  *sorted(ROOT.glob('*.md')),
  *sorted(ROOT.glob('docs/*.md')),
  ROOT / 'teacher_ckpts' / 'README.md',
]
OFFLINE = {
  Offline.NEVER: 'no',
  Offline.OPTIONAL: 'on request',
  Offline.USUALLY: 'yes',
  Offline.ALWAYS: 'required',
}
_CODE = re.compile(r'^```.*?^```$', re.M | re.S)
_COMMAND = re.compile(
  r'^(?:python -m reincarnating_rl\.|reincarnate )((?:.*\\\n)*.*)', re.M
)
_LINK = re.compile(r'\]\(([^)\s]+)\)')
_HEADING = re.compile(r'^#+ (.+)$', re.M)


def table(path, first):
  """Returns the rows of a table, by the first cell of its heading."""
  text = path.read_text().partition(f'\n| {first} |')[2]
  rows = text.partition('\n\n')[0].splitlines()[2:]
  return [[c.strip() for c in row.strip('|').split(' | ')] for row in rows]


@pytest.mark.parametrize('path', DOCUMENTS, ids=lambda path: path.name)
def test_every_command_is_understood(path):
  for block in _CODE.findall(path.read_text()):
    for command in _COMMAND.findall(block):
      text = re.split(r' [&|>]', command.replace('\\\n', ' '))[0]
      door, *words = shlex.split(text, comments=True)
      _, create_parser = PROGRAMS[door]
      create_parser().parse_args(words)


def _calls(path):
  """Yields the calls of the API in a document's Python, which is parsed."""
  for block in _CODE.findall(path.read_text()):
    if block.startswith('```python'):
      code = block.partition('\n')[2].removesuffix('```')
      for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and _is_api(node.value):
          assert hasattr(rrl, node.attr), node.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
          if _is_api(node.func.value):
            yield node


def _is_api(node):
  return isinstance(node, ast.Name) and node.id == 'rrl'


@pytest.mark.parametrize(
  'path', [README, ROOT / 'docs' / 'api.md', ROOT / 'docs' / 'index.md']
)
def test_every_call_of_the_api_is_understood(path):
  calls = list(_calls(path))
  assert calls
  for call in calls:
    function = getattr(rrl, call.func.attr)
    signature = inspect.signature(function)
    signature.bind(*call.args, **{word.arg: None for word in call.keywords})


def test_the_page_of_the_api_names_all():
  rows = ' '.join(row[0] for row in table(ROOT / 'docs' / 'api.md', 'name'))
  assert set(re.findall(r'`(\w+)`', rows)) == set(rrl.__all__)


def test_the_readme_is_short():
  assert len(README.read_text().splitlines()) <= 200


def test_the_readme_lists_all_methods():
  assert table(README, 'METHOD') == [
    [f'`{m.name}`' if m.name else 'none: `--agent STUDENT`', m.title, m.summary]
    for m in METHODS.values()
  ]


def test_the_readme_lists_all_students():
  assert table(README, 'STUDENT') == [
    [f'`{kind.name}`', kind.title, kind.summary] for kind in STUDENTS.values()
  ]


def test_the_readme_lists_all_games():
  assert {row[1] for row in table(README, 'games')} == {
    f'`{name}`' for name in GAMES
  }


def test_the_page_of_methods_lists_all():
  assert table(METHODS_PAGE, 'METHOD') == [
    [
      f'`{method.name}`' if method.name else 'none',
      method.title,
      f'`{method.gin_name}`' if method.gin_name else 'none',
      OFFLINE[method.offline],
      f'`{method.schedule_of(method.settings())}`',
      method.source,
    ]
    for method in METHODS.values()
  ]


def test_the_page_that_helps_to_choose_says_what_each_method_asks_for():
  told = table(CHOOSING, 'METHOD')
  assert [
    (name, policy == 'yes', begins, actions)
    for name, policy, _, begins, actions in told
  ] == [
    (
      f'`{method.name}`',
      not (method.takes_data_alone or method.starts_from_teacher),
      'yes' if method.starts_from_teacher else 'no',
      'any' if len(method.actions) > 1 else method.actions[0],
    )
    for method in METHODS.values()
    if method.needs_teacher
  ]


def test_the_page_that_helps_to_choose_repeats_what_was_measured():
  titles = {f'`{name}`': method.title for name, method in METHODS.items()}
  results = (ROOT / 'docs' / 'results.md').read_text()
  told = table(CHOOSING, 'METHOD | after the offline phase')
  assert len(told) > 5
  for name, *numbers in told:
    title = titles.get(name, 'Tabula rasa')
    short = rf'^{title} +3 × 3 +([\d.–]+).*? +([\d.]+) \[.*?\] '
    long = rf'^\| {title} \| 5 × \d \| [^|]+ \| ([\d.]+) \['
    assert numbers == [
      *re.search(short, results, re.M).groups(),
      *re.search(long, results, re.M).groups(),
    ]


def test_the_page_of_methods_lists_all_settings_and_defaults():
  told = re.findall(
    r'^\| `(\w+\.\w+)` \| `(.+?)` \|', METHODS_PAGE.read_text(), re.M
  )
  expected = [
    (f'{method.gin_name}.{field.name}', repr(field.default))
    for method in METHODS.values()
    for field in dataclasses.fields(method.settings)
  ]
  parameters = inspect.signature(inspect.unwrap(Student.__init__)).parameters
  shared = list(parameters)[list(parameters).index('learning_rate') :]
  expected += [
    (f'Student.{name}', repr(parameters[name].default)) for name in shared
  ]
  assert told == list(dict.fromkeys(expected))


def test_the_page_of_methods_lists_all_weaning_schedules():
  told = [row[:3] for row in table(METHODS_PAGE, '`weaner`')]
  assert told == [
    [f'`{name}`', schedule.hears, schedule.summary]
    for name, schedule in SCHEDULES.items()
  ]


def test_the_page_of_methods_lists_all_kinds_of_distillation():
  told = [row[0] for row in table(METHODS_PAGE, '`distill_type`')]
  assert told == [f"`'{name}'`" for name in DISTILLATIONS]


def test_the_page_of_games_lists_all():
  assert table(ROOT / 'docs' / 'games.md', '`create_game.kind`') == [
    [f'`{name}`', game.summary, f'`{game.example}`', f'`{game.gin_name}.*`']
    for name, game in GAMES.items()
  ]


def test_the_page_of_reports_lists_all_views_and_pictures():
  page = ROOT / 'docs' / 'reports.md'
  told = [row[0].strip('`') for row in table(page, '`table:`')]
  assert sorted(told) == sorted(VIEWS)
  (line,) = re.findall(r'^`picture:` takes (.+?)\.', page.read_text(), re.M)
  assert sorted(re.findall('`(.+?)`', line)) == sorted(BY_NAME)


def _anchors(path):
  headings = _HEADING.findall(_CODE.sub('', path.read_text()))
  # As GitHub makes them.
  return {
    re.sub(r'[^\w\- ]', '', text.lower()).replace(' ', '-') for text in headings
  }


@pytest.mark.parametrize(
  'path', DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
def test_links_lead_somewhere(path):
  broken = []
  for link in _LINK.findall(_CODE.sub('', path.read_text())):
    if re.match(r'https?://', link):
      continue
    name, _, anchor = link.partition('#')
    target = path.parent / name if name else path
    if not target.exists() or (anchor and anchor not in _anchors(target)):
      broken.append(link)
  assert not broken
