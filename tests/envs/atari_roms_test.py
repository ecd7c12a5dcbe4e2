"""Tests for reincarnating_rl.envs.atari_roms."""

import os
import shutil

import pytest
from ale_py import roms

from reincarnating_rl.envs import atari_environments, atari_roms
from reincarnating_rl.support import errors


@pytest.mark.parametrize(
  ('game', 'rom'),
  [
    ('Pong', 'pong'),
    ('MsPacman', 'ms_pacman'),
    ('Riverraid', 'riverraid'),
    ('YarsRevenge', 'yars_revenge'),
    ('PongNoFrameskip-v4', 'pong'),
    ('SpaceInvadersDeterministic-v0', 'space_invaders'),
    ('ALE/MsPacman-v5', 'ms_pacman'),
  ],
)
def test_rom_ids(game, rom):
  assert atari_roms.rom_id(game) == rom


@pytest.mark.parametrize(
  ('wrong', 'right'),
  [
    ('pong', 'Pong'),
    ('ms_pacman', 'MsPacman'),
    ('RiverRaid', 'Riverraid'),
    ('Space Invader', 'SpaceInvaders'),
    ('Brakeout', 'Breakout'),
    ('ALE/MsPackman-v5', 'MsPacman'),
  ],
)
def test_unknown_game_names_the_nearest_one(wrong, right):
  with pytest.raises(errors.UserError, match=f"did you mean '{right}'"):
    atari_roms.rom_id(wrong)


@pytest.mark.parametrize('wrong', ['Combat', 'Zzzzzz', ''])
def test_games_that_one_cannot_play_alone_or_at_all(wrong):
  with pytest.raises(atari_roms.UnknownGameError, match='no Atari game'):
    atari_roms.rom_id(wrong)


def test_roms_of_ones_own(tmp_path, capfd, monkeypatch):
  monkeypatch.delenv('ALE_ROMS_DIR', raising=False)
  shutil.copy(roms.get_rom_path('pong'), tmp_path)
  path = atari_roms.rom_file('Pong', str(tmp_path))
  assert path == tmp_path / 'pong.bin'
  environment = atari_environments.create_atari_environment(
    'Pong', atari_roms_path=str(tmp_path)
  )
  lanes = atari_environments.AtariVectorEnvironment(
    'Pong', 1, atari_roms_path=str(tmp_path)
  )
  assert (environment.reset(seed=1) == lanes.reset([0], [1])[0]).all()
  assert 'ALE_ROMS_DIR' not in os.environ
  assert capfd.readouterr() == ('', '')


def test_the_users_own_variable_is_left_as_it_was(tmp_path, monkeypatch):
  monkeypatch.setenv('ALE_ROMS_DIR', '/somewhere')
  with atari_roms.rom_directory(str(tmp_path)):
    assert os.environ['ALE_ROMS_DIR'] == str(tmp_path)
  assert os.environ['ALE_ROMS_DIR'] == '/somewhere'


def test_missing_directory(tmp_path):
  with pytest.raises(atari_roms.RomError, match='nowhere.* not a directory'):
    atari_roms.rom_file('Pong', str(tmp_path / 'nowhere'))


def test_missing_rom(tmp_path):
  with pytest.raises(atari_roms.RomError, match=r'no pong\.bin'):
    atari_environments.create_atari_environment(
      'Pong', atari_roms_path=str(tmp_path)
    )


def test_wrong_rom(tmp_path):
  (tmp_path / 'pong.bin').write_bytes(b'not a game')
  with pytest.raises(atari_roms.RomError, match='ROM of Pong is unusable'):
    atari_environments.AtariVectorEnvironment(
      'Pong', 1, atari_roms_path=str(tmp_path)
    )
