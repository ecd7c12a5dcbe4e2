import json
import os

from reincarnating_rl.evaluation.finding import LINEAGE_FILE
from reincarnating_rl.runner import lineage

STRETCH = {
  'from': {'iteration': 0},
  'command': 'python ...',
  'gin': 'a = 1',
  'versions': {'numpy': '2'},
  'python': '3.11',
  'backend': 'cpu',
}


def describe(**changes):
  settings = {
    'agent': 'QDaggerDQNAgent',
    'seed': 3,
    'teacher': {'fingerprint': 'abc', 'temperature': 0.1},
    'spent': {'teacher_steps': 60},
    'scores': {'random': 0.5},
    'stretches': [STRETCH],
  }
  return lineage.describe(**(settings | changes))


def test_says_where_the_student_comes_from():
  found = describe()
  assert found['agent'] == 'QDaggerDQNAgent'
  assert found['seed'] == 3
  assert found['teacher'] == {'fingerprint': 'abc', 'temperature': 0.1}
  assert found['spent'] == {'teacher_steps': 60}
  assert found['scores'] == {'random': 0.5}


def test_says_how_the_run_was_started_and_how_far_it_will_go():
  started_as = {'agent': 'qdagger_dqn', 'command': 'python ...'}
  found = describe(game='Pong', planned={'ONLINE': 2}, started_as=started_as)
  assert (found['game'], found['planned']) == ('Pong', {'ONLINE': 2})
  assert found['started_as'] == started_as
  assert describe()['game'] is None


def test_holds_every_stretch_and_at_the_top_the_newest():
  later = STRETCH | {'gin': 'a = 2', 'backend': 'gpu', 'command': 'other'}
  found = describe(stretches=[STRETCH, later])
  assert found['stretches'] == [STRETCH, later]
  assert (found['gin'], found['backend']) == ('a = 2', 'gpu')
  assert found['versions'] == {'numpy': '2'}
  assert found['python'] == '3.11'
  assert not {'from', 'command'} & found.keys()


def test_is_written_whole_beside_the_student(tmp_path):
  lineage.write(str(tmp_path), describe())
  lineage.write(str(tmp_path), describe(teacher=None))
  path = tmp_path / LINEAGE_FILE
  assert json.loads(path.read_text()) == describe(teacher=None)
  assert os.listdir(tmp_path) == [LINEAGE_FILE]
