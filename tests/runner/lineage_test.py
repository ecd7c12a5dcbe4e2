import json
import os
import platform

import gin
import jax
import numpy as np
import pytest

from reincarnating_rl.runner import lineage


@gin.configurable(module='lineage_test')
def called(size=1):
  return size


@pytest.fixture(autouse=True)
def clean_gin():
  gin.clear_config()
  yield
  gin.clear_config()


def describe(**changes):
  settings = {
    'agent': 'QDaggerDQNAgent',
    'seed': 3,
    'teacher': {'fingerprint': 'abc', 'temperature': 0.1},
    'spent': {'teacher_steps': 60},
    'scores': {'random': 0.5},
  }
  return lineage.describe(**(settings | changes))


def test_says_where_the_student_comes_from():
  found = describe()
  assert found['agent'] == 'QDaggerDQNAgent'
  assert found['seed'] == 3
  assert found['teacher'] == {'fingerprint': 'abc', 'temperature': 0.1}
  assert found['spent'] == {'teacher_steps': 60}
  assert found['scores'] == {'random': 0.5}
  assert found['backend'] == jax.default_backend()
  assert found['python'] == platform.python_version()


def test_says_how_the_run_was_started_and_how_far_it_will_go():
  started_as = {'agent': 'qdagger_dqn', 'command': 'python ...'}
  found = describe(game='Pong', planned={'ONLINE': 2}, started_as=started_as)
  assert (found['game'], found['planned']) == ('Pong', {'ONLINE': 2})
  assert found['started_as'] == started_as
  assert describe()['game'] is None


def test_holds_the_configuration_that_was_in_use():
  gin.parse_config('lineage_test.called.size = 5')
  assert 'called.size' not in describe()['gin']
  assert called() == 5
  assert 'called.size = 5' in describe()['gin']


def test_a_package_that_is_not_installed_has_no_version(monkeypatch):
  packages = ('numpy', 'no-such-package-anywhere')
  monkeypatch.setattr(lineage, '_PACKAGES', packages)
  versions = describe()['versions']
  expected = {'numpy': np.__version__, 'no-such-package-anywhere': None}
  assert versions == expected


def test_is_written_whole_beside_the_student(tmp_path):
  lineage.write(str(tmp_path), describe())
  lineage.write(str(tmp_path), describe(teacher=None))
  path = tmp_path / lineage.LINEAGE_FILE
  assert json.loads(path.read_text()) == describe(teacher=None)
  assert os.listdir(tmp_path) == [lineage.LINEAGE_FILE]
