"""The tables of documents are those that their logs make."""

import pathlib

import pytest

from reincarnating_rl.evaluation import (
  analysis,
  documents,
  logs,
  results,
  views,
)
from reincarnating_rl.support.errors import UserError
from tests.evaluation import run_directories as made

ROOT = pathlib.Path(__file__).parents[2]
MARKED = [
  path
  for path in (ROOT / 'README.md', *sorted(ROOT.glob('docs/*.md')))
  if '\n<!-- end -->\n' in path.read_text()
]


@pytest.mark.parametrize('path', MARKED, ids=lambda path: path.name)
def test_the_tables_of_this_document_are_those_of_its_logs(path):
  found = documents.make(path, draws=False)
  assert found.num_tables > 0
  assert found.text == path.read_text(), 'make report'


def test_every_log_is_shown_somewhere():
  shown = ''.join(path.read_text() for path in MARKED)
  found = list(ROOT.glob('docs/results/*.jsonl'))
  assert found
  for path in found:
    assert f'docs/results/{path.name}' in shown


@pytest.fixture
def document(tmp_path):
  """Writes a log and a document beside it; returns what makes the document."""
  runs = tmp_path / 'runs'
  for seed in (1, 2):
    made.write_curve(
      runs, 'Pong', seed, [2.0, 5.0], offline=[1.0], method='ours'
    )
    made.write_curve(runs, 'Breakout', seed, [4.0, 6.0], method='ours')
    made.write_curve(runs, 'Pong', seed, [3.0, 9.0], method='a|b')
  (tmp_path / 'docs' / 'logs').mkdir(parents=True)
  log = tmp_path / 'docs' / 'logs' / 'x.jsonl'
  logs.write(results.load_runs([str(runs)]).runs, str(log))
  path = tmp_path / 'docs' / 'page.md'

  def write(*marks):
    path.write_text(
      '# Title\n'
      + ''.join(f'<!-- {m} -->\nold\n<!-- end -->\n\n' for m in marks)
    )
    return path

  return write


def test_evaluations(document):
  path = document('table: logs/x.jsonl evaluations method=ours game=Pong')
  assert documents.make(path).text == (
    '# Title\n'
    '<!-- table: logs/x.jsonl evaluations method=ours game=Pong -->\n'
    '\n'
    '| return after | λ until then | seed 1 | seed 2 |\n'
    '| --- | --- | --- | --- |\n'
    '| random, published |  | 0.0 | 0.0 |\n'
    '| teacher |  | 10.0 ± 0.4 | 10.0 ± 0.4 |\n'
    '| 10 offline updates | 1 | 1.0 ± 0.4 | 1.0 ± 0.4 |\n'
    '| 102 online steps | 1 | 2.0 ± 0.4 | 2.0 ± 0.4 |\n'
    '| 202 online steps | 1 | 5.0 ± 0.4 | 5.0 ± 0.4 |\n'
    '\n'
    '<!-- end -->\n'
    '\n'
  )


def test_stages(document):
  path = document('table: logs/x.jsonl stages')
  assert documents.make(path).text.splitlines()[3:7] == [
    '| method | end in Pong | Breakout, offline | Breakout, lowest '
    '| Breakout, end | Pong, offline | Pong, lowest | Pong, end |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    '| a/b | 0.60 |  |  |  |  | 0.30 | 0.60 ± 0.00 |',
    '| ours | 0.35 |  | 0.40 | 0.50 ± 0.00 | 0.10 | 0.20 | 0.35 ± 0.00 |',
  ]


def test_stages_have_the_last_four_evaluations_and_their_error(tmp_path):
  for seed, last in ((1, 6.0), (2, 10.0)):
    made.write_curve(
      tmp_path, 'Pong', seed, [8.0, 1.0, 2.0, 3.0, last], method='a'
    )
  runs = results.load_runs([str(tmp_path)])
  # Means 3 and 4 of returns of which 10 is the teacher's.
  (row,) = views.stages(analysis.analyse(runs, reps=2))[1]
  assert row == ('a', '0.35', '', '0.10', '0.35 ± 0.05')


def test_diagnoses(tmp_path):
  for seed, value in ((1, 4.0), (2, 6.0)):
    told = {'GreedyValue': value, 'TDError': 0.5, 'TeacherKL': 0.1 * value}
    made.write(
      tmp_path / 'a' / 'Pong' / str(seed),
      [made.row(2.0 * seed, steps=1000, diagnosis=told)],
      lineage={'seed': seed},
    )
  runs = results.load_runs([str(tmp_path)])
  names, rows = views.diagnoses(analysis.analyse(runs, reps=2))
  assert names[:3] == ('after', 'normalised', 'value of the best action')
  assert rows == [
    ('1,000 online steps', '0.30', '5.00', '', '0.50', '', '0.50', '')
  ]


def test_evaluations_without_a_teacher(tmp_path):
  made.write(tmp_path / 'r', [made.row(1.0, steps=1000)], teacher=None)
  runs = results.load_runs([str(tmp_path / 'r')])
  assert views.evaluations(analysis.analyse(runs, reps=2)) == (
    ('return after', 'seed 1'),
    [('1,000 online steps', '1.0 ± 0.4')],
  )


def test_games_and_aggregates(document):
  path = document(
    'table: docs/logs/x.jsonl games',
    'table: ../docs/logs/x.jsonl aggregates reps=20 at=200',
    'table: logs/x.jsonl costs game=Breakout',
    'table: logs/x.jsonl runs',
  )
  text = documents.make(path).text
  assert '| game | random | teacher | a/b | ours |\n' in text
  assert '| Breakout | 0.0 | 10.0 |  | 6.0 |\n' in text
  assert '| Pong | 0.0 | 10.0 | 9.0 | 5.0 |\n' in text
  assert '| a/b | 2 × 1 | – | 0.90 ' in text
  assert (
    '| Pong | ours | 2 | 10.0 ± 0.4 | 1.0 ± 0.4 | 5.0 ± 0.4 | 202 o' in text
  )
  assert '| ours | 2 | ' in text


def test_stages_need_a_common_game(tmp_path):
  made.write_curve(tmp_path, 'A', 1, [1.0], method='a')
  made.write_curve(tmp_path, 'B', 1, [1.0], method='b')
  runs = results.load_runs([str(tmp_path)])
  with pytest.raises(UserError, match='a game that all methods have'):
    views.stages(analysis.analyse(runs, reps=2))


def test_the_end_of_a_document_ends_a_part(document):
  path = document('table: logs/x.jsonl runs')
  path.write_text(path.read_text().rstrip('\n'))
  assert documents.make(path).text.endswith(' |\n\n<!-- end -->')


def test_to_make_it_again_changes_nothing(document):
  path = document(
    'table: logs/x.jsonl games',
    'picture: logs/x.jsonl game_curves p.png reps=10',
  )
  first = documents.write(path)
  assert (first.num_tables, len(first.pictures)) == (1, 1)
  assert path.read_text() == first.text
  assert '![Learning curves, game by game](p.png)\n' in first.text
  assert path.with_name('p.png').read_bytes().startswith(b'\x89PNG')
  assert documents.make(path, draws=False).text == first.text


@pytest.mark.parametrize(
  ('mark', 'message'),
  [
    ('table: logs/x.jsonl', r'a table is LOG\.jsonl VIEW OPTION=VALUE'),
    ('table: games', r'a table is LOG\.jsonl VIEW'),
    ('picture: logs/x.jsonl game_curves', r'a picture is LOG.jsonl NAME FILE'),
    ('table: logs/y.jsonl games', 'there is no log logs/y.jsonl'),
    ('table: logs/x.jsonl gmaes', "'gmaes': choose .* Did you mean games"),
    ('table: logs/x.jsonl games sed=1', "'sed': choose .* Did you mean seed"),
    ('table: logs/x.jsonl games at=x', 'x'),
    ('table: logs/x.jsonl aggregates reps=0', 'reps is less than 1'),
    ('table: logs/x.jsonl games method=our', 'method .* Did you mean ours'),
    ('table: logs/x.jsonl games scale_of=our', 'method .* Did you mean ours'),
    ('table: logs/x.jsonl evaluations', 'choose by method= of a'),
    ('table: logs/x.jsonl diagnoses', 'choose by method= of a'),
    (
      'table: logs/x.jsonl diagnoses method=ours game=Pong',
      'RunnerWithTeacher.diagnoses = True',
    ),
    ("table: logs/x.jsonl 'games", 'No closing quotation'),
    (
      'picture: logs/x.jsonl iqm_curves p.png game=Pong reps=10',
      'too few runs',
    ),
  ],
)
def test_a_mark_that_makes_no_sense_is_named(document, mark, message):
  path = document(mark)
  before = path.read_text()
  with pytest.raises(UserError, match=rf'page\.md:2: .*{message}'):
    documents.write(path)
  assert path.read_text() == before


def test_a_part_has_an_end(document):
  path = document('table: logs/x.jsonl games')
  text = path.read_text()
  for cut in (text.replace('<!-- end -->', ''), text.partition('\nold')[0]):
    path.write_text(cut)
    with pytest.raises(UserError, match=r'page\.md:2: .*end --> is missing'):
      documents.make(path)


def test_a_document_that_is_missing(tmp_path):
  with pytest.raises(UserError, match='There is no document'):
    documents.make(tmp_path / 'no.md')


def test_a_table_is_markdown():
  assert views.markdown((('a', 'b'), [('x|y', '1')])) == (
    '| a | b |\n| --- | --- |\n| x/y | 1 |\n'
  )
