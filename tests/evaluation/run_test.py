import json

import pytest

from reincarnating_rl.evaluation import run
from reincarnating_rl.evaluation.finding import Found
from reincarnating_rl.evaluation.run import Evaluation, Score
from reincarnating_rl.support.errors import DamagedFileError
from tests.evaluation import run_directories as made

ROWS = [
  made.row(4.0, offline=100, phase='PRETRAIN', iteration=2),
  made.row(6.0, offline=100, online=50, steps=203, iteration=3),
]


def with_mean(mean):
  return made.row(0.0) | {'score': made.score(0.0) | {'mean': mean}}


def test_a_run_by_hand(tmp_path):
  path = made.write(
    tmp_path,
    ROWS,
    random=-20.7,
    teacher=made.score(9.0, std=3.0, episodes=9),
    lineage={'seed': 3, 'planned': {'PRETRAIN': 1, 'ONLINE': 4}},
    seconds={'ONLINE': 2.5},
  )
  found = run.read(Found(path, None))
  assert (found.path, found.method, found.game) == (path, 'qdagger_dqn', 'Pong')
  assert found.seed == 3
  stderr = 2.0 / 30**0.5
  assert found.evaluations == (
    Evaluation('PRETRAIN', Score(4.0, stderr, 30), 0, 100, 1_000_000, 120.0),
    Evaluation('ONLINE', Score(6.0, stderr, 30), 203, 150, 1_000_000, 180.0),
  )
  assert found.teacher == Score(9.0, 1.0, 9)
  assert (found.random, found.random_source) == (-20.7, 'published')
  assert found.fingerprint == 'abc'
  assert found.seconds == {'ONLINE': 2.5}
  assert found.planned == {'PRETRAIN': 1, 'ONLINE': 4}
  assert found.of_phase(run.ONLINE) == found.evaluations[1:]


def test_a_label_is_the_method(tmp_path):
  path = made.write(tmp_path, ROWS)
  assert run.read(Found(path, 'mine')).method == 'mine'


def test_older_runs_say_less(tmp_path):
  gin = "# Parameters:\ncreate_atari_environment.game_name = 'Breakout'\n"
  path = made.write(
    tmp_path,
    ROWS,
    lineage={'started_as': None, 'game': None, 'planned': None, 'gin': gin},
  )
  found = run.read(Found(path, None))
  assert (found.method, found.game) == ('QDaggerDQNAgent', 'Breakout')
  assert found.planned == {}


def test_without_a_teacher(tmp_path):
  found = run.read(Found(made.write(tmp_path, ROWS, teacher=None), None))
  assert (found.teacher, found.random, found.fingerprint) == (None, None, None)


def test_one_episode_has_no_error(tmp_path):
  row = made.row(4.0) | {'score': made.score(4.0, episodes=1)}
  found = run.read(Found(made.write(tmp_path, [row]), None))
  assert found.evaluations[0].score == Score(4.0, None, 1)


def test_a_run_that_only_began_has_no_evaluation(tmp_path):
  (tmp_path / 'metrics').mkdir()
  found = run.read(Found(str(tmp_path), None))
  assert (found.evaluations, found.method) == ((), 'unknown')


@pytest.mark.parametrize(
  ('name', 'change', 'field'),
  [
    ('summary.json', {'rows': 3}, 'rows'),
    ('summary.json', {'rows': [3]}, 'rows'),
    ('summary.json', {'rows': [{'phase': 'x'}]}, 'phase'),
    ('summary.json', {'rows': [with_mean('4')]}, 'mean'),
    ('summary.json', {'rows': [with_mean(float('nan'))]}, 'mean'),
    ('summary.json', {'rows': [with_mean(10**400)]}, 'mean'),
    ('summary.json', {'rows': [with_mean(True)]}, 'mean'),
    ('summary.json', {'rows': [made.row(1.0) | {'score': []}]}, 'mean'),
    ('summary.json', {'random': 'x'}, 'random'),
    ('summary.json', {'teacher': [1]}, 'teacher'),
    ('summary.json', {'seconds': {'ONLINE': '1'}}, 'ONLINE'),
    ('lineage.json', {'seed': '1'}, 'seed'),
    ('lineage.json', {'game': ['Pong']}, 'game'),
    ('lineage.json', {'started_as': 'x'}, 'started_as'),
  ],
)
def test_a_damaged_field_is_named(tmp_path, name, change, field):
  path = made.write(tmp_path, ROWS)
  file = tmp_path / name
  whole = json.loads(file.read_text())
  file.write_text(json.dumps(whole | change))
  with pytest.raises(DamagedFileError) as caught:
    run.read(Found(path, None))
  assert str(caught.value).startswith(f'{file} has no usable {field!r}')
  assert '\n' not in str(caught.value)


def test_what_is_no_json_is_named(tmp_path):
  path = made.write(tmp_path, ROWS)
  (tmp_path / 'summary.json').write_text('{"rows": [')
  with pytest.raises(DamagedFileError, match='summary.json is not JSON'):
    run.read(Found(path, None))


def test_the_module_of_a_game_is_no_part_of_its_name(tmp_path):
  path = made.write(tmp_path, ROWS, lineage={'game': 'own:Walk-v0'})
  assert run.read(Found(path, None)).game == 'Walk-v0'
