"""`compare`: the numbers of the report, as tables."""

import json
import shutil

import matplotlib
import pytest

import reincarnating_rl as rrl
from reincarnating_rl.evaluation import analysis, results


@pytest.fixture(scope='module')
def folders(base_dir, tmp_path_factory):
  """Copies of a run with other seeds and scores."""
  made = []
  for seed in (2, 3, 4, 5):
    folder = tmp_path_factory.mktemp('seeds') / str(seed)
    shutil.copytree(base_dir, folder)
    for name in ('lineage.json', 'summary.json'):
      told = json.loads((folder / name).read_text())
      if name == 'lineage.json':
        told['seed'] = seed
      else:
        told['rows'][-1]['score']['mean'] += seed
      (folder / name).write_text(json.dumps(told))
    made.append(folder)
  return made


def test_the_numbers_are_the_reports(folders):
  first, second = folders[:2], folders[2:]
  found = rrl.compare(
    {'A=1': [rrl.load_run(path) for path in first], 'B': second}, reps=50
  )
  read = results.load_runs(
    [f'{name}={path}' for name, path in zip('AABB', folders, strict=True)]
  )
  told = analysis.analyse(read, reps=50)
  table = found.aggregates.set_index(['method', 'statistic'])
  assert table.index.unique('statistic').tolist()[0] == 'IQM'
  for name, other in (('A=1', 'A'), ('B', 'B')):
    for i, statistic in enumerate(('IQM', 'median', 'mean', 'optimality gap')):
      row = table.loc[(name, statistic)]
      assert row['value'] == told.final[other].point[i]
      assert row['low'] == told.final[other].low[i]
      assert row['high'] == told.final[other].high[i]
  pairs = found.improvements.set_index(['method', 'other'])
  assert pairs.loc[('B', 'A=1'), 'value'] == 1.0
  assert found.steps == told.compared.steps


def test_a_page_is_written(folders, tmp_path):
  matplotlib.use('svg')
  comparison = rrl.compare({'A': folders[0]})
  page = comparison.write(tmp_path / 'out', 'Walks')
  assert matplotlib.get_backend() == 'svg'
  with open(page, encoding='utf-8') as file:
    assert '<title>Walks' in file.read()
  assert comparison.aggregates['low'].isna().all()


@pytest.mark.parametrize(
  'given', [{}, ['x'], {'A': []}, {'A': 'no_such'}, {'A': None}, {'A': [3]}]
)
def test_mistakes(given):
  with pytest.raises(rrl.UserError):
    rrl.compare(given)


@pytest.mark.parametrize(
  ('settings', 'told'),
  [
    ({'at': 'x'}, "at is 'x'"),
    ({'reps': 0}, 'reps'),
    ({'seed': -1}, 'seed'),
    ({'seed': 2**32}, 'seed'),
  ],
)
def test_settings_that_cannot_be(settings, told):
  with pytest.raises(rrl.UserError, match=told):
    rrl.compare({'A': 'runs'}, **settings)
