"""`list`: what is found, and what is not looked into."""

import json
import shutil

import pytest

from reincarnating_rl.cli.teachers import survey
from tests.cli.teachers.conftest import BUNDLED, MANIFEST, TOLD
from tests.importers import legacy_dumps


def rows(printed):
  """Returns the cells of the table's rows by path."""
  lines = [line.split() for line in printed.splitlines()]
  return {cells[0]: cells[1:] for cells in lines if cells}


@pytest.fixture
def teachers(tmp_path, monkeypatch):
  root = tmp_path / 'teachers'
  monkeypatch.setenv('TEACHER_CKPT_DIR', str(root))
  shutil.copytree(BUNDLED, root / 'Pong' / '1')
  return root


def test_each_sort_has_a_row(teachers, fixtures, call):
  old = teachers / 'Breakout' / '3'
  old.parent.mkdir()
  legacy_dumps.write(old, legacy_dumps.DUMP)
  (old / 'checkpoints').mkdir()
  for name in ('ckpt.1', 'ckpt.2', 'sentinel_checkpoint_complete.1'):
    (old / 'checkpoints' / name).write_bytes(b'123')
  tensorflow = teachers / 'tf'
  tensorflow.mkdir()
  (tensorflow / 'tf_ckpt-9.index').write_bytes(b'')
  logs = teachers / 'data' / 'replay_logs'
  logs.parent.mkdir()
  legacy_dumps.write(logs, legacy_dumps.DUMP, number=50)
  legacy_dumps.write(logs, legacy_dumps.DUMP, number=51)
  shutil.copy(
    f'{fixtures}/foreign/cleanrl_dqn.cleanrl_model', teachers / 'Pong'
  )
  found = rows(call('list'))
  assert found['Pong/1'][:4] == [
    *('reincarnating_rl', 'dqn', TOLD['network']['network'], 'Pong')
  ]
  assert found['Pong/1'][4] == str(TOLD['number'])
  assert found['Pong/1'][-1].endswith('MB')
  assert found['Pong/cleanrl_dqn.cleanrl_model'][:1] == ['CleanRL']
  assert found['Breakout/3'][:-1] == (
    'Dopamine, JAX 1 2? legacy 7: 13 steps'.split()
  )
  assert found['tf'][:3] == ['Dopamine,', 'TensorFlow', '9']
  assert found['data'][:-1] == 'legacy 51: 13 steps (and 1 more)'.split()
  assert 'fetch --hub' in call('list')


def test_a_description_and_damage(teachers, call):
  manifest = teachers / 'Pong/1' / MANIFEST
  told = json.loads(manifest.read_text())
  told['network'] = {
    'kind': 'rainbow',
    'network': 'ImpalaRainbowNetwork',
    'fields': {},
  }
  told['game'] = {'name': '\x1b[2J[red]', 'actions': None}
  manifest.write_text(json.dumps(told))
  cells = rows(call('list'))['Pong/1']
  assert cells[1:4] == ['rainbow', 'ImpalaRainbowNetwork', '?[2J[red]']
  manifest.write_text('{')
  (teachers / 'Pong/1/$store$_action_ckpt.1.gz').write_bytes(b'')
  assert rows(call('list'))['Pong/1'][1:3] == ['damaged', 'manifest']


def test_links_are_followed_once(teachers):
  (teachers / 'again').symlink_to(teachers, target_is_directory=True)
  (teachers / 'Zaxxon').symlink_to(BUNDLED.parent, target_is_directory=True)
  found = [str(f.path.relative_to(teachers)) for f in survey.walk(teachers)]
  assert found == ['Pong/1', 'Zaxxon/1', 'Zaxxon/ppo']


def test_walking_has_an_end(teachers, monkeypatch, fail):
  deep = teachers / 'a/b/c/d/e/f/g'
  shutil.copytree(BUNDLED, deep)
  assert [f.path.name for f in survey.walk(teachers)] == ['1']
  assert [f.path for f in survey.walk(teachers / 'a')] == [deep]
  monkeypatch.setattr(survey, '_MAX_FOLDERS', 3)
  assert 'more than 3 folders' in fail('list')


def test_an_empty_folder_and_none(tmp_path, call, fail):
  assert 'no teachers yet' in call('list', tmp_path)
  assert 'no directory' in fail('list', tmp_path / 'missing')
