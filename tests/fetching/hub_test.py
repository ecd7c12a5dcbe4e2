import importlib
import os
import pathlib

import pytest
from huggingface_hub import constants

from reincarnating_rl.fetching import destination, hub, hub_errors
from reincarnating_rl.fetching.errors import (
  DamagedDownloadError,
  DestinationError,
  FetchError,
  MissingError,
  OccupiedError,
  RefusedError,
  UnreachableError,
  UnsafeNameError,
)
from tests.fetching.hub_server import HubServer

REPOSITORY = 'cleanrl/PongNoFrameskip-v4-dqn_atari_jax-seed1'
MODEL = 'dqn_atari_jax.cleanrl_model'
TEACHER = {
  MODEL: b'model' * 1000,
  'README.md': b'# A teacher',
  'checkpoints/ckpt.199': b'checkpoint',
  'config.yaml': b'gamma: 0.99',
  # Statistics of observations, under the names of Stable-Baselines3's zoo.
  'vec_normalize.pkl': b'statistics',
  'logs/CartPole-v1/vecnormalize.pkl': b'statistics too',
  'logs/rl_model_vecnormalize_500_steps.pkl': b'and these',
}
OTHERS = {
  'replay.mp4': b'video',
  'dqn_atari_jax.py': b'import os',
  '.gitattributes': b'',
  '.cache/huggingface/download/README.md.json': b'{}',
  'events.out.tfevents.1': b'',
  'replay_buffer.pkl': b'no statistics',
}


@pytest.fixture
def server(monkeypatch, tmp_path):
  monkeypatch.setenv('NO_PROXY', '127.0.0.1')
  monkeypatch.setenv('TEACHER_CKPT_DIR', str(tmp_path / 'teachers'))
  monkeypatch.delenv('HF_TOKEN', raising=False)
  for name in ('HF_HUB_CACHE', 'HF_TOKEN_PATH', 'HF_ASSETS_CACHE'):
    monkeypatch.setattr(constants, name, str(tmp_path / 'cache' / name))
  server = HubServer(REPOSITORY, {**TEACHER, **OTHERS})
  yield server
  server.close()


def fetch(server, repository=REPOSITORY):
  return hub.fetch_hub(repository, endpoint=server.url, show_progress=False)


def folder(tmp_path):
  return tmp_path / 'teachers' / REPOSITORY.replace('/', '--')


def tree(directory):
  """Returns the bytes of all files by name, without the hub's hidden ones."""
  root = pathlib.Path(directory)
  return {
    p.relative_to(root).as_posix(): p.read_bytes()
    for p in root.rglob('*')
    if p.is_file() and '.cache' not in p.parts
  }


def test_a_teachers_files_and_no_others(server, tmp_path):
  report = fetch(server)
  assert tree(folder(tmp_path)) == TEACHER
  assert report.directory == str(folder(tmp_path))
  assert {os.path.relpath(p, folder(tmp_path)) for p in report.files} == set(
    TEACHER
  )
  size = sum(map(len, TEACHER.values()))
  assert (report.bytes_fetched, report.bytes_kept) == (size, 0)
  assert not any(p.is_symlink() for p in folder(tmp_path).rglob('*'))
  assert server.authorizations == {None}


def test_complete_files_are_not_fetched_again(server):
  os.remove(fetch(server).files[1])
  server.sent.clear()
  report = fetch(server)
  assert server.sent == ['README.md']
  assert report.bytes_fetched == len(TEACHER['README.md'])
  assert report.bytes_kept == sum(map(len, TEACHER.values())) - 11


def test_a_plan_writes_nothing(server, tmp_path):
  plan = hub.plan_hub(REPOSITORY, endpoint=server.url)
  assert plan.bytes_missing == sum(map(len, TEACHER.values()))
  assert server.sent == []
  assert not (tmp_path / 'teachers').exists()


@pytest.mark.parametrize('name', [MODEL, 'README.md'])
def test_damage_is_retried_once_and_then_reported(server, tmp_path, name):
  server.wrong = {name: 1}
  assert tree(fetch(server).directory) == TEACHER
  os.remove(folder(tmp_path) / name)
  server.wrong = {name: 2}
  with pytest.raises(
    DamagedDownloadError, match=f'{name} of .* had a wrong checksum twice'
  ):
    fetch(server)
  assert not (folder(tmp_path) / name).exists()


@pytest.mark.parametrize(
  'name', ['../evil.json', '/evil.json', 'a/../../evil.json', 'A/config.yaml']
)
def test_a_name_that_tries_to_escape(server, tmp_path, name):
  server.contents |= {name: b'evil', 'a/config.yaml': b''}
  with pytest.raises(UnsafeNameError, match='nothing was fetched'):
    fetch(server)
  assert server.sent == []
  assert list(tmp_path.iterdir()) == []


def test_another_file_in_the_way_is_kept(server, tmp_path):
  folder(tmp_path).mkdir(parents=True)
  (folder(tmp_path) / MODEL).write_bytes(b'mine')
  with pytest.raises(OccupiedError, match='cleanrl_model exists, but is not'):
    fetch(server)
  assert (folder(tmp_path) / MODEL).read_bytes() == b'mine'


def test_no_such_repository(server):
  with pytest.raises(MissingError, match='no repository cleanrl/Pong on the'):
    fetch(server, 'cleanrl/Pong')


def test_a_repository_without_a_teacher(server):
  server.contents = OTHERS
  with pytest.raises(MissingError, match='has no file of a teacher'):
    fetch(server)


@pytest.mark.parametrize('text', ['/api/', '/resolve/'])
def test_a_gated_repository(server, text):
  server.statuses = {text: (403, 'GatedRepo')}
  with pytest.raises(RefusedError, match='is gated: accept its terms .* log'):
    fetch(server)


@pytest.mark.parametrize('text', ['/api/', '/resolve/'])
def test_hub_errors(server, monkeypatch, text):
  monkeypatch.setattr('time.sleep', lambda seconds: None)
  server.statuses = {text: (500, '')}
  with pytest.raises(UnreachableError, match='cannot be fetched from the hub'):
    fetch(server)


def test_no_server_answers(server):
  server.close()
  with pytest.raises(
    UnreachableError, match=r'\(ConnectError\): check the net'
  ):
    fetch(server)


@pytest.mark.parametrize('kind', [RuntimeError, ValueError])
def test_a_download_by_xet_breaks_off(server, monkeypatch, kind):
  def download(*args, **kwargs):
    raise kind('Data processing error:\nHTTP 503')

  monkeypatch.setattr('huggingface_hub.HfApi.hf_hub_download', download)
  with pytest.raises(UnreachableError, match=r'hub \(Data processing error'):
    fetch(server)


@pytest.mark.parametrize(('told', 'then'), [(None, '1'), ('0', '0')])
def test_nothing_is_reported_unless_the_user_says_so(monkeypatch, told, then):
  monkeypatch.setenv('HF_HUB_DISABLE_TELEMETRY', told or '')
  if told is None:
    monkeypatch.delenv('HF_HUB_DISABLE_TELEMETRY')
  importlib.reload(hub_errors)
  assert os.environ['HF_HUB_DISABLE_TELEMETRY'] == then


def test_offline_mode(server, monkeypatch):
  monkeypatch.setattr(constants, 'HF_HUB_OFFLINE', True)
  with pytest.raises(UnreachableError, match='unset HF_HUB_OFFLINE'):
    fetch(server)


def test_space_is_checked_first(server, tmp_path, monkeypatch):
  usage = type('Usage', (), {'free': 0})
  monkeypatch.setattr(destination.shutil, 'disk_usage', lambda path: usage)
  with pytest.raises(DestinationError, match='needs 100MB, .* 0.00B free'):
    fetch(server)
  assert server.sent == []


@pytest.mark.parametrize(
  'repository', ['Pong', 'a/b/c', '../b', 'a/..', 'a--b/c', 'a/b\n', 'a/.b', '']
)
def test_malformed_repositories(repository):
  with pytest.raises(
    FetchError, match='is not a repository: give <owner>/<name>'
  ):
    hub.plan_hub(repository)
