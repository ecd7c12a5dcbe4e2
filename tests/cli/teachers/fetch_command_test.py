"""`fetch`: plans and reports, from servers on loopback."""

import functools
import pathlib
import zipfile

import pytest
from huggingface_hub import constants

from reincarnating_rl.fetching import hub
from tests.fetching.conftest import CHECKPOINT, FOLDER, REPLAY, SIZE
from tests.fetching.hub_server import HubServer

REPOSITORY = 'cleanrl/Pong-dqn'


def test_a_plan_and_then_the_teacher(cloud, tmp_path, call):
  words = ('fetch', '--game', 'Breakout', '--run', '1')
  planned = call(*words, '--dry_run')
  assert CHECKPOINT in planned and '600kB are to be fetched' in planned
  assert planned.endswith('teachers fetch --game Breakout --run 1\n')
  assert planned == call(
    'fetch', '--game', 'ALE/Breakout-v5', *words[3:], '--dry_run'
  ).replace('ALE/Breakout-v5', 'Breakout')
  assert not (tmp_path / 'teachers').exists()
  printed = call(*words)
  folder = tmp_path / 'teachers' / 'Breakout' / '1'
  assert (folder / CHECKPOINT).read_bytes() == cloud.contents[
    f'{FOLDER}/{CHECKPOINT}'
  ]
  assert 'has 3 files, whole and verified: 600kB fetched' in printed
  assert f'inspect {folder} --game Breakout' in printed
  assert '600kB there before' in call(*words)
  assert '0.00B are to be fetched' in call(*words, '--dry_run')


def test_parts_other_places_and_all_runs(cloud, tmp_path, call):
  cloud.put(f'other/Pong/2/{CHECKPOINT}', b'1')
  cloud.put(f'other/Pong/2/{REPLAY}', b'2')
  dest = tmp_path / 'here'
  words = ('fetch', '--game', 'Pong', '--prefix', 'other', '--dest', dest)
  assert f'list {dest / "Pong"}' in call(*words, '--replay_only')
  assert not (dest / 'Pong/2' / CHECKPOINT).exists()
  assert (dest / 'Pong/2' / REPLAY).read_bytes() == b'2'
  call(*words, '--checkpoint_only', '--workers', '1')
  assert (dest / 'Pong/2' / CHECKPOINT).read_bytes() == b'1'


def test_a_long_plan_is_cut(cloud, call):
  for number in range(30):
    cloud.put(f'{FOLDER}/replay_logs/add_count_ckpt.{number}.gz', b'0')
  planned = call('fetch', '--game', 'Breakout', '--dry_run')
  assert '… and 13 more files.' in planned
  assert f'33 files of {2 * SIZE // 1000}kB' in planned


def test_a_wrong_name_is_one_line(cloud, fail):
  assert "did you mean 'Breakout'" in fail('fetch', '--game', 'Brekout')


@pytest.fixture
def on_the_hub(monkeypatch, tmp_path):
  """Serves files as those of `REPOSITORY`, from a hub on loopback."""
  for name in ('HF_HUB_CACHE', 'HF_TOKEN_PATH', 'HF_ASSETS_CACHE'):
    monkeypatch.setattr(constants, name, str(tmp_path / 'cache' / name))
  monkeypatch.delenv('HF_TOKEN', raising=False)
  monkeypatch.setenv('NO_PROXY', '127.0.0.1')
  servers = []

  def serve(contents):
    servers.append(HubServer(REPOSITORY, contents))
    for name in ('plan_hub', 'fetch_hub'):  # $HF_ENDPOINT is read at import.
      asked = functools.partial(getattr(hub, name), endpoint=servers[0].url)
      monkeypatch.setattr(hub, name, asked)

  yield serve
  for server in servers:
    server.close()


def test_a_repository_of_the_hub(on_the_hub, tmp_path, call, fail):
  on_the_hub({'a.cleanrl_model': b'model', 'a.py': b'1'})
  words = ('fetch', '--hub', REPOSITORY, '--dest', tmp_path)
  assert '1 files of 5.00B' in call(*words, '--dry_run')
  folder = tmp_path / 'cleanrl--Pong-dqn'
  assert not folder.exists()
  assert f'inspect {folder}' in call(*words)
  assert (folder / 'a.cleanrl_model').read_bytes() == b'model'
  assert 'fetched whole: leave out --run' in fail(*words, '--run', '1')


def test_what_the_zoo_of_stable_baselines3_pushes(
  on_the_hub, fixtures, tmp_path, call
):
  """A model, its statistics, its metrics, and what is in the model again."""
  pushed = pathlib.Path(fixtures) / 'foreign' / 'mountain_car'
  contents = {path.name: path.read_bytes() for path in pushed.iterdir()}
  with zipfile.ZipFile(pushed / 'ppo-MountainCar-v0.zip') as model:
    for name in model.namelist():
      contents[f'ppo-MountainCar-v0/{name}'] = model.read(name)
  contents['ppo-MountainCar-v0/policy.optimizer.pth'] = b'moments'
  on_the_hub({**contents, 'config.yml': b'', 'replay.mp4': b'video'})
  printed = call('fetch', '--hub', REPOSITORY, '--dest', tmp_path)
  _, _, command = printed.partition(' inspect ')
  assert command.strip() == f'{tmp_path}/cleanrl--Pong-dqn'
  told = call('inspect', command.strip(), '--game', 'MountainCar-v0')
  assert 'normalized by vec_normalize.pkl' in told
  # Without the name of the game, the file says what it observes.
  told = call('inspect', command.strip())
  assert 'ppo' in told and 'undecided' not in told


@pytest.mark.parametrize('repository', ['nobody', '../x'])
def test_what_is_no_repository(repository, fail):
  assert 'is not a repository' in fail('fetch', '--hub', repository)
