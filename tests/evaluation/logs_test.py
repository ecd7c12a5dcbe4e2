"""A log says the same of runs as their directories do."""

import json

import pytest

from reincarnating_rl.evaluation import analysis, logs, results, tables
from reincarnating_rl.support.errors import DamagedFileError, UserError
from tests.evaluation import run_directories as made


def shown(runs):
  numbers = analysis.analyse(runs, reps=20)
  return [
    table(numbers) for table in (tables.headline, tables.games, tables.costs)
  ]


def test_a_report_of_a_log_is_that_of_the_runs(tmp_path):
  made.write_comparison(tmp_path / 'runs', seeds=2)
  runs = results.load_runs([str(tmp_path / 'runs')])
  path = str(tmp_path / 'log.jsonl')
  logs.write(runs.runs, path)
  logged = results.load_runs([path])
  assert shown(logged) == shown(runs)
  # Twice is as good as once.
  logs.write(logged.runs, str(tmp_path / 'again.jsonl'))
  assert (tmp_path / 'again.jsonl').read_bytes() == open(path, 'rb').read()


def test_notes_on_a_log_are_those_on_the_runs(tmp_path):
  gin = (
    "create_atari_environment.game_name = 'Pong'\n"
    'create_atari_environment.sticky_actions = {}\n'
    'A.x = {}\nA.y = 1\n'
  )
  rows = [made.row(1234567.8, steps=1000)]
  for method, seed, sticky in (('a', 1, True), ('a', 2, True), ('b', 1, False)):
    lineage = {'seed': seed, 'game': None, 'gin': gin.format(sticky, seed)}
    made.write(tmp_path / f'{method}/Pong/{seed}', rows, lineage=lineage)
  runs = results.load_runs([str(tmp_path)])
  path = tmp_path / 'log.jsonl'
  logs.write(runs.runs, str(path))
  logged = results.load_runs([str(path)])
  assert logged.games == ('Pong',)
  assert shown(logged) == shown(runs)
  found = '\n'.join(logged.notes)
  for i, run in enumerate(runs.runs, start=1):
    found = found.replace(f'{path}:{i}', run.path)
  assert found == '\n'.join(runs.notes)
  assert 'sticky_actions' in found and 'A.x' in found
  line = json.loads(path.read_text().splitlines()[0])
  assert line['lineage']['settings'] == (
    'create_atari_environment.sticky_actions = True\nA.x = 1'
  )


def test_a_label_is_the_method_of_all_its_runs(tmp_path):
  made.write(tmp_path / 'a', [made.row(1.0)], lineage={'seed': 1})
  path = str(tmp_path / 'log.jsonl')
  logs.write(results.load_runs([f'x={tmp_path / "a"}']).runs, path)
  assert results.load_runs([path]).methods == ('x',)
  assert results.load_runs([f'y={path}']).methods == ('y',)


def test_a_log_tells_nothing_of_the_machine(tmp_path):
  lineage = {
    'seed': 1,
    'started_as': {'agent': 'dqn', 'command': f'train --base_dir {tmp_path}'},
    'teacher': {'agent': 'DQN', 'checkpoint': str(tmp_path), 'parent': {}},
    'stretches': [{'gin': f"A.x = '{tmp_path}/1'\nA.x = '{tmp_path}/2'"}],
  }
  made.write(tmp_path / 'a', [made.row(1 / 3)], lineage=lineage)
  logs.write(
    results.load_runs([str(tmp_path / 'a')]).runs, str(tmp_path / 'log.jsonl')
  )
  text = (tmp_path / 'log.jsonl').read_text()
  assert str(tmp_path) not in text
  line = json.loads(text)
  assert line['lineage']['started_as'] == {'agent': 'dqn'}
  assert line['lineage']['teacher'] == {'agent': 'DQN'}
  assert line['summary']['rows'][0]['score']['mean'] == 0.3333333333


@pytest.mark.parametrize(
  'text', ['', '[]', '{', '{"method": "a", "summary": [], "lineage": {}}']
)
def test_a_line_that_is_no_run_is_named(tmp_path, text):
  path = tmp_path / 'log.jsonl'
  good = '{"method": "a", "summary": {}, "lineage": {}}'
  path.write_text(f'{good}\n{text}\n')
  with pytest.raises(DamagedFileError, match=r'log\.jsonl:2 is no run'):
    results.load_runs([str(path)])


def test_a_log_without_a_line_is_named(tmp_path):
  path = tmp_path / 'log.jsonl'
  path.touch()
  with pytest.raises(DamagedFileError, match=r'log\.jsonl holds no run'):
    results.load_runs([str(path)])


def test_a_log_has_its_ending(tmp_path):
  with pytest.raises(UserError, match=r'let it end in \.jsonl'):
    logs.write((), str(tmp_path / 'log.json'))
