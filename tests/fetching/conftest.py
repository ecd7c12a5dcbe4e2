"""A real storage server on loopback, and a bucket in it."""

import dataclasses

import numpy as np
import pytest
from gcp_storage_emulator import server as emulators
from google.cloud import storage

from reincarnating_rl.fetching.retries import RetryPolicy
from tests.fetching.faulty_proxy import FaultyProxy

QUICK_RETRIES = RetryPolicy(attempts=3, first_pause=0.001)
SIZE = 300_000
FOLDER = 'DQN_400/Breakout/1'
CHECKPOINT = 'checkpoints/ckpt.399'
REPLAY = 'replay_logs/$store$_action_ckpt.399.gz'


@dataclasses.dataclass
class Cloud:
  """A bucket like the official one, behind a proxy with faults."""

  bucket: storage.Bucket
  proxy: FaultyProxy
  contents: dict[str, bytes]  # By name, all that was put.

  def put(self, name, content):
    self.bucket.blob(name).upload_from_string(content)
    self.contents[name] = content


@pytest.fixture(scope='session')
def emulator():
  with emulators.create_server('127.0.0.1', 0, in_memory=True) as server:
    yield server


@pytest.fixture
def cloud(emulator, monkeypatch, tmp_path):
  monkeypatch.setenv('NO_PROXY', '127.0.0.1')
  monkeypatch.setenv('TEACHER_CKPT_DIR', str(tmp_path / 'teachers'))
  port = emulator._api._httpd.server_port
  monkeypatch.setenv('STORAGE_EMULATOR_HOST', f'http://127.0.0.1:{port}')
  emulator.wipe()
  client = storage.Client.create_anonymous_client()
  bucket = client.create_bucket('rl_checkpoints', project='test')
  proxy = FaultyProxy(port)
  cloud = Cloud(bucket, proxy, {})
  random = np.random.default_rng(0)
  for name in (CHECKPOINT, REPLAY):
    cloud.put(f'{FOLDER}/{name}', random.bytes(SIZE))
  cloud.put(f'{FOLDER}/checkpoints/sentinel_checkpoint_complete.399', b'')
  monkeypatch.setenv('STORAGE_EMULATOR_HOST', proxy.url)
  yield cloud
  proxy.close()
