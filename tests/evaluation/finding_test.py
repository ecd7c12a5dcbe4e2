import os

import pytest

from reincarnating_rl.evaluation import finding
from reincarnating_rl.evaluation.finding import Found
from reincarnating_rl.support.errors import MissingFileError, UserError


def touch(root, *parts):
  path = root.joinpath(*parts)
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_text('{}')
  return str(path.parent)


@pytest.mark.parametrize(
  'name', ['summary.json', 'lineage.json', 'metrics/jsonl/metrics.jsonl']
)
def test_a_run_is_known_by_any_of_its_files(tmp_path, name):
  touch(tmp_path, 'run', name)
  run = str(tmp_path / 'run')
  assert finding.find([run]) == (Found(run, None),)
  assert finding.find([str(tmp_path)]) == (Found(run, None),)


def test_what_is_inside_of_a_run_is_no_run(tmp_path):
  run = touch(tmp_path, 'run', 'summary.json')
  touch(tmp_path, 'run', 'checkpoints', 'summary.json')
  assert finding.find([str(tmp_path)]) == (Found(run, None),)


def test_a_label_is_the_method_of_all_runs_below(tmp_path):
  runs = [touch(tmp_path, 'x', f'{i}', 'summary.json') for i in (1, 2)]
  assert finding.find([f'a={tmp_path}']) == tuple(Found(r, 'a') for r in runs)


def test_a_directory_of_methods_names_them(tmp_path):
  for parts in (('b', 'Pong', '2'), ('b', 'Pong', '10'), ('a', 'Pong', '1')):
    touch(tmp_path, *parts, 'summary.json')
  touch(tmp_path, 'loose', 'summary.json')
  found = finding.find([str(tmp_path)])
  labels = [(os.path.relpath(f.path, tmp_path), f.label) for f in found]
  assert labels == [
    ('a/Pong/1', 'a'),
    ('b/Pong/10', 'b'),
    ('b/Pong/2', 'b'),
    ('loose', None),
  ]


def test_the_seeds_of_one_program_are_no_level_of_names(tmp_path):
  touch(tmp_path, 'b', 'pong', 'seeds_1_to_5', '2', 'summary.json')
  for root, label in ((tmp_path, 'b'), (tmp_path / 'b', None)):
    (found,) = finding.find([str(root)])
    assert found.label == label


def test_an_existing_directory_may_have_an_equals_sign(tmp_path):
  run = touch(tmp_path, 'lr=1', 'summary.json')
  assert finding.find([run]) == (Found(run, None),)
  assert finding.find([f'x={run}']) == (Found(run, 'x'),)


def test_the_same_run_by_the_same_name_counts_once(tmp_path):
  run = touch(tmp_path, 'run', 'summary.json')
  assert finding.find([run, run + '/', str(tmp_path)]) == (Found(run, None),)


def test_the_same_run_by_two_names_is_an_error(tmp_path):
  run = touch(tmp_path, 'run', 'summary.json')
  with pytest.raises(
    UserError, match=f"{run} is given twice, as 'a' and as 'b'"
  ):
    finding.find([f'a={run}', f'b={run}'])


def test_what_is_no_run_is_named(tmp_path):
  missing = str(tmp_path / 'missing')
  with pytest.raises(MissingFileError, match=f'{missing} does not exist'):
    finding.find([missing])
  with pytest.raises(MissingFileError, match=f'{missing} does not exist'):
    finding.find([f'label={missing}'])
  (tmp_path / 'file').write_text('')
  with pytest.raises(MissingFileError, match='file is no directory'):
    finding.find([str(tmp_path / 'file')])
  with pytest.raises(MissingFileError, match=f'{tmp_path} holds no run'):
    finding.find([str(tmp_path)])


@pytest.mark.parametrize('argument', ['=runs', 'label='])
def test_half_a_label_is_an_error(argument):
  with pytest.raises(UserError, match='neither a directory nor LABEL=DIR'):
    finding.find([argument])
