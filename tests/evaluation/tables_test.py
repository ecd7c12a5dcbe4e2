import csv
import io

import pytest
from rich.console import Console

from reincarnating_rl.evaluation import (
  analysis,
  csv_files,
  results,
  tables,
  terminal,
  text,
)
from reincarnating_rl.evaluation.run import Score
from tests.evaluation import run_directories as made


@pytest.fixture
def numbers(tmp_path):
  for seed, (good, bad) in enumerate(((8.0, 1.0), (12.0, 3.0)), start=1):
    made.write_curve(tmp_path, 'A', seed, [4.0, good], offline=[5.0])
    made.write_curve(tmp_path, 'A', seed, [0.0, bad], method='worse')
  return analysis.analyse(results.load_runs([str(tmp_path)]), reps=50)


def test_the_headline(numbers):
  names, rows = tables.headline(numbers)
  assert names[:4] == ('method', 'seeds × games', 'IQM offline', 'IQM')
  assert rows == [
    (
      *('m', '2 × 1', '0.50 [0.50, 0.50]', '1.00 [0.80, 1.20]'),
      *('1.00 [0.80, 1.20]', '1.00 [0.80, 1.20]', '0.10 [0.00, 0.20]'),
    ),
    (
      *('worse', '2 × 1', '–', '0.20 [0.10, 0.30]'),
      *('0.20 [0.10, 0.30]', '0.20 [0.10, 0.30]', '0.80 [0.70, 0.90]'),
    ),
  ]


def test_the_games(numbers):
  assert tables.games(numbers)[1] == [
    ('A', 'random, published', '', '0.0', '0.00', ''),
    ('', 'teacher', '', '10.0', '1.00', ''),
    ('', 'm', '2', '10.0 (8.0 to 12.0)', '1.00', '202'),
    ('', 'worse', '2', '2.0 (1.0 to 3.0)', '0.20', '202'),
  ]


def test_how_soon_the_teacher_is_reached(tmp_path):
  made.write_curve(tmp_path, 'A', 1, [11.0, 2.0], offline=[10.0])
  made.write_curve(tmp_path, 'A', 2, [4.0, 12.0], offline=[5.0])
  made.write_curve(tmp_path, 'A', 3, [4.0, 9.9], offline=[5.0])
  made.write_curve(tmp_path, 'A', 1, [4.0, 5.0], method='worse')
  # One that ended before the others got there: it might have been the sooner.
  for seed, online in enumerate(([4.0], [4.0, 12.0], [4.0, 12.0]), start=1):
    made.write_curve(tmp_path, 'A', seed, online, method='short')
  numbers = analysis.analyse(results.load_runs([str(tmp_path)]), reps=50)
  second = results.load_runs([str(tmp_path)]).of('m', 'A')[1]
  steps = second.evaluations[-1].steps
  assert tables.reaching(numbers)[1] == [
    ('m', '2 of 3', f'{steps:,}'),
    ('short', '2 of 3', 'at most 203'),
    ('worse', '0 of 1', 'not within 201'),
  ]
  rows = read(csv_files.render(numbers)['steps_to_teacher.csv'])
  found = [float(row['online_steps']) for row in rows]
  never = float('inf')
  assert found == [0.0, steps, never, never, 202.0, 203.0, never]


def test_the_costs(numbers):
  names, rows = tables.costs(numbers)
  assert names[2:5] == ('teacher steps', 'online steps', 'updates')
  assert rows == [
    ('m', '2', '2,000,000', '403', '120', '35 min', '2 min'),
    ('worse', '2', '0', '403', '100', '35 min', '2 min'),
    ('all', '4', '2,000,000', '806', '220', '1.2 h', '3 min'),
  ]


def read(data):
  return list(csv.DictReader(io.StringIO(data.decode())))


def test_the_files_have_every_number(numbers):
  files = {name: read(data) for name, data in csv_files.render(numbers).items()}
  (first, *_), evaluations = files['evaluations.csv'], files['evaluations.csv']
  assert len(evaluations) == 10
  assert first['method'] == 'm'
  assert (first['phase'], first['return']) == ('offline', '5.0')
  assert first['normalized'] == '0.5'
  final = {
    (r['method'], r['at'], r['statistic']): float(r['point'])
    for r in files['aggregates.csv']
  }
  assert final['m', 'final', 'IQM'] == pytest.approx(1.0)
  assert final['worse', 'final', 'optimality gap'] == pytest.approx(0.8)
  curve = [
    (r['online_steps'], float(r['point']))
    for r in files['curves.csv']
    if (r['method'], r['game'], r['phase']) == ('m', 'A', 'online')
  ]
  assert curve == [('0.0', 0.5), ('101.5', 0.4), ('201.5', 1.0)]
  assert len(files['profiles.csv']) == 2 * analysis.NUM_THRESHOLDS
  beats = {(r['method'], r['over']): r for r in files['improvements.csv']}
  assert float(beats['m', 'worse']['probability']) == 1.0


def test_what_a_run_calls_itself_is_no_markup_in_the_terminal(tmp_path):
  made.write_curve(tmp_path, '[red]A', 1, [1.0], method='[b]\x1b[2J')
  found = analysis.analyse(results.load_runs([str(tmp_path)]), reps=10)
  console = Console(file=io.StringIO(), width=200)
  terminal.print_report(found, console)
  printed = console.file.getvalue()
  assert '[b]?[2J' in printed
  assert '[red]A' in printed
  assert '\x1b' not in printed
  for note in found.notes:
    assert f'note: {text.one_line(note)}' in printed


def test_words_for_numbers():
  assert text.score(Score(1234.56, None, 1)) == '1,234.6'
  assert text.score(Score(-3.0, 0.25, 9)) == '-3.0 ± 0.2'
  durations = [text.duration(s) for s in (41.2, 90.0, 3600.0, 36e5)]
  assert durations == ['41 s', '2 min', '1.0 h', '1,000.0 h']
  assert [text.count(n, 'run') for n in (1, 2000)] == ['1 run', '2,000 runs']
  assert text.one_line('a\nb' + 'c' * 300) == 'a?b' + 'c' * 196 + '…'
